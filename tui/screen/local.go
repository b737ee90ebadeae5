package screen

import (
	"slices"
	"time"

	"belay/steps/journal"
	"belay/tui/look"
)

// Local is what this terminal looks at. It is no part of the run: another
// screen of the same run has its own.
type Local struct {
	Look *look.Look
	// Name is how the person calls themselves.
	Name string
	// Screen is what lies under the overlays: "start" or a step's id.
	Screen string
	// Over are the screens that lie over it, the last on top.
	Over []string
	// Dialog is the open question; nil = none. It lies between Screen and Over.
	Dialog *Dialog
	// Cursor is each screen's, by name; no entry = nobody has moved it. Scroll is how
	// far a panel was scrolled, by "screen/panel".
	Cursor map[string]int
	Scroll map[string]int
	// Focus is the panel of a screen that tab moved to, by the screen's name.
	Focus map[string]string
	// Searching is true while `/` takes letters into Search.
	Searching bool
	Search    *Field
	// Without are the files of a rewrite that are left out, by path.
	Without map[string]bool
	// Message is what a key just said; "" = nothing.
	Message string
	// Facts are the run's observations, decoded.
	Facts *Facts
	// Tokens colours a statement; nil where it was not coloured yet.
	Tokens func(sql string) []look.Token
	// Doc explains a hazard's rule: Markdown with Advice, In practice, Measured.
	Doc func(rule string) string
	// Lost says that the engine ended without a word.
	Lost bool
	// Folder is where the run's files are.
	Folder string
	// Me is this screen as the journal names it; "" = it is not known there. Of is how
	// the OS user is named whose run it is; "" = it is one's own.
	Me, Of string
	// Anew says that a key may begin the command anew once the run is over.
	Anew bool
}

// Top is the name of the screen that is seen.
func (l Local) Top() string {
	if n := len(l.Over); n > 0 {
		return l.Over[n-1]
	}
	if l.Dialog != nil {
		return l.Dialog.Screen()
	}
	return l.Screen
}

// ReviewCursor is which of the review's items is looked at: where the cursor was
// put, else the worst.
func (l Local) ReviewCursor() int {
	at, put := l.Cursor["review"]
	if !put {
		at = l.Facts.Sheet.Worst
	}
	return clamp(at, len(l.Facts.Sheet.Items))
}

// Reviewed is the review's item under the cursor; ok is false where there is
// nothing to stand on.
func (l Local) Reviewed() (it Item, ok bool) {
	if l.Facts == nil || l.Facts.Review == nil || len(l.Facts.Sheet.Items) == 0 {
		return it, false
	}
	return l.Facts.Sheet.Items[l.ReviewCursor()], true
}

// DeafFor is how long a dialog hears nothing after it opened, so that keys
// meant for the screen before are no answer.
const DeafFor = 400 * time.Millisecond

// Dialog is an open question on this terminal.
type Dialog struct {
	// ID is the question's; "stop" is belay's own.
	ID   string
	Text string
	Why  string
	// Bound is what the question was bound to when it was opened.
	Bound string
	// Options are the answers to choose from; the first shown is the safe one
	// where the question names no default. Empty = what is typed is the answer.
	Options []Option
	Cursor  int
	// Field is what is typed into where there are no options; Expect is then the only
	// text that counts as yes, "" = others do too.
	Field  *Field
	Expect string
	// Wants is what kind of text is an answer.
	Wants journal.Wants
	// Buttons is true while tab has moved from the field to the buttons; Yes is
	// then which of the two.
	Buttons, Yes bool
	Opened       time.Time
	// PID is the session that EndDialog is about, Asked when it was looked at last, and
	// Below the screens that the dialog was opened from.
	PID   int
	Asked time.Time
	Below []string
	// To is the screen that would get the keys.
	To string
	// Paper is what a second person must have read. Seen is how many lines of
	// it, as they are wrapped, were on the screen in one piece from its beginning; Total is
	// how many there are.
	Paper       Paper
	Seen, Total int
}

// Option is an answer and what it does. Answer "" closes the dialog only.
type Option struct{ Answer, Label string }

// Typed reports whether the dialog has a field that takes letters.
func (d *Dialog) Typed() bool { return len(d.Options) == 0 }

// Takes reports whether letters are text in it now.
func (d *Dialog) Takes() bool { return d.Typed() && !d.Buttons }

// Exact reports whether what was typed is what runs.
func (d *Dialog) Exact() bool { return d.Expect != "" && d.Field != nil && d.Field.Value() == d.Expect }

// Screen is the name of the screen that draws the dialog.
func (d *Dialog) Screen() string {
	switch {
	case d.Confirms():
		return atConfirm
	case d.ID == EndDialog:
		return atEnd
	case d.ID == ApproveDialog:
		return atApprove
	}
	return atAsk
}

// confirms are the questions whose yes starts a write to the target.
var confirms = []string{"run.confirm", "rollback.confirm", "run.takeover"}

// Confirms reports whether a yes starts a write to the target.
func (d *Dialog) Confirms() bool { return slices.Contains(confirms, d.ID) }

// Own reports whether the dialog is belay's own, and no question of the engine's.
func (d *Dialog) Own() bool {
	return d.ID == StopDialog || d.ID == LeaveDialog || d.ID == BackDialog || d.ID == EndDialog ||
		d.ID == ApproveDialog || d.Keys()
}

// Keys reports whether the dialog is about who holds the keys.
func (d *Dialog) Keys() bool { return d.ID == GiveDialog || d.ID == HandDialog }

// The dialogs that are no questions of the engine's.
const (
	StopDialog  = "stop"
	LeaveDialog = "leave"
	BackDialog  = "back"
	EndDialog   = "end"
	GiveDialog  = "keys"
	HandDialog  = "hand over"

	ApproveDialog = "approve"
)
