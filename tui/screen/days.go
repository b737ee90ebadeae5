package screen

import (
	"time"

	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// Days is the change under the review's cursor as one over several deployments: its steps,
// and the command that begins it. Nothing of it is begun here.
var Days = Screen{
	Name:  "days",
	Title: "over days",
	Over:  true,
	Doc: `Advice: what running code still uses goes in steps: add the new, deploy code that uses both, stop using the old, drop it.
In practice: a campaign keeps the steps in the database, so that every host sees which is next, who confirmed what and since when it is quiet. Its files are written only when their gate is open, and each of its phases is an ordinary run. This migration does not run then: take its file away once the campaign is begun.
Measured: renamed in one go, every statement of old code fails from that moment on; over a campaign, under two writers of old and two of new code, none did.`,
	Keys: []Hint{{Open, "begin it…"}, {Copy, "copy the command"}},
	Enter: func(run *state.Run, l Local) Do {
		if d := daysHere(l); d != nil {
			return begins(run, d.Command)
		}
		return Do{Back: true}
	},
	Panels: func(p page) []look.Panel {
		d := daysHere(p.local)
		if d == nil {
			return []look.Panel{{Title: "over days", Grow: true, Lines: func(int) []string {
				return []string{p.Plain("nothing to make over days here")}
			}}}
		}
		return []look.Panel{
			{Name: "command", Title: "this begins it",
				State: p.Plain("line " + itoa(d.Line)), Lines: func(w int) []string {
					return look.Wrap(p.Text(look.Accent, d.Command), w)
				}},
			{Name: "steps", Title: "the steps", Focus: true, Grow: true, Lines: p.daysSteps},
		}
	},
	Copy: func(_ *state.Run, l Local, _ time.Time) string {
		if d := daysHere(l); d != nil {
			return d.Command + "\n"
		}
		return ""
	},
}

// daysSteps are the steps of a campaign, with what makes each safe.
func (p page) daysSteps(w int) []string {
	var out []string
	for i, s := range []struct{ title, safe string }{
		{"add the new beside the old", "yes: old code does not know it, and whoever writes one writes both"},
		{"deploy code that uses both", "once no row differs, at two counts; a person confirms it with a version"},
		{"stop using the old", "once that code is everywhere: who still uses the old is shown by name"},
		{"drop the old", "once it was quiet for a week and no source saw a use; its name is typed"},
	} {
		out = append(out, p.Cut(p.Text(look.Strong, itoa(i+1)+" "+s.title), w))
		out = append(out, p.Row("  safe?", p.Plain(s.safe), w)...)
	}
	out = append(out, "")
	const then = "enter leaves for the command, which shows the phases and asks; then day by day: belay due"
	return append(out, look.Wrap(p.Plain(then), w)...)
}

// daysHere is the change of the statement under the review's cursor; nil = a campaign does
// not make it.
func daysHere(l Local) *fact.RewriteDays {
	it, ok := l.Reviewed()
	r := RewriteHere(l)
	if !ok || r == nil || it.Statement < 0 {
		return nil
	}
	st := l.Facts.Review.Result.Files[it.File].Statements[it.Statement]
	for i := range r.Days {
		if d := &r.Days[i]; d.Line >= st.Line && d.Line <= st.EndLine {
			return d
		}
	}
	return nil
}

func cannotDays(_ *state.Run, l Local) string {
	if l.Facts == nil || l.Facts.Review == nil {
		return "not reviewed yet"
	}
	if daysHere(l) == nil {
		return "a campaign is for a rename, a type, NOT NULL, a foreign key or a drop"
	}
	return ""
}
