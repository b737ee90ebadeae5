package screen

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"belay/sqlview/effect"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// Confirm is the run dialog, the only place where the database's name is typed.
var Confirm = Screen{
	Name: "confirm",
	Doc: `Advice: know what runs, where, what it blocks and how to go back, before you say yes.
In practice: the name is typed so that a hand that is faster than the eye cannot start a write; a paste is refused, and keys meant for the screen before are not heard. Everything shown here is read again before the first statement is sent.
Measured: most wrong-window accidents are one key long; nobody types a database name by accident. The moment is that of the first file to run: who holds a table of a later one is not in it. Its chance is that of one try, by a look a second: who is in the way leaves as those did that had held for about as long. Held against 1,178 tries that were made on a server under six kinds of traffic: 99 of 100 had their lock where it said 98 %, 93 where it said 86 %, 2 where it said 1 %; in between it says too little rather than too much.`,
	Hints: func(run *state.Run, l Local) []Hint {
		open := Hint{Open, "off until the name is exact"}
		if d := l.Dialog; d != nil && d.Exact() {
			open.Label = strings.TrimSuffix(strings.ToUpper(verb(run, d)), "ON") + "on " + d.Expect
		}
		return []Hint{{Back, "no, go back"}, open, {PageDown, "scroll"}, {Tab, "buttons"}}
	},
	Panels: confirmPanels,
}

func confirmPanels(p page) []look.Panel {
	d := p.local.Dialog
	if d == nil {
		return nil
	}
	panels := []look.Panel{p.where(d), p.runs(), p.heart(p.heartTitle("first to run")), p.consent(d)}
	if p.boxed {
		live := p.waiting()
		live.Right, live.Give = false, 9
		panels = append(panels, live)
	}
	return panels
}

// verb is what the yes does.
func verb(run *state.Run, d *Dialog) string {
	switch {
	case d.ID == "rollback.confirm":
		return "roll back on"
	case d.ID == "run.takeover":
		return "take over on"
	case run.Step(atBackfill) != nil:
		return "fill on"
	case run.Playbook == tripwire:
		return "take away for a while on"
	}
	return "run on"
}

// where says on which database, with what in hand if it goes wrong.
func (p page) where(d *Dialog) look.Panel {
	env := "a database you have not named yet"
	if t := p.f.Target; t != nil && t.Environment != "" {
		env = strings.ToUpper(t.Environment)
	}
	return look.Panel{Name: "where", Title: verb(p.run, d) + " " + env, State: p.planState(), Give: 1, Min: 2,
		Lines: func(w int) []string {
			var out []string
			if d.ID == "run.takeover" {
				whose, _, _ := strings.Cut(d.Text, "? type")
				out = append(out, p.Row("asks", p.Text(look.Attention, whose+"?"), w)...)
			}
			if t := p.f.Tripwire; t != nil {
				out = append(out, p.Row("does", p.Text(look.Attention, t.Does), w)...)
			}
			out = append(out, p.oneLine("target", p.identity(), w)...)
			out = append(out, p.Row("way back", p.undo(), w)...)
			out = append(out, p.Row("moment", p.moment(), w)...)
			out = append(out, p.byWhom(w)...)
			for _, id := range []string{"backup", "rehearse"} {
				if s := p.run.Step(id); s != nil && s.Summary != "" {
					out = append(out, p.oneLine(id, p.mark(s.Status)+" "+p.Plain(s.Summary), w)...)
				}
			}
			if p.f.Review != nil {
				for _, rule := range accepted(p.f.Review.Accepted) {
					out = append(out,
						p.Row("accepted", p.Text(look.Attention, rule)+p.Plain(": "+p.f.Review.Accepted[rule]), w)...)
				}
			}
			return out
		}}
}

// oneLine is a row of one line where a screen has no line to spare: below it stands the SQL.
func (p page) oneLine(label, text string, w int) []string {
	if p.crowded() && text != "" {
		text = p.Cut(text, w-look.Label)
	}
	return p.Row(label, text, w)
}

func (p page) planState() string {
	if p.f.Plan == nil || p.f.Plan.SHA256 == "" {
		return ""
	}
	return p.Plain("plan " + Short(p.f.Plan.SHA256))
}

func (p page) identity() string {
	t := p.f.Target
	if t == nil {
		return ""
	}
	s := p.Text(look.Strong, t.Database) + p.Plain(" on "+address(t)+", "+t.Version+" "+roleOf(t))
	if t.SystemID != "" && p.boxed {
		s += p.Plain(", system " + t.SystemID)
	}
	if t.PinnedAt.IsZero() {
		return s + p.Plain(", ") + p.Text(look.Attention, "first time here")
	}
	since := "Jan 2006"
	if p.now.Sub(t.PinnedAt) < 24*time.Hour {
		since = "15:04"
	}
	return s + p.Plain(", known since "+t.PinnedAt.In(p.now.Location()).Format(since))
}

// undo is the dearest of the ways back, and how many there are.
func (p page) undo() string {
	if p.f.Review == nil {
		if p.f.Backfill != nil {
			return p.Text(look.Attention, "none") + p.Plain(" without a copy of the values before")
		}
		return ""
	}
	var worst effect.Reversible
	inverse, n := "", 0
	for _, f := range p.f.Review.Result.Files {
		for _, s := range f.Statements {
			n++
			if w := fact.Worse(worst, s.Reversible); w != worst {
				worst, inverse = w, s.Inverse
			}
		}
	}
	role := look.OK
	if worst != effect.ReversibleInstant {
		role = look.Attention
	}
	text := p.Text(role, string(worst))
	if n > 1 {
		text += p.Plain(fmt.Sprintf(" (the worst of %d)", n))
	}
	switch {
	case inverse != "":
		text += p.Plain(": " + strings.TrimPrefix(inverse, string(worst)+": "))
	case worst == effect.ReversibleNone:
		text += p.Plain(": what it removes or changes is gone for good")
	}
	return text
}

// runs is all of what runs: each file, each statement whole, its lock and its hold. It
// scrolls; nothing of it is left out.
func (p page) runs() look.Panel {
	plan := p.f.Plan
	if plan == nil {
		return p.fills()
	}
	statements := 0
	for _, u := range plan.Units {
		statements += len(u.Statements)
	}
	return look.Panel{
		Name: "runs", Title: "what runs: " + plural(statements, "statement") + " in " + plural(len(plan.Units), "file"),
		Give: 1, Min: 5, Stay: true, Focus: true, // of what runs more stays than of what stands above it
		Lines: func(w int) []string {
			var out []string
			for _, u := range plan.Units {
				out = append(out, p.Ends(p.Text(look.Strong, path.Base(u.Path)), p.holdOf(u), w))
				if len(u.Statements) == 0 && plan.Command != "" {
					out = append(out, p.Text(look.Attention, "which SQL it sends is not known: a program sends it"))
				}
				for _, s := range u.Statements {
					out = append(out, p.source(s.SQL, max(s.Line, 1), w)...)
					out = append(out, p.locksOf(s, w)...)
				}
			}
			return append(out, p.fillRows(w)...)
		},
	}
}

// holdOf says how long a file may hold its locks.
func (p page) holdOf(u fact.Unit) string {
	switch {
	case u.Batches != "":
		return p.Plain("in batches")
	case !u.Transaction:
		return p.Plain("outside a transaction")
	case u.DeadlineMS > 0:
		return p.work(u) + p.Plain(", belay cancels it after "+measure.MS(u.DeadlineMS))
	case u.Instant:
		past := u.HoldMS
		if past == 0 {
			past = p.f.Plan.Limits.LockTimeoutMS + p.f.Plan.Limits.HoldBudgetMS
		}
		return p.work(u) + p.Plain(", undone if over "+measure.MS(past))
	case u.HoldMS > 0:
		return p.Text(look.Attention, "holds up to "+measure.MS(u.HoldMS))
	}
	return p.Text(look.Attention, "hold time not decided yet")
}

// work is how long a file works, in the word of the list and of the card: what holds back
// nobody, or reads small tables only, need not be over at once.
func (p page) work(u fact.Unit) string {
	if slices.ContainsFunc(u.Statements, func(s fact.Statement) bool { return s.Seconds == effect.Slow }) {
		return p.Text(look.Attention, "slow")
	}
	return p.Text(look.OK, "instant")
}

func (p page) locksOf(s fact.Statement, w int) []string {
	var parts []string
	for _, l := range s.Needs {
		if l.Mode.BlocksWrites() || l.Mode.BlocksReads() {
			parts = append(parts, l.Mode.String()+" on "+l.Relation)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return p.Marked(look.Attention, "    "+p.Marks.Look, p.Plain(strings.Join(parts, ", ")), w)
}

// fills is what runs where it is a backfill alone.
func (p page) fills() look.Panel {
	b := p.f.Backfill
	if b == nil {
		return look.Panel{Bare: true, Lines: func(int) []string { return nil }}
	}
	return look.Panel{
		Name: "runs", Title: "what runs: batches on " + b.Relation, Give: 1, Min: 3, Stay: true, Focus: true,
		Lines: func(w int) []string {
			return append(p.source(b.SQL, 1, w), p.fillRows(w)...)
		},
	}
}

// fillRows say what a backfill would do beside its batches.
func (p page) fillRows(w int) []string {
	b := p.f.Backfill
	if b == nil {
		return nil
	}
	out := p.Row("rows", p.Plain("about "+measure.Count(float64(b.Rows))+
		" in the table, by the server's statistics; how many of them and how long is known once it runs"), w)
	out = append(out, p.Row("grows", p.Plain("table by up to "+measure.Bytes(b.Bytes)+", indexes by up to "+
		measure.Bytes(b.IndexBytes)+", and WAL by at least as much"), w)...)
	out = append(out, p.Row("new rows", p.Plain(covers(b)), w)...)
	var makes []string
	if b.Ledger != "" {
		makes = append(makes, "schema belay for the cursor")
	}
	if p.run.Answers["backfill.trigger"].Answer == "yes" {
		makes = append(makes, "a sync trigger, dropped at the end")
	}
	if len(makes) > 0 {
		out = append(out, p.Row("creates", p.Plain(strings.Join(makes, "; ")), w)...)
	}
	if p.run.Answers[steps.BackfillVacuum].Answer == "yes" {
		out = append(out, p.Row("vacuum", p.Plain("after every tenth of the rows"), w)...)
	}
	how := ""
	if d := p.local.Dialog; d != nil && d.Typed() && !d.Buttons {
		how = "tab, then " // letters and digits are text in the field
	}
	for i, q := range FillPresets(p.run) {
		out = append(out, p.Row("proposed", p.Text(look.Key, itoa(i+1))+p.Plain("  "+fillPresets[q.ID]+": ")+
			p.Text(look.Strong, q.Default)+p.Plain("; "+how+itoa(i+1)+" changes it"), w)...)
	}
	return out
}

// fillPresets are what a backfill proposes, in a word each.
var fillPresets = map[string]string{
	steps.BackfillTrigger: "a trigger that fills rows written meanwhile",
	steps.BackfillVacuum:  "VACUUM after every tenth of the rows",
}

// FillPresets are the open proposals of a backfill, which the run dialog shows and opens.
func FillPresets(run *state.Run) (all []state.Question) {
	for _, q := range run.Questions {
		if q.Preset && fillPresets[q.ID] != "" {
			all = append(all, q)
		}
	}
	return all
}

// consent is the field and the two buttons.
func (p page) consent(d *Dialog) look.Panel {
	title := "your answer"
	if d.Typed() {
		title = "type the database name, " + d.Expect + ", to " + verb(p.run, d) + " it:"
	}
	return look.Panel{Title: title, Lines: func(w int) []string {
		var out []string
		if d.Typed() {
			out = append(out, d.Field.Lines(w)[0])
		}
		return append(out, p.buttons(d))
	}}
}

func (p page) buttons(d *Dialog) string {
	does := verb(p.run, d)
	no, yes := "No, go back", strings.ToUpper(does[:1])+does[1:]+" "+d.Expect
	if !d.Exact() && d.Typed() {
		yes = "enter, once the name is typed; no paste"
	}
	onYes := (d.Buttons && d.Yes) || (!d.Buttons && d.Exact())
	onNo := d.Buttons && !d.Yes
	mark := func(on bool, text string) string {
		if on {
			return p.Text(look.Selected, " > "+text+" < ")
		}
		return p.Plain("   " + text + "   ")
	}
	return mark(onNo, no) + "      " + mark(onYes, yes)
}
