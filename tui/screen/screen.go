// Package screen holds the screens: constant values that turn where a run
// stands, what this terminal looks at, a size and a moment into text. A screen
// changes nothing and asks nobody.
package screen

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"belay/steps/state"
	"belay/tui/view"
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

// Screen is one picture. Its name is the file's.
type Screen struct {
	Name string
	// Title names it on the second line where no step does.
	Title string
	// Doc is shown on `?`: Advice, In practice, Measured.
	Doc string
	// Over is true for a screen that lies over another until esc.
	Over bool
	Keys []Hint
	View func(run *state.Run, local Local, size Size, now time.Time) string
}

// all is filled by init because the screens' footers look themselves up in it.
var all []Screen

func init() {
	all = []Screen{
		Start, Target, Preflight, Backfill, Review, Run, Verify, Monitor, Report, Step,
		Confirm, Ask, Card, Rewrites, Menu, Entry, SQL, Waits, Log, Zoom, Help,
	}
}

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
	case s.Name == "" || s.View == nil:
		return errors.New("a screen needs a name and a view")
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

// page is what a body is drawn from: the frame's inside.
type page struct {
	run   *state.Run
	local Local
	f     *Facts
	now   time.Time
	// w and h are the body's.
	w, h int
	wide bool
}

// low reports whether a body has so few lines that what the line of keys says
// already must not be said twice.
func (p page) low() bool { return p.h < 24 }

// body draws the inside of a frame.
type body func(p page) []view.Block

func (b body) blocks(p page) []view.Line { return view.Fit(b(p), p.h) }
