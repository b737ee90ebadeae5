package screen

import (
	"fmt"
	"path"
	"strings"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// came is how far the unit of a version came; nil = never begun.
func came(run *state.Run, version string) *state.Unit {
	for i := range run.Units {
		if run.Units[i].Version == version {
			return &run.Units[i]
		}
	}
	return nil
}

// unitLines is one line a unit of the plan, with what became of it.
func unitLines(p page) []view.Line {
	var out []view.Line
	if p.f.Plan == nil {
		for i := range p.run.Units {
			u := &p.run.Units[i]
			out = append(out, unitLine(u.Version, u.Version, u, p.w)...)
		}
		return out
	}
	for _, planned := range p.f.Plan.Units {
		out = append(out, unitLine(planned.Version, unitName(planned), came(p.run, planned.Version), p.w)...)
	}
	return out
}

func unitName(u fact.Unit) string {
	if u.Path != "" {
		return path.Base(u.Path)
	}
	return u.Version
}

func unitLine(_, name string, u *state.Unit, w int) []view.Line {
	mark, role, what := unitState(u)
	name = view.Middle(name, max(16, w/2))
	line := view.L(view.T(" "), view.S(role, mark), view.T(" "+view.Pad(name, min(34, w/2))+"  "), view.S(role, what))
	out := []view.Line{line}
	if u == nil {
		return out
	}
	if u.Ended != nil && u.Outcome != "applied" {
		out = append(out, endedLines(u.Ended, w)...)
	}
	if u.Probed != nil && u.Probed.Evidence != "" {
		out = append(out, view.Paragraph(theme.Plain, "asked the database: "+u.Probed.Evidence, w, 5, 2)...)
	}
	return append(out, probedLines(u, w)...)
}

// probedLines are the statements of a unit that is no transaction, each with what
// the database said of it.
func probedLines(u *state.Unit, w int) []view.Line {
	if u.Probed == nil {
		return nil
	}
	var out []view.Line
	for _, s := range u.Probed.Statements {
		mark, role := "[ ]", theme.Attention
		switch s.Outcome {
		case "applied":
			mark, role = "[x]", theme.OK
		case "unknown":
			mark, role = "[?]", theme.Danger
		}
		sql := view.Cut(strings.Join(strings.Fields(s.SQL), " "), w/2)
		out = append(out, view.L(view.T("     "), view.S(role, mark), view.T(fmt.Sprintf(" %d  %s", s.Statement+1, sql))))
		out = append(out, view.Paragraph(theme.Plain, s.Outcome+": "+s.Evidence, w, 12, 2)...)
	}
	return out
}

// unitState is the mark and the word of a unit.
func unitState(u *state.Unit) (string, theme.Role, string) {
	switch {
	case u == nil:
		return "[ ]", theme.Plain, "to do"
	case u.Probed != nil && u.Probed.Outcome == "running":
		return "[>]", theme.Running, fmt.Sprintf("still running, pid %d", u.Probed.PID)
	case u.Outcome == "applied" && u.Applied != nil:
		return "[x]", theme.OK, "applied in " + measure.MS(u.Applied.MS) + ", " + u.Applied.Proof
	case u.Outcome == "applied":
		return "[x]", theme.OK, "applied"
	case u.Outcome == "not applied":
		return "[ ]", theme.Attention, "not applied"
	case u.Outcome == "lost":
		return "[!]", theme.Danger, "lost: this server does not have it"
	case u.Outcome == "unknown":
		return "[?]", theme.Danger, "unknown: the database must be asked"
	case u.Intent != nil && u.Attempt == nil && u.SQL == "" && len(u.Tries) > 0 && u.NextTry().IsZero():
		return "[=]", theme.Attention, "not applied: " + tries(len(u.Tries)) + ", nothing has changed"
	case u.Intent != nil:
		return "[>]", theme.Running, "running"
	}
	return "[ ]", theme.Plain, "to do"
}

func endedLines(e *journal.UnitEnded, w int) []view.Line {
	out := view.Paragraph(theme.Plain, e.Reason, w, 5, 2)
	if e.Error != "" {
		text := e.Error
		if e.SQLState != "" && !strings.Contains(text, e.SQLState) {
			text += " (" + e.SQLState + ")"
		}
		out = append(out, view.Paragraph(theme.Danger, text, w, 5, 2)...)
	}
	for _, l := range e.Left {
		out = append(out, view.Paragraph(theme.Attention, "left behind: "+l, w, 5, 2)...)
	}
	if len(e.Blockers) > 0 {
		out = append(out, view.Paragraph(theme.Plain, "behind "+blockersText(e.Blockers), w, 5, 2)...)
	}
	if e.Hint != "" {
		out = append(out, view.Paragraph(theme.Plain, "-> "+e.Hint, w, 5, 3)...)
	}
	return out
}

// endedBody is the run between its units and after them.
func endedBody(p page) []view.Block {
	var head []view.Line
	switch f := p.run.Finished; {
	case f != nil:
		role := theme.Attention
		if f.Exit == 0 {
			role = theme.OK
		}
		head = view.Paragraph(role, f.Outcome+": "+f.Summary, p.w, 1, 2)
		if f.Hint != "" {
			head = append(head, view.Paragraph(theme.Plain, "-> "+f.Hint, p.w, 1, 3)...)
		}
	case !Busy(p.run):
		done, of := progress(p.run, p.f)
		head = []view.Line{view.L(view.S(theme.Strong, fmt.Sprintf(" %d of %s applied", done, plural(of, "unit"))))}
	default:
		head = []view.Line{view.L(view.S(theme.Running, " between units"))}
	}
	blocks := []view.Block{{Lines: append(head, view.Line{})}, p.scrolled("run", unitLines(p))}
	var tries []view.Line
	for i := range p.run.Units {
		if u := &p.run.Units[i]; len(u.Tries) > 0 {
			tries = append(tries, view.Paragraph(theme.Plain, u.Version+": "+triesText(u), p.w, 1, 2)...)
		}
	}
	blocks = append(blocks, view.Block{Lines: tries, Give: 2, Min: 1})
	return append(blocks, live(p)[1:5]...)
}
