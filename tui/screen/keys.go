package screen

import (
	"belay/steps/state"
)

// Action is what a key does.
type Action string

// The actions, one for each key of the table.
const (
	Open     Action = "open"
	RunIt    Action = "run"
	Cancel   Action = "cancel"
	Pause    Action = "pause"
	Rollback Action = "rollback"
	WhoWaits Action = "waits"
	ShowSQL  Action = "sql"
	Rewrite  Action = "rewrite"
	Accept   Action = "accept"
	Edit     Action = "edit"
	Copy     Action = "copy"
	Detach   Action = "detach"
	AskKeys  Action = "ask-keys"
	Why      Action = "why"
	Tab      Action = "tab"
	PrevStep Action = "previous-step"
	NextStep Action = "next-step"
	Down     Action = "down"
	Up       Action = "up"
	First    Action = "first"
	Last     Action = "last"
	PageDown Action = "page-down"
	PageUp   Action = "page-up"
	Find     Action = "find"
	Longer   Action = "longer"
	Shorter  Action = "shorter"
	ShowMenu Action = "menu"
	HandOver Action = "hand-over"
	Cut      Action = "cut"
	ShowLog  Action = "log"
	ZoomIn   Action = "zoom"
	Back     Action = "back"
	Leave    Action = "leave"
	Redraw   Action = "redraw"
)

// Key is a row of the one key table: it drives dispatch, footers and `?`.
type Key struct {
	// Shown is how the key is written, Press what a terminal sends for it.
	Shown  string
	Press  []string
	Action Action
	// Label is the short word for footers, Does the sentence for `?`.
	Label, Does string
	// Cannot says why the key does nothing now; "" = it works. nil = always.
	Cannot func(*state.Run, Local) string
}

// Keys is the key table. Ctrl+V and Ctrl+Shift+C stay unbound.
var Keys = []Key{
	{"enter", []string{"enter"}, Open, "open", "open what the cursor is on, or go to the next thing that needs you; never starts a write outside a typed consent", nil},
	{"R", []string{"R", "shift+r"}, RunIt, "run…", "open the run dialog; nothing runs before the typed name", cannotRun},
	{"c", []string{"c", "ctrl+c"}, Cancel, "stop", "stop what runs, at once; asks first only where something stays behind", cannotStop},
	{"space", []string{"space"}, Pause, "pause/resume", "pause a backfill at the end of its batch, or resume it", cannotPause},
	{"u", []string{"u"}, Rollback, "rollback…", "show the way back", never("no rollback step in this run; the review names the way back of each statement")},
	{"w", []string{"w"}, WhoWaits, "who waits", "who waits for whom, with full queries", nil},
	{"s", []string{"s"}, ShowSQL, "SQL", "the exact SQL that would run, wrapped", cannotSQL},
	{"f", []string{"f"}, Rewrite, "rewrite…", "write the safe form as new migration files", never("no rewrite as files is offered here; `enter` on the hazard shows the safe form")},
	{"a", []string{"a"}, Accept, "accept", "accept the hazard under the cursor, or what a step stops at, with a reason that goes into the report", cannotAccept},
	{"e", []string{"e"}, Edit, "edit", "name the file to edit; belay reviews it again afterwards", cannotEdit},
	{"y", []string{"y"}, Copy, "copy", "copy what is shown to your clipboard, and into a file", nil},
	{"d", []string{"d"}, Detach, "go on without me", "leave; the run goes on without a screen", cannotDetach},
	{"K", []string{"K", "shift+k"}, AskKeys, "ask for the keys", "ask the other person for the keys", never("this run is not shared: there is nobody to ask for the keys")},
	{"?", []string{"?"}, Why, "why", "the advice, in practice, what was measured, and all keys", nil},
	{"tab", []string{"tab", "shift+tab"}, Tab, "buttons", "next pane, or from the field to the buttons", nil},
	{"[", []string{"["}, PrevStep, "", "look at the step before", nil},
	{"]", []string{"]"}, NextStep, "", "look at the next step", nil},
	{"j", []string{"j", "down"}, Down, "", "down", nil},
	{"k", []string{"k", "up"}, Up, "", "up", nil},
	{"g", []string{"g", "home"}, First, "", "to the first", nil},
	{"G", []string{"G", "shift+g", "end"}, Last, "", "to the last", nil},
	{"pgdn", []string{"pgdown", "ctrl+d", "ctrl+f"}, PageDown, "", "a page down", nil},
	{"pgup", []string{"pgup", "ctrl+u", "ctrl+b"}, PageUp, "", "a page up", nil},
	{"/", []string{"/"}, Find, "search", "search; enter goes to the next place", nil},
	{"+", []string{"+"}, Longer, "longer batches", "longer batches of a backfill, up to 1 s: faster, and the slowest requests beside it slower", cannotPace},
	{"-", []string{"-"}, Shorter, "shorter batches", "shorter batches of a backfill, down to 10 ms: kinder to the application", cannotPace},
	{"m", []string{"m"}, ShowMenu, "start menu", "what do you want to do: the advice and the next step for each", nil},
	{"h", []string{"h"}, HandOver, "hand over", "hand the keys over (pairing)", never("this run is not shared: there is nobody to hand over to")},
	{"x", []string{"x"}, Cut, "cut", "cut the connection (demo only)", never("only the demo cuts its own connection")},
	{"l", []string{"l"}, ShowLog, "log", "the log of this run", nil},
	{"z", []string{"z"}, ZoomIn, "zoom", "the live pane on the whole screen", nil},
	{"esc", []string{"esc"}, Back, "back", "back", nil},
	{"q", []string{"q"}, Leave, "leave", "leave; while something runs it goes on, and belay says how to watch and stop it", nil},
	{"ctrl+l", []string{"ctrl+l"}, Redraw, "", "draw the screen again", nil},
}

func never(why string) func(*state.Run, Local) string {
	return func(*state.Run, Local) string { return why }
}

// KeyOf finds the key of an action.
func KeyOf(a Action) (Key, bool) {
	for _, k := range Keys {
		if k.Action == a {
			return k, true
		}
	}
	return Key{}, false
}

// Pressed finds the key that a terminal sent.
func Pressed(press string) (Key, bool) {
	for _, k := range Keys {
		for _, p := range k.Press {
			if p == press {
				return k, true
			}
		}
	}
	return Key{}, false
}

// Why says why a key does nothing now; "" = it works.
func (k Key) Why(run *state.Run, local Local) string {
	if k.Cannot == nil {
		return ""
	}
	return k.Cannot(run, local)
}
