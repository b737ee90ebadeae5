package engine

import (
	"fmt"
	"slices"
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
	if g.interrupted() {
		return false, nil
	}
	if again, err := g.adoption(); err != nil || again {
		return false, err
	}
	if g.approved != nil && g.alone() {
		return true, g.heldBack()
	}
	if g.approved != nil && !g.fresh && g.aged() {
		g.fresh = true
		g.lookFrom(0)
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
	if len(blocked) == 0 {
		if g.run.Opened != nil {
			return false, g.openRun()
		}
		err := g.askConfirm()
		return g.phase == idle, err
	}
	if q := g.run.Question(g.confirmID()); q != nil {
		if err := g.record("run", "", journal.QuestionWithdrawn{
			ID: g.confirmID(), Why: blocked[0].Summary,
		}); err != nil {
			return true, err
		}
	}
	if g.order.Headless {
		return true, g.giveUp(blocked)
	}
	return true, nil
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
			if s.Look != nil && (g.demands(s.ID) || have.Status == journal.Failed) {
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

// demands reports whether a step asks for something that a run cannot begin
// without, in its look.
func (g *engine) demands(step string) bool {
	for _, q := range g.run.Questions {
		if q.Step == step && q.ID != g.confirmID() && !q.Preset {
			return true
		}
	}
	return false
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
		ID: g.confirmID(), Dialog: true, Expect: target.Database, Options: []string{"no"}, Default: "no",
		Text: fmt.Sprintf("%s %s on %s? type the database name", g.verb(), strings.Join(chosen, ", "), target.Database),
		Why:  "nothing has been written until now",
	}
	if g.back() {
		q.Text, q.Why = g.backText(chosen, target.Database)
	}
	switch {
	case g.adopts != nil:
		q.Text, q.Why = g.takeoverText(target.Database)
	case !target.Production():
		q.Options = []string{"no", "yes"}
	}
	if err := g.ask("run", q); err != nil || !g.order.Headless || g.phase != idle {
		return err
	}
	if g.run.Question(g.confirmID()) != nil {
		g.finish(journal.RunFinished{
			Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "needs " + g.confirmID() + ": the name of the database",
			Hint:    "put " + g.confirmID() + " = \"" + target.Database + "\" into the answers file",
		})
	}
	return nil
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
	text = fmt.Sprintf("take %s back on %s? type the database name", strings.Join(versions, ", "), database)
	f, _, _ := state.Get[fact.Rollback](g.run)
	for _, i := range f.Items {
		if i.ID == "way-back" {
			why += i.Text + ". "
		}
	}
	return text, why + "Nothing has been written until now"
}

// giveUp ends a headless look: what nobody can lift by an answer is 1, what a
// person must answer is 4. A failed step that asks can be lifted.
func (g *engine) giveUp(blocked []state.Step) error {
	for _, s := range blocked {
		if (s.Status == journal.Failed && !g.asks(s.ID)) || len(g.openQuestions()) == 0 {
			g.finish(g.leftOpen(journal.RunFinished{
				Exit: exitOf(s.Status), Outcome: journal.OutcomeNotApplied, Summary: s.ID + ": " + s.Summary,
				Hint: s.Hint,
			}))
			return nil
		}
	}
	g.finish(g.unanswered())
	return nil
}

// unanswered is the end of a look whose questions nobody answers.
func (g *engine) unanswered() journal.RunFinished {
	var asked []string
	for _, q := range g.openQuestions() {
		asked = append(asked, q.ID+": "+q.Text)
	}
	return journal.RunFinished{
		Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "needs an answer to " + strings.Join(asked, "; ") + " (nothing has changed)",
		Hint:    "give it with --answers FILE; `belay explain questions` says what each one means",
	}
}

// asks reports whether a step has an open question.
func (g *engine) asks(step string) bool {
	return slices.ContainsFunc(g.run.Questions, func(q state.Question) bool { return q.Step == step && !q.Preset })
}

func exitOf(s journal.Status) int {
	if s == journal.Asking || s == journal.Paused {
		return steps.ExitPerson
	}
	return steps.ExitFailed
}

// lookTries is how often a look is taken anew whose connection was lost in the
// middle. Each time another step may be the one that met it, or lack what it asked.
const lookTries = 3

// interrupted takes a look anew that lost its connection in the middle. Where the
// server is away the next look finds that out, and says so.
func (g *engine) interrupted() bool {
	if g.env.Sessions.Losses() == g.losses {
		g.tries = 0
		return false
	}
	if g.tries++; g.tries > lookTries {
		g.tries = 0
		return false
	}
	g.lookFrom(0)
	return true
}

// reconnect looks again, now and then, while the server could not be reached.
func (g *engine) reconnect() {
	t, at, ok := state.Get[fact.Target](g.run)
	if !ok || t.Connected || !t.Retry || g.order.Headless {
		return
	}
	if g.now().Sub(at) >= g.patience.reconnect {
		g.again.from(0)
	}
}
