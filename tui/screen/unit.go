package screen

import (
	"fmt"
	"path"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// unitOf is how far the unit of a version is; nil = never begun.
func unitOf(run *state.Run, version string) *state.Unit {
	for i := range run.Units {
		if run.Units[i].Version == version {
			return &run.Units[i]
		}
	}
	return nil
}

// planned is the unit of a version in the plan; nil = there is no plan, or none there.
func (p page) planned(version string) *fact.Unit {
	if p.f.Plan == nil {
		return nil
	}
	for i := range p.f.Plan.Units {
		if p.f.Plan.Units[i].Version == version {
			return &p.f.Plan.Units[i]
		}
	}
	return nil
}

// files is one line a file of the plan, with what became of it. The one in hand stays
// in sight.
func (p page) files() look.Panel {
	versions := p.versions()
	panel := look.Panel{Name: "files", Title: "files", Give: 6, Min: 1}
	done, of := progress(p.run, p.f)
	panel.State = p.Plain(fmt.Sprintf("%d of %d applied", done, of))
	if len(versions) < 2 && (p.run.InHand() != nil || len(p.run.Units) == 0) {
		panel.Lines = func(int) []string { return nil }
		return panel
	}
	panel.Lines = func(w int) []string {
		var out []string
		for _, v := range versions {
			out = append(out, p.unitLine(v, unitOf(p.run, v), w))
		}
		return out
	}
	for i, v := range versions {
		if u := unitOf(p.run, v); u != nil && u.Outcome == "" {
			panel.Cursor = i
		}
	}
	return panel
}

// versions are those of the plan in their order, else those that were begun.
func (p page) versions() []string {
	var out []string
	if p.f.Plan != nil {
		for _, u := range p.f.Plan.Units {
			out = append(out, u.Version)
		}
		return out
	}
	for _, u := range p.run.Units {
		out = append(out, u.Version)
	}
	return out
}

func (p page) unitName(version string) string {
	if x := p.planned(version); x != nil && x.Path != "" {
		return path.Base(x.Path)
	}
	return version
}

// unitLine is a file with its state in one line.
func (p page) unitLine(version string, u *state.Unit, w int) string {
	sign, role, what := p.unitState(u)
	title := look.Plain
	if role == look.Accent {
		title = look.Accent
	}
	left := p.Text(role, sign) + " " + p.Text(title, p.unitName(version))
	if u == nil {
		if x := p.planned(version); x != nil {
			what = p.holdOf(*x)
		}
		return p.Ends(left, what, w)
	}
	return p.Ends(left, p.Text(role, what), w)
}

// unitState is the sign and the word of a unit.
func (p page) unitState(u *state.Unit) (string, look.Role, string) {
	switch {
	case u == nil:
		return p.Marks.Todo, look.Plain, "to do"
	case u.Probed != nil && u.Probed.Outcome == journal.OutcomeRunning:
		return p.Marks.Running, look.Accent, fmt.Sprintf("still running, pid %d", u.Probed.PID)
	case u.Outcome == journal.OutcomeApplied && u.Applied != nil:
		return p.Marks.Done, look.OK, "applied in " + measure.MS(worked(u))
	case u.Outcome == journal.OutcomeApplied:
		return p.Marks.Done, look.OK, "applied"
	case u.Outcome == journal.OutcomeNotApplied:
		return p.Marks.Failed, look.Attention, "not applied"
	case u.Outcome == journal.OutcomeLost:
		return p.Marks.Failed, look.Danger, "lost: this server does not have it"
	case u.Outcome == journal.OutcomeUnknown:
		return p.Marks.Asking, look.Danger, "unknown: the database must be asked"
	case u.Intent != nil && u.Attempt == nil && u.SQL == "" && len(u.Tries) > 0 && u.NextTry().IsZero():
		return p.Marks.Paused, look.Attention, "not applied after " + tries(len(u.Tries)) + ", nothing has changed"
	case u.Intent != nil && p.stands():
		return p.Marks.Paused, look.Attention, "begun, not applied yet"
	case u.Intent != nil && len(u.Tries) > 0:
		return p.Marks.Running, look.Accent, "after " + tries(len(u.Tries))
	case u.Intent != nil:
		return p.Marks.Running, look.Accent, "running"
	}
	return p.Marks.Todo, look.Plain, "to do"
}

// worked is how long an applied unit worked: of its tries the one that ended well.
func worked(u *state.Unit) int64 {
	if n := len(u.Tries); n > 0 {
		if last := u.Tries[n-1]; last.Outcome == string(journal.OutcomeApplied) {
			return max(last.WaitedMS, 1)
		}
	}
	return u.Applied.MS
}

// stands reports whether nothing works on the file in hand: a person is asked whether
// to go on with it, or its run has ended.
func (p page) stands() bool {
	return p.run.Finished != nil || p.run.Question(goOn) != nil
}

// resultPanels are the run between its units and after them: first the result in one
// look, then each file with its proof.
func (p page) resultPanels() []look.Panel {
	return []look.Panel{p.result(), p.outcomes(), p.waiting(), p.tables(), p.newest()}
}

// result is what the run came to.
func (p page) result() look.Panel {
	f := p.run.Finished
	panel := look.Panel{Name: "result", Title: "result"}
	switch {
	case f != nil && f.Exit == 0:
		panel.State = p.Text(look.OK, p.Marks.Done+" "+string(f.Outcome))
	case f != nil:
		panel.State = p.Text(look.Attention, p.Marks.Look+" "+p.stopped())
	case Busy(p.run):
		panel.Title, panel.State = "run", p.Text(look.Accent, "between two files")
	default:
		panel.Title = "run"
	}
	panel.Lines = func(w int) []string {
		out := p.summed(w)
		if f == nil {
			return out
		}
		if f.Exit != 0 {
			out = append(out, p.Paragraph(look.Attention, f.Summary, w, 0)...)
		}
		if f.Hint != "" {
			out = append(out, p.Row("do", p.Plain(f.Hint), w)...)
		}
		return out
	}
	return panel
}

// stopped is how a run ended that did not reach its end. "Not applied" is the word of a
// program for it, and wrong to a person where some of its files are.
func (p page) stopped() string {
	if done, of := progress(p.run, p.f); done > 0 && p.run.Finished.Outcome == journal.OutcomeNotApplied {
		return fmt.Sprintf("%d of %d applied", done, of)
	}
	return string(p.run.Finished.Outcome)
}

// summed is the run in two rows: what was applied and how long a lock was held at most,
// and what it cost others.
func (p page) summed(w int) []string {
	done, of := progress(p.run, p.f)
	text := fmt.Sprintf("%d of %s", done, plural(of, "file"))
	if done == of {
		text = plural(done, "file")
	}
	var longest, held int64
	n, met := 0, 0
	for i := range p.run.Units {
		u := &p.run.Units[i]
		if u.Applied != nil {
			longest = max(longest, worked(u))
		}
		n += len(u.Tries)
		for _, t := range u.Tries {
			if len(t.Blockers) > 0 {
				met++
				held = max(held, t.WaitedMS)
			}
		}
	}
	applied := p.Text(look.Strong, text)
	if longest > 0 {
		applied += p.Plain(", the longest took ") + p.Text(look.Strong, measure.MS(longest))
	}
	label := "applied"
	if p.back() {
		label = "taken back"
	}
	out := p.RowOf(look.Label, label, applied, w)
	if met > 0 {
		out = append(out, p.Row("held up", p.Plain("others, ")+p.Text(look.Strong, measure.MS(held))+
			p.Plain(fmt.Sprintf(" a try at most: %d of %s found the way blocked", met, tries(n))), w)...)
	}
	return out
}

// outcomes is each file with its proof, or with why it is not applied.
func (p page) outcomes() look.Panel {
	return look.Panel{Name: "outcomes", Title: "files", Give: 1, Min: 2, Focus: true, Lines: func(w int) []string {
		var out []string
		for _, v := range p.versions() {
			u := unitOf(p.run, v)
			out = append(out, p.unitLine(v, u, w))
			if u != nil {
				out = append(out, p.unitDetails(u, w)...)
			}
		}
		return out
	}}
}

// unitDetails are how it is known, or why not.
func (p page) unitDetails(u *state.Unit, w int) []string {
	var out []string
	add := func(r look.Role, text string) {
		if text != "" {
			out = append(out, p.Marked(look.Plain, " ", p.Text(r, text), w)...)
		}
	}
	if u.Applied != nil && u.Outcome == journal.OutcomeApplied {
		add(look.Plain, u.Applied.Proof)
	}
	if u.Ended != nil && u.Outcome != journal.OutcomeApplied {
		p.ended(u.Ended, add)
	}
	if n := len(u.Tries); n > 1 {
		text := "needed " + tries(n)
		if u.Applied != nil && u.Applied.MS > worked(u)+1000 {
			text += ", " + measure.MS(u.Applied.MS) + " in all"
		}
		add(look.Plain, text)
	}
	if u.Probed != nil && u.Probed.Evidence != "" {
		add(look.Plain, "asked the database: "+u.Probed.Evidence)
	}
	return append(out, p.probed(u, w)...)
}

func (p page) ended(e *journal.UnitEnded, add func(look.Role, string)) {
	add(look.Plain, e.Reason)
	if e.Error != "" {
		text := e.Error
		if e.SQLState != "" && !strings.Contains(text, e.SQLState) {
			text += " (" + e.SQLState + ")"
		}
		add(look.Danger, text)
	}
	for _, l := range e.Left {
		add(look.Attention, "left behind: "+l)
	}
	if len(e.Blockers) > 0 {
		add(look.Plain, "behind "+blockersText(e.Blockers))
	}
	if f := p.run.Finished; e.Hint != "" && (f == nil || f.Hint != e.Hint) {
		add(look.Plain, "do: "+e.Hint)
	}
}

// probed are the statements of a unit that is no transaction, each with what the
// database said of it.
func (p page) probed(u *state.Unit, w int) []string {
	if u.Probed == nil {
		return nil
	}
	var out []string
	for _, s := range u.Probed.Statements {
		sign, role := p.Marks.Todo, look.Attention
		switch s.Outcome {
		case journal.OutcomeApplied:
			sign, role = p.Marks.Done, look.OK
		case journal.OutcomeUnknown:
			sign, role = p.Marks.Asking, look.Danger
		}
		text := p.Plain(fmt.Sprintf("%d  %s", s.Statement+1, p.Cut(flat(s.SQL), w/2)))
		out = append(out, p.Marked(role, "  "+sign, text, w)...)
		out = append(out, p.Marked(look.Plain, "     ", p.Plain(string(s.Outcome)+": "+s.Evidence), w)...)
	}
	return out
}

// clockAt is a moment as a person reads it.
func (p page) clockAt(t time.Time) string { return t.In(p.now.Location()).Format("15:04:05") }
