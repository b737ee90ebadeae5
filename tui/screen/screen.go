// Package screen holds the screens: constant values that turn where a run
// stands, what this terminal looks at, a size and a moment into text, and say
// what enter, the moving keys and copy mean there. A screen asks nobody.
package screen

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"belay/steps/state"
	"belay/tui/look"
)

// Size is a terminal's, in cells.
type Size struct{ Width, Height int }

// Smallest is the smallest terminal that is drawn on; below it one line says so.
var Smallest = Size{Width: 60, Height: 15}

// Hint is a key in a screen's footer, with what it does there. The first hints
// stay longest where the line is short; help and leave always stay.
type Hint struct {
	Action Action
	// Label is what the key does on this screen; "" = the key table's word.
	Label string
}

// Screen is one picture, and what its own keys mean. Its name is the file's.
type Screen struct {
	Name string
	// Title names it where no step does.
	Title string
	// Doc is shown on `?`: Advice, In practice, Measured.
	Doc string
	// Over is true for a screen that lies over another until esc.
	Over bool
	Keys []Hint
	// Hints are the keys where they depend on how it stands; nil = Keys.
	Hints func(run *state.Run, l Local) []Hint
	// Panels are its parts, in their order.
	Panels func(p page) []look.Panel
	// Enter is what enter does here; nil, or a Do of nothing = it goes to what needs
	// a person.
	Enter func(run *state.Run, l Local) Do
	// Move moves the screen's own cursor by so many places; false = it has none to
	// move, and the panel in focus is scrolled. nil = it never has.
	Move func(run *state.Run, l *Local, by int) bool
	// Pick moves it to the place of that number, as it is written before it, from 1; false =
	// there is none. nil = its places have no numbers.
	Pick func(run *state.Run, l *Local, n int) bool
	// Turn is the panel that a page down scrolls, where the moving keys have a cursor of
	// their own; "" = the cursor goes by pages.
	Turn string
	// Toggle is space, where it is not for a backfill; nil = it is.
	Toggle func(run *state.Run, l *Local)
	// Copy is the text that y copies; nil, or "" = the screen as it is seen.
	Copy func(run *state.Run, l Local, now time.Time) string
}

// Do is what a key of a screen asks for. The zero value asks for nothing.
type Do struct {
	// Say is a word above the keys.
	Say string
	// Show is a screen to lay over this one, Step a step to go to.
	Show, Step string
	// Back closes what lies on top.
	Back bool
	// Ask is a question to open, with the cursor at an answer where At is not nil and
	// with Text in the place of its own where that is not "".
	Ask  *state.Question
	At   *int
	Text string
	// End opens the dialog that ends who is in the way.
	End bool
	// Leave is a command of belay's that goes on in the screen's place: it asks by itself.
	Leave string
}

// Nothing reports whether nothing is asked for.
func (d Do) Nothing() bool { return d == Do{} }

// The names of the screens that others name.
const (
	atStart     = "start"
	atTarget    = "target"
	atPreflight = "preflight"
	atBackfill  = "backfill"
	atReview    = "review"
	atRun       = "run"
	atVerify    = "verify"
	atMonitor   = "monitor"
	atReport    = "report"
	atStep      = "step"
	atConfirm   = "confirm"
	atAsk       = "ask"
	atCard      = "card"
	atRewrites  = "rewrites"
	atDays      = "days"
	atTakeBack  = "take-back"
	atRenumber  = "renumber"
	atNew       = "new"
	atMenu      = "menu"
	atEntry     = "entry"
	atSQL       = "sql"
	atWaits     = "waits"
	atEnd       = "end"
	atLog       = "log"
	atZoom      = "zoom"
	atHelp      = "help"
	atApprove   = "approve"
)

// All lists the screens. A step without one of its own gets the step screen.
func All() []Screen { return slices.Clone(all) }

// Named finds a screen; a name without one is the generic step screen.
func Named(name string) Screen {
	generic := Screen{}
	for _, s := range all {
		switch s.Name {
		case name:
			return s
		case "step":
			generic = s
		}
	}
	return generic
}

// Validate checks a screen's own rules.
func (s Screen) Validate() error {
	switch {
	case s.Name == "" || s.Panels == nil:
		return errors.New("a screen needs a name and panels")
	case s.Doc == "":
		return fmt.Errorf("screen %s: no doc for `?`", s.Name)
	}
	for _, h := range s.Keys {
		if _, ok := KeyOf(h.Action); !ok {
			return fmt.Errorf("screen %s: no key does %q", s.Name, h.Action)
		}
	}
	return nil
}
