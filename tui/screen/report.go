package screen

import (
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/state"
	"belay/tui/look"
)

// Report says how the run ended and where its report is.
var Report = Screen{
	Name: "report",
	Doc: `Advice: tell the team what was done.
In practice: the report is written from the same journal that the screens are drawn from: who answered what, every wait with its blockers, every hazard that was accepted and why. y copies the summary.
Measured: the files' hashes in it are of the bytes that ran.`,
	Keys: []Hint{{Copy, "copy summary"}, {ShowLog, ""}},
	Panels: func(p page) []look.Panel {
		return []look.Panel{p.result(), p.outcomes(), p.written(), p.newest()}
	},
	Copy: func(run *state.Run, l Local, now time.Time) string {
		return strings.Join(Summary(run, l, now), "\n") + "\n"
	},
}

// written says where the report lies.
func (p page) written() look.Panel {
	return look.Panel{Name: "written", Title: "the report", State: p.Text(look.Key, "y") + p.Plain(" copies a summary"),
		Give: 1, Min: 1, Lines: func(w int) []string {
			f := p.f.Written
			if f == nil {
				return []string{p.Plain("it is written after the run")}
			}
			out := p.Row("Markdown", p.Plain(f.Markdown), w)
			out = append(out, p.Row("JSON", p.Plain(f.JSON), w)...)
			return append(out, p.Row("prints", p.Text(look.Strong, "belay report "+Short(p.run.ID)), w)...)
		}}
}

// Summary is the run in a few lines of plain text, as y copies it.
func Summary(run *state.Run, l Local, now time.Time) []string {
	p := page{Look: l.Look, run: run, local: l, f: l.Facts, now: now}
	var out []string
	if f := run.Finished; f != nil {
		out = append(out, strings.ToUpper(string(f.Outcome))+": "+f.Summary)
		if f.Hint != "" {
			out = append(out, "do: "+f.Hint)
		}
	}
	if t := p.f.Target; t != nil {
		env := t.Environment
		if env == "" {
			env = "not named"
		}
		out = append(out, "on "+t.Database+" at "+address(t)+" ("+env+"), PostgreSQL "+t.Version+", role "+t.Role)
	}
	for i := range run.Units {
		out = append(out, p.unitSummary(&run.Units[i]))
	}
	if v := p.f.Verified; v != nil && len(v.History) > 0 {
		out = append(out, "newest history row "+v.History[0].Version)
	}
	if f := run.Finished; f != nil && f.Unreported != "" {
		out = append(out, "no report was written: "+f.Unreported, "`belay report "+run.ID+"` makes it from the journal")
	} else if w := p.f.Written; w != nil {
		out = append(out, "report: "+w.Markdown, "as JSON: "+w.JSON)
	}
	if len(out) == 0 {
		out = append(out, "nothing to report yet: the report is written after the run")
	}
	for i := range out {
		out[i] = look.Visible(out[i])
	}
	return out
}

func (p page) unitSummary(u *state.Unit) string {
	_, _, what := p.unitState(u)
	s := u.Version + ": " + what
	if n := len(u.Tries); n > 0 {
		longest, _ := u.Stalled()
		s += ", " + tries(n) + ", others could be held up at most " + measure.Duration(longest)
		if who := blockersText(u.Blockers()); who != "" {
			s += ", behind " + who
		}
	}
	return s
}
