package engine

import (
	"errors"
	"fmt"
	"strings"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// settle is called when nothing is left to do: the looking is over, or the
// steps with effects are. It reports true where the engine now waits.
func (g *engine) settle() (waits bool, err error) {
	if g.phase == idle {
		g.reconnect()
		return true, nil
	}
	if g.queue.interrupted() {
		return false, nil
	}
	switch news, err := g.takeover.follow(g.found.Folder.Ledger); {
	case err != nil:
		return false, err
	case news:
		g.queue.lookFrom(0)
		return false, nil
	}
	if g.approved != nil && g.alone() {
		return true, g.heldBack()
	}
	if g.approved != nil && !g.fresh && g.queue.aged() {
		g.fresh = true
		g.queue.lookFrom(0)
		return false, nil
	}
	if holds, err := g.approvalHolds(); err != nil || holds {
		if err != nil {
			return true, err
		}
		return false, g.openRun()
	}
	g.move(settles)
	blocked := g.missing()
	if len(blocked) == 0 && g.order.Until != "" {
		g.finish(journal.RunFinished{Exit: steps.ExitDone, Outcome: journal.OutcomeNothing, Summary: "looked"})
		return true, nil
	}
	if len(blocked) == 0 {
		if waits, err := g.unapproved(); err != nil || waits {
			return true, errors.Join(err, g.withdrawConfirm("a second person must approve first"))
		}
		if g.run.Opened != nil {
			return false, g.openRun()
		}
		err := g.askConfirm()
		return g.phase == idle, err
	}
	if err := g.withdrawConfirm(blocked[0].Summary); err != nil {
		return true, err
	}
	if g.order.Headless {
		return true, g.giveUp(blocked)
	}
	return true, nil
}

// withdrawConfirm closes the run dialog, where it is open.
func (g *engine) withdrawConfirm(why string) error {
	if g.run.Question(g.questions.confirmID()) == nil || g.phase == over {
		return nil
	}
	return g.record("run", "", journal.QuestionWithdrawn{ID: g.questions.confirmID(), Why: why})
}

// missing lists the steps before the run that are not behind us.
func (g *engine) missing() []state.Step {
	var open []state.Step
	for _, s := range g.playbook.Lines {
		have := g.run.Step(s.ID)
		switch {
		case have == nil:
			continue
		case !s.Looks:
			if s.Look != nil && (g.questions.demands(s.ID) || have.Status == journal.Failed) {
				open = append(open, *have)
			}
			continue
		}
		switch have.Status {
		case journal.Done, journal.Waived, journal.Look:
		default:
			open = append(open, *have)
		}
	}
	return open
}

// askConfirm opens the run dialog. It is the only question whose yes writes.
func (g *engine) askConfirm() error {
	chosen := g.chosen()
	if len(chosen) == 0 {
		if g.order.Headless {
			g.finish(journal.RunFinished{Exit: steps.ExitDone, Outcome: journal.OutcomeNothing, Summary: g.nothing()})
		}
		return nil
	}
	target, _, _ := state.Get[fact.Target](g.run)
	q := journal.QuestionAsked{
		ID: g.questions.confirmID(), Dialog: true, Expect: target.Database, Options: []string{"no"}, Default: "no",
		Text: fmt.Sprintf("%s %s on %s%s? type the database name", g.verb(), strings.Join(chosen, ", "),
			target.Database, g.byCommand()),
		Why: "nothing has been written until now",
	}
	switch t := g.env.Tripwire; {
	case g.back():
		q.Text, q.Why = g.backText(chosen, target.Database)
	case t != nil:
		q.Text = fmt.Sprintf("on %s: %s. Type the database name", target.Database, t.Tells())
	}
	switch {
	case g.takeover.from != nil:
		q.Text, q.Why = g.takeover.text(target.Database)
	case !target.Production():
		q.Options = []string{"no", "yes"}
	}
	if err := g.questions.ask("run", q); err != nil || !g.order.Headless || g.phase != idle {
		return err
	}
	if g.run.Question(g.questions.confirmID()) != nil {
		g.finish(journal.RunFinished{
			Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "needs " + g.questions.confirmID() + ": the name of the database",
			Hint:    "put " + g.questions.confirmID() + " = \"" + target.Database + "\" into the answers file",
		})
	}
	return nil
}

// byCommand says which command runs it; "" = belay itself does.
func (g *engine) byCommand() string {
	if p := g.found.Plan; p != nil && p.Command != "" {
		return " by " + p.Command
	}
	return ""
}

func (g *engine) verb() string {
	if g.env.Backfill != nil {
		return "fill"
	}
	return "run"
}

func (g *engine) nothing() string {
	if g.back() {
		return "nothing is applied: nothing to take back"
	}
	return "nothing pending: nothing to do"
}

// backText is what the dialog of a rollback says: what is taken back, and what
// that costs.
func (g *engine) backText(versions []string, database string) (text, why string) {
	text = fmt.Sprintf("take %s back on %s%s? type the database name", strings.Join(versions, ", "), database,
		g.byCommand())
	f, _, _ := state.Get[fact.Rollback](g.run)
	for _, i := range f.Items {
		if i.ID == "way-back" || i.ID == "stays" {
			why += i.Text + ". "
		}
	}
	return text, why + "Nothing has been written until now"
}

// giveUp ends a headless look: what nobody can lift by an answer is 1, what a
// person must answer is 4. A failed step that asks can be lifted.
func (g *engine) giveUp(blocked []state.Step) error {
	for _, s := range blocked {
		if (s.Status == journal.Failed && !g.questions.asks(s.ID)) || len(g.questions.open()) == 0 {
			f := journal.RunFinished{Summary: s.ID + ": " + s.Summary, Hint: s.Hint}
			f.Exit, f.Outcome = endOf(s.Status)
			g.finish(g.leftOpen(f))
			return nil
		}
	}
	g.finish(g.questions.unanswered())
	return nil
}

// endOf is how a look ends over a step that is not done.
func endOf(s journal.Status) (int, journal.Outcome) {
	if s == journal.Asking || s == journal.Paused {
		return steps.ExitPerson, journal.OutcomePerson
	}
	return steps.ExitFailed, journal.OutcomeNotApplied
}

// reconnect looks again, now and then, while the server could not be reached.
func (g *engine) reconnect() {
	t, at, ok := state.Get[fact.Target](g.run)
	if !ok || t.Connected || !t.Retry || g.order.Headless {
		return
	}
	if g.now().Sub(at) >= g.patience.reconnect {
		g.queue.from(0)
	}
}
