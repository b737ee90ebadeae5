package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/report"
	"belay/steps/state"
)

// finish writes the last event. Nothing is recorded after it.
func (g *engine) finish(f journal.RunFinished) {
	if g.final != nil {
		return
	}
	f, _ = g.shown(f).(journal.RunFinished)
	g.move(ends)
	g.final = &f
	if g.run.Opened != nil {
		if err := g.writeReport(f); err != nil {
			slog.Error("writing the report", "error", err)
			f.Unreported = err.Error()
		}
	}
	g.copier.handOver(f)
	if err := g.record("", "", f); err != nil {
		g.mute = true
		slog.Error("the journal cannot be written", "error", err)
		if f.Exit == steps.ExitDone && g.run.Opened != nil {
			f.Hint = "its story could not be written to its end: " + err.Error() + "; `belay attach " + g.shortID() +
				"` closes it once that is lifted"
		}
		if err := g.last.Say(f); err != nil {
			slog.Error("the last word cannot be written", "error", err)
		}
	}
	g.copier.copyRest()
}

// goesOn is the command that goes on with what stays; "" = nothing does.
func (g *engine) goesOn() string {
	if g.run.Stays() == "" {
		return ""
	}
	return g.run.GoOn()
}

// staying is what stays, as the end of a sentence; "" = nothing does.
func (g *engine) staying() string {
	if stays := g.run.Stays(); stays != "" {
		return "; " + stays
	}
	return ""
}

// halfFilled is an end that closes no run with a backfill which is not done: what of it
// stands is said, and how it goes on.
func (g *engine) halfFilled(f journal.RunFinished) journal.RunFinished {
	if f.Outcome != journal.OutcomeNotApplied || g.run.Filled().ID == "" {
		return f
	}
	f.Exit, f.Outcome = steps.ExitPerson, journal.OutcomePerson
	f.Summary += g.staying()
	f.Hint = strings.TrimPrefix(f.Hint+"; "+g.goesOn(), "; ")
	return f
}

// leftOpen is the end that nobody decided, such as a server that cannot be
// reached: it does not close a run with a unit that was begun. Whoever closed it
// would leave a dirty version behind of which no other run knows anything.
func (g *engine) leftOpen(f journal.RunFinished) journal.RunFinished {
	hint := strings.TrimPrefix(f.Hint+"; the run stays open: once that is lifted, `belay attach "+g.shortID()+
		"` asks the database and goes on", "; ")
	if version := g.run.Unresolved(); version != "" {
		return journal.RunFinished{
			Exit: steps.ExitUnknown, Outcome: journal.OutcomeUnknown, Hint: hint,
			Summary: "what came of " + version + " was not asked: " + f.Summary + g.staying(),
		}
	}
	if version := g.run.Begun(); version != "" {
		return journal.RunFinished{
			Exit: steps.ExitPerson, Outcome: journal.OutcomePerson, Hint: hint,
			Summary: version + " was begun and is not done: " + f.Summary + g.staying(),
		}
	}
	return f
}

// writeReport folds the journal into the report once more, with the end in it.
func (g *engine) writeReport(f journal.RunFinished) error {
	run := *g.run
	run.Finished, run.FinishedAt = &f, g.now().UTC()
	return saveReport(g.folder, report.Of(&run))
}

func saveReport(folder string, r report.Report) error {
	markdown, json := report.Paths(folder)
	b, err := r.JSON()
	if err != nil {
		return err
	}
	return errors.Join(saveWhole(markdown, []byte(r.Markdown())), saveWhole(json, b))
}

// saveWhole writes a file of a run folder whole, or leaves what is there as it is.
func saveWhole(path string, text []byte) error {
	folder, name := filepath.Split(path)
	next := "." + name + ".next"
	err := os.WriteFile(folder+next, text, 0o600)
	if err == nil {
		err = sharesFile(filepath.Clean(folder), next)
	}
	if err == nil {
		err = os.Rename(folder+next, path)
	}
	if err != nil {
		_ = os.Remove(folder + next)
	}
	return err
}

// complete ends a run whose every step is behind it.
func (g *engine) complete() error {
	f := journal.RunFinished{Exit: steps.ExitDone, Outcome: journal.OutcomeApplied, Summary: g.appliedSentence()}
	if d := g.run.Doubt(); d.Unread {
		f.Exit, f.Hint = steps.ExitFailed,
			"name the tool's table with history_table in belay.toml, where belay can read it; else look there yourself"
	} else if d.Hidden {
		// Not 4: that would leave the run open, and nothing of it is left to do.
		f.Exit, f.Hint = steps.ExitFailed,
			"look at the rows as a role that sees all of them; a superuser, or one with BYPASSRLS, changes what is left"
	}
	for _, s := range g.run.Steps {
		if s.Status == journal.Failed {
			f.Exit, f.Summary, f.Hint = steps.ExitFailed, s.ID+": "+s.Summary, s.Hint
		}
	}
	g.finish(f)
	return nil
}

func (g *engine) appliedSentence() string {
	n := 0
	for _, u := range g.run.Units {
		if u.Outcome == journal.OutcomeApplied {
			n++
		}
	}
	done := "applied, recorded and proved"
	switch {
	case g.env.Backfill != nil:
		f, _, _ := state.Get[fact.Filling](g.run)
		return fmt.Sprintf("%s of %s filled; %s", measure.Rows(f.Rows), f.Relation, f.Verified)
	case g.env.Tripwire != nil:
		return g.run.Step("monitor").Summary
	case g.back():
		done = "taken back, recorded and proved"
	}
	if d := doubtful(g.run.Doubt()); d != "" {
		done = strings.Replace(done, ", recorded and proved", d, 1)
	}
	if f, _, ok := state.Get[fact.Filling](g.run); ok && f.Unanalyzed {
		done += "; to look at: run ANALYZE " + f.Relation + " later, it was not done"
	}
	return measure.Plural(n, "migration") + " " + done
}

// doubtful is what is said in place of "recorded and proved"; "" = nothing is in doubt.
func doubtful(d state.Doubt) string {
	left := ""
	if d.Left != "" {
		left = "the catalog is as " + d.Left + " left it"
	}
	switch {
	case d.Unread:
		return " by its exit code alone, not proved: " + d.Text
	case d.Text != "":
		return " and recorded, not proved: " + d.Text
	case left != "" && d.Unasked != "":
		return " and recorded, not proved: " + left + ", and none shows what " + d.Unasked + " did"
	case left != "":
		return " and recorded, not proved: " + left
	case d.Unasked != "":
		return " and recorded, proved but for " + d.Unasked + ", whose effect no catalog shows"
	}
	return ""
}

// runEnded ends a run in the middle: a step with effects did not succeed.
func (g *engine) runEnded(e ended) error {
	var exit *steps.Exit
	if errors.As(e.err, &exit) {
		g.finish(g.halfFilled(journal.RunFinished{
			Exit: exit.Code, Outcome: exit.Outcome, Summary: exit.Summary, Hint: exit.Advice,
		}))
		return nil
	}
	f := journal.RunFinished{
		Exit: steps.ExitFailed, Outcome: g.outcome(), Summary: e.step.ID + ": " + e.outcome.Summary,
		Hint: e.outcome.Hint,
	}
	if e.err != nil {
		f.Summary, f.Hint = e.step.ID+": "+e.err.Error(), steps.HintOf(e.err)
	}
	g.finish(g.leftOpen(f))
	return nil
}

// outcome is what the units came to: a step after them that fails takes nothing
// back.
func (g *engine) outcome() journal.Outcome {
	if s := g.run.Step("run"); s != nil && s.Status == journal.Done {
		return journal.OutcomeApplied
	}
	left := slices.ContainsFunc(g.run.Units, func(u state.Unit) bool { return u.Outcome != journal.OutcomeApplied })
	if len(g.run.Units) > 0 && !left {
		return journal.OutcomeApplied // what came behind the last of them failed
	}
	return journal.OutcomeNotApplied
}

// noteEnd keeps the exit of a step that ended while the engine was leaving.
func (g *engine) noteEnd(e ended) {
	if e.err != nil && g.run.Opened != nil && g.final == nil {
		_ = g.runEnded(e)
	}
}

// park closes the connections and ends the engine; attach starts a new one.
func (g *engine) park(reason string) error {
	reason += g.staying()
	g.questions.failWaiting(&steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "left open: " + reason,
		Advice: "`belay attach " + g.shortID() + "` goes on",
	})
	if err := g.record("", "", journal.RunParked{Reason: reason}); err != nil {
		return err
	}
	g.env.Steering.Leave(&steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "left open: " + reason,
		Advice: "`belay attach " + g.shortID() + "` goes on",
	}, nobodyWatches)
	if g.inHand == "" {
		g.finish(journal.RunFinished{
			Exit: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "left open: " + reason,
			Hint: "`belay attach " + g.shortID() + "` goes on",
		})
	}
	return nil
}
