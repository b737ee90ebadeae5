package execute

import (
	"context"

	"belay/db/apply"
	"belay/steps/journal"
)

// tries tells of the tries of what is done beside the batches, from the first that has
// to wait: most have their lock at once, and nobody needs to hear of those.
func (f *filler) tries(ctx context.Context, what journal.Beside) apply.Teller {
	var begun *journal.AttemptStarted // not told yet
	waits := false
	start := func() error {
		if begun == nil {
			return nil
		}
		b := *begun
		begun, waits = nil, true
		return f.env().Engine.Record(ctx, "run", b)
	}
	t := &teller{env: f.env(), unit: f.i, u: f.u}
	return func(ev apply.Event) error {
		switch ev.Kind {
		case apply.AttemptStarted:
			l := f.env().Project.Limits
			begun = &journal.AttemptStarted{
				Unit: f.i, N: ev.Attempt, Of: l.Attempts, LockTimeoutMS: ev.LockTimeout.Milliseconds(),
				HoldMS: l.HoldBudget.Milliseconds(), Beside: &what,
			}
			if waits {
				return start()
			}
		case apply.Waiting:
			return start()
		case apply.AttemptEnded:
			ended := t.attempted(ev)
			ended.Beside = what.What
			if !waits && ended.Outcome == string(apply.Applied) {
				return nil
			}
			if err := start(); err != nil {
				return err
			}
			return f.env().Engine.Record(ctx, "run", ended)
		}
		return nil
	}
}
