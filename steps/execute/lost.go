package execute

import (
	"context"
	"errors"
	"fmt"

	"belay/db/apply"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/journal"
)

// lost is a unit that the journal says is applied and that this server does not
// have: a failover or a restore took it.
type lost struct {
	at   int
	unit steps.Unit
	why  string
	from int
}

// missingUnits asks for every unit that the journal says is applied. A unit that
// leaves no history row cannot be asked for; one that has its mark in the ledger
// is there.
func (r *runner) missingUnits(ctx context.Context) ([]lost, error) {
	var all []lost
	for i, u := range r.plan.Units {
		_, outcome := r.env.Engine.UnitOutcome(u.Migration.Version)
		if (outcome != journal.OutcomeApplied && outcome != journal.OutcomeLost) || u.Mark.SQL == "" ||
			r.marks[u.Name].State == ledger.Applied {
			continue
		}
		p, err := r.evidence(ctx, &u, apply.Trace{Statement: -1})
		if err != nil {
			return nil, err
		}
		if p.Outcome == apply.Applied {
			continue
		}
		said := probed(i, &u, p)
		if u.Wrap != apply.OneByOne {
			p.Why = "the history table does not have it"
		}
		said.Outcome, said.Evidence = journal.OutcomeLost, "it was applied, and now "+p.Why
		if err := r.env.Engine.Record(ctx, "run", said); err != nil {
			return nil, err
		}
		all = append(all, lost{i, u, p.Why, p.From})
	}
	return all, nil
}

// stillThere ends a run whose applied units are not all there any more.
func (r *runner) stillThere(ctx context.Context) error {
	all, err := r.missingUnits(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	return r.isLost(all[0])
}

func (r *runner) isLost(l lost) *steps.Exit {
	return &steps.Exit{
		Code: steps.ExitUnknown, Outcome: journal.OutcomeUnknown,
		Summary: fmt.Sprintf("%s: lost: it was applied, and now %s", l.unit.Migration.Up.Path, l.why),
		Advice: "a failover or a restore took it, and perhaps more: look first; `belay attach " + r.env.Run +
			"` runs it again once you say so (run.lost)",
	}
}

// resolveLost asks about each lost unit. It is never run again but by a person's
// word.
func (r *runner) resolveLost(ctx context.Context) error {
	all, err := r.missingUnits(ctx)
	if err != nil {
		return err
	}
	for _, l := range all {
		answer, err := r.env.Engine.Ask(ctx, "run", journal.QuestionAsked{
			ID: "run.lost", Options: []string{"leave", "again"}, Default: "leave",
			Text: fmt.Sprintf("%s was applied and this server does not have it: %s", l.unit.Migration.Version, l.why),
			Why:  "a failover or a restore took it, and perhaps rows of the application with it",
		})
		var unattended *steps.Exit
		switch {
		case errors.As(err, &unattended) && r.env.Headless:
			return r.isLost(l)
		case err != nil:
			return err
		case answer != "again":
			return r.isLost(l)
		}
		r.from[l.unit.Migration.Version] = l.from
	}
	return nil
}

// promoted asks whether to go on where another server was promoted since: the
// address may be the same, the history of the data is not.
func (r *runner) promoted(ctx context.Context, was, now int64) error {
	if was == 0 || now == 0 || was == now {
		return nil
	}
	yes, err := r.yes(ctx, journal.QuestionAsked{
		ID: "target.timeline",
		Text: fmt.Sprintf("another server was promoted since this run began (timeline %d, now %d): go on here?", was,
			now),
		Why: "what the journal says is applied is there; what the application wrote last may be lost",
	})
	if err != nil || yes {
		return err
	}
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "left as it is: another server was promoted since this run began",
		Advice:  "`belay attach " + r.env.Run + "` goes on later",
	}
}
