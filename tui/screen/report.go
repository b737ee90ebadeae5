package screen

import (
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// Report says how the run ended and where its report is.
var Report = Screen{
	Name: "report",
	Doc: `Advice: tell the team what was done.
In practice: the report is written from the same journal that the screens are drawn from: who answered what, every wait with its blockers, every hazard that was accepted and why. y copies the summary.
Measured: the files' hashes in it are of the bytes that ran.`,
	Keys: []Hint{{Copy, "copy summary"}, {Open, "next"}, {ShowLog, ""}},
	View: draw("report", reportBody),
}

func reportBody(p page) []view.Block {
	lines := []view.Line{}
	for _, s := range summary(p) {
		lines = append(lines, view.Paragraph(theme.Plain, s, p.w, 1, 2)...)
	}
	return append(stepBlocks(p, "report"), p.scrolled("report", lines))
}

// SummaryOf is the run in a few lines, as y copies it.
func SummaryOf(run *state.Run, local Local, now time.Time) []string {
	return summary(page{run: run, local: local, f: local.Facts, now: now})
}

func summary(p page) []string {
	var out []string
	if f := p.run.Finished; f != nil {
		out = append(out, strings.ToUpper(f.Outcome)+": "+f.Summary)
		if f.Hint != "" {
			out = append(out, "-> "+f.Hint)
		}
	}
	if t := p.f.Target; t != nil {
		env := t.Environment
		if env == "" {
			env = "not named"
		}
		out = append(out, "on "+t.Database+" at "+address(t)+" ("+env+"), PostgreSQL "+t.Version+", role "+t.Role)
	}
	for i := range p.run.Units {
		u := &p.run.Units[i]
		_, _, what := unitState(u)
		s := u.Version + ": " + what
		if n := len(u.Tries); n > 0 {
			longest, _ := u.Stalled()
			s += ", " + tries(n) + ", others held up at most " + measure.Duration(longest)
			if who := blockersText(u.Blockers()); who != "" {
				s += ", behind " + who
			}
		}
		out = append(out, s)
	}
	if v := p.f.Verified; v != nil && len(v.History) > 0 {
		out = append(out, "newest history row "+v.History[0].Version)
	}
	if w := p.f.Written; w != nil {
		out = append(out, "report: "+w.Markdown, "as JSON: "+w.JSON)
	}
	if len(out) == 0 {
		out = append(out, "nothing to report yet: the report is written after the run")
	}
	return out
}
