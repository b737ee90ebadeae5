package execute

import (
	"context"

	"belay/db/apply"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/journal"
)

// settle asks the database about every unit that an earlier engine left with an
// unknown outcome, and whether what it applied is still there. Of a run that was
// taken over every unit is asked for: the copy of its journal may end early.
func (r *runner) settle(ctx context.Context) error {
	adopted := r.ledger.Adopts != nil
	if !r.env.Resumed && !adopted {
		return nil
	}
	if err := r.endLeftSessions(ctx); err != nil {
		return err
	}
	for i, u := range r.plan.Units {
		intent, outcome := r.env.Engine.UnitOutcome(u.Migration.Version)
		if outcome == journal.OutcomeApplied || outcome == journal.OutcomeLost || u.Backfill != nil ||
			(intent == nil && !adopted) {
			continue // the ledger knows how far a backfill came
		}
		if outcome == journal.OutcomeNotApplied && u.Wrap != apply.OneByOne && !adopted {
			continue // undone as a whole; one by one, some of its statements may stand
		}
		if _, err := r.probe(ctx, i, &u, r.traceOf(&u, intent)); err != nil {
			return err
		}
		r.from[u.Migration.Version] = u.From
	}
	if err := r.resolveLost(ctx); err != nil {
		return err
	}
	return r.promoted(ctx, int64(r.folder.Confirmed.Timeline), r.target.Identity.Timeline)
}

// traceOf is where an earlier engine was in a unit, by its journal and, where the
// run is in the ledger, by the marks that it committed.
func (r *runner) traceOf(u *steps.Unit, i *journal.UnitIntent) apply.Trace {
	t := apply.Trace{Statement: -1}
	if i != nil {
		t = apply.Trace{
			PID: uint32(i.BackendPID), BackendStart: i.BackendStart, XID: i.XID, Timeline: i.Timeline,
			CommitSent: i.CommitSent, Statement: i.Statement, Files: i.Files, Aside: i.Aside,
		}
	}
	for n := range u.Statements {
		switch r.marks[ledger.StatementMark(u.Name, n)].State {
		case ledger.Intent:
			t.Statement = max(t.Statement, n)
		case ledger.Applied:
			t.Statement = max(t.Statement, n+1)
		}
	}
	return t
}
