package screen

import (
	"slices"

	"charm.land/bubbles/v2/key"

	"belay/steps/state"
)

// Action is what a key does.
type Action string

// all is filled by init because the screens' footers look themselves up in it.
var all []Screen

func init() {
	all = []Screen{
		Start, Target, Preflight, Backfill, Review, Run, Verify, Monitor, Report, Step,
		Confirm, Ask, Card, Rewrites, Days, TakeBack, Renumber, New, Menu, Entry, SQL, Waits, End, Approve, Log, Zoom,
		Help,
	}
}

// The actions, one for each key of the table.
const (
	Open     Action = "open"
	RunIt    Action = "run"
	Cancel   Action = "cancel"
	Break    Action = "interrupt"
	Pause    Action = "pause"
	Rollback Action = "rollback"
	WhoWaits Action = "waits"
	EndIt    Action = "end"
	ShowSQL  Action = "sql"
	Rewrite  Action = "rewrite"
	OverDays Action = "over-days"
	Unedit   Action = "take-back"
	Number   Action = "renumber"
	Accept   Action = "accept"
	Edit     Action = "edit"
	Copy     Action = "copy"
	Detach   Action = "detach"
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
	ShowLog  Action = "log"
	ZoomIn   Action = "zoom"
	Back     Action = "back"
	Leave    Action = "leave"
	Redraw   Action = "redraw"
	AskKeys  Action = "keys"
	HandOver Action = "hand-over"
	Reload   Action = "reload"
	GoOn     Action = "go-on"
)

// Key is a row of the one key table: it drives dispatch, footers and `?`. Its help has
// the key as it is written and the short word for footers; the word ends with three dots
// where the key asks before it does anything.
type Key struct {
	key.Binding
	Action Action
	// Does is the sentence for `?`.
	Does string
	// Cannot says why the key does nothing now; "" = it works. nil = always.
	Cannot func(*state.Run, Local) string
}

// Shown is how the key is written.
func (k Key) Shown() string { return k.Help().Key }

// Label is the short word for footers.
func (k Key) Label() string { return k.Help().Desc }

// bind is a key as it is written, its word, and what a terminal sends for it.
func bind(shown, label string, press ...string) key.Binding {
	return key.NewBinding(key.WithKeys(press...), key.WithHelp(shown, label))
}

// Keys is the key table. Ctrl+V and Ctrl+Shift+C stay unbound.
var Keys = []Key{
	{
		bind("enter", "open", "enter"), Open,
		"open what the cursor is on, or go to the next thing that needs you; never starts a write outside a typed " +
			"consent", nil,
	},
	{bind("R", "run…", "R", "shift+r"), RunIt, "open the run dialog; nothing runs before the typed name", cannotRun},
	{
		bind("c", "stop", "c"), Cancel,
		"stop what runs, at once; asks first only where something stays behind, or a question waits; after a run end " +
			"its watch", cannotStop,
	},
	{
		bind("space", "pause/resume", "space"), Pause,
		"pause a backfill at the end of its batch, or resume it; in a rewrite: leave a file out, or take it in again",
		cannotPause,
	},
	{
		bind("u", "rollback…", "u"), Rollback,
		"end the watch after a run and open the way back of what it applied; nothing is written before its own " +
			"typed yes", cannotRollback,
	},
	{bind("w", "who waits", "w"), WhoWaits, "who waits for whom, with full queries", nil},
	{
		bind("E", "end session…", "E", "shift+e"), EndIt,
		"end the session that stands in the way: shows who it is and its SQL, and asks for typed words; cancel " +
			"before terminate", cannotEnd,
	},
	{bind("s", "SQL", "s"), ShowSQL, "the exact SQL that would run, wrapped", cannotSQL},
	{bind("f", "rewrite…", "f"), Rewrite, "write the safe form as new migration files", cannotRewrite},
	{
		bind("o", "over days…", "o"), OverDays,
		"the same change as a campaign over several deployments: its steps, and the command that begins it", cannotDays,
	},
	{
		bind("t", "take back…", "t"), Unedit,
		"give edited migrations that are merged, or have run, their old text, and write the difference as the next " +
			"one; shows it and asks first", cannotTakeBack,
	},
	{
		bind("n", "renumber…", "n"), Number,
		"give migrations that collide, or come late, later versions; shows the renames and asks first", cannotRenumber,
	},
	{
		bind("a", "accept…", "a"), Accept,
		"accept the hazard under the cursor, or what a step stops at, with a reason that goes into the report; as a " +
			"second person: read all that would run, and approve it by your name",
		cannotAccept,
	},
	{bind("e", "edit", "e"), Edit, "name the file to edit; belay reviews it again afterwards", cannotEdit},
	{
		bind("r", "look again", "r"), Reload,
		"read the folder and ask the database again: after a file was edited, or a session has ended", cannotReload,
	},
	{
		bind("b", "what is open…", "b"), GoOn,
		"go on with the backfill, or the run, that was begun on this database and is not over; it asks before it " +
			"writes", cannotGoOn,
	},
	{bind("y", "copy", "y"), Copy, "copy what is shown to your clipboard, and into a file", nil},
	{
		bind("d", "go on without me", "d"), Detach,
		"leave, and what goes on goes on to its end without a screen; while something runs q does the same",
		cannotDetach,
	},
	{
		bind("K", "ask for the keys", "K", "shift+k"), AskKeys,
		"two people on one run: ask for the keys, take them where the screen that held them is gone, or answer who " +
			"asks for yours", cannotKeys,
	},
	{
		bind("h", "hand over…", "h"), HandOver,
		"hand the keys over to another screen, with a note that goes into the report; you read from then on",
		cannotHandOver,
	},
	{bind("?", "why", "?"), Why, "the advice, in practice, what was measured, and all keys", nil},
	{
		bind("tab", "next panel", "tab", "shift+tab"), Tab,
		"move to the next panel, so that j and k scroll it; in a dialog from the field to the buttons", nil,
	},
	{bind("[", "", "["), PrevStep, "look at the step before", nil},
	{bind("]", "", "]"), NextStep, "look at the next step", nil},
	{bind("j", "", "j", "down"), Down, "down", nil},
	{bind("k", "", "k", "up"), Up, "up", nil},
	{bind("g", "", "g", "home"), First, "to the first", nil},
	{bind("G", "", "G", "shift+g", "end"), Last, "to the last", nil},
	{bind("pgdn", "", "pgdown", "ctrl+d", "ctrl+f"), PageDown, "a page down", nil},
	{bind("pgup", "", "pgup", "ctrl+u", "ctrl+b"), PageUp, "a page up", nil},
	{bind("/", "search", "/"), Find, "search; enter goes to the next place", nil},
	{
		bind("+", "longer batches", "+"), Longer,
		"longer batches of a backfill, up to 1 s: faster, and the slowest requests beside it slower", cannotPace,
	},
	{
		bind("-", "shorter batches", "-"), Shorter,
		"shorter batches of a backfill, down to 10 ms: kinder to the application", cannotPace,
	},
	{bind("m", "start menu", "m"), ShowMenu, "what do you want to do: the advice and the next step for each", nil},
	{bind("l", "log", "l"), ShowLog, "the log of this run", nil},
	{bind("z", "zoom", "z"), ZoomIn, "the live pane on the whole screen", nil},
	{bind("esc", "back", "esc"), Back, "back", nil},
	{
		bind("q", "leave", "q"), Leave,
		"close what lies on top; else leave: what runs goes on, and belay says how to watch and stop it", nil,
	},
	{
		bind("ctrl+c", "", "ctrl+c"), Break,
		"cancels at once what the server undoes, as c does; where else something goes on, or a question waits, it " +
			"asks: stay, leave or stop; elsewhere it is q; in a question it is esc", nil,
	},
	{bind("ctrl+l", "", "ctrl+l"), Redraw, "draw the screen again", nil},
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
		if slices.Contains(k.Keys(), press) {
			return k, true
		}
	}
	return Key{}, false
}

// Why says why a key does nothing now; "" = it works.
func (k Key) Why(run *state.Run, local Local) string {
	if k.Action == Accept && CanApprove(run, local) {
		return ""
	}
	if slices.Contains(steers, k.Action) && Reads(run, local) && run.Finished == nil {
		return Reading(run)
	}
	if k.Cannot == nil {
		return ""
	}
	return k.Cannot(run, local)
}
