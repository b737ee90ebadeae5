package checklist

import (
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/steps"
	"belay/steps/journal"
)

// reconnectPatience is how long a lost server is waited for before its outcome
// stays unknown.
const reconnectPatience = 30 * time.Second

// unknown asks the database what became of a unit whose answer was lost. It is
// never guessed, and the statement is never sent again by this life of the run.
func (r *runner) unknown(ctx context.Context, i int, u steps.Unit, res apply.Result) error {
	// Also a stopped run must know how it ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*reconnectPatience)
	defer cancel()
	if err := r.recordEnd(ctx, i, u, res); err != nil {
		return err
	}
	if err := r.reconnect(ctx); err != nil {
		return &steps.Exit{
			Code: steps.ExitUnknown, Outcome: steps.OutcomeUnknown, Resumable: true,
			Summary: fmt.Sprintf("%s: outcome unknown: the answer was lost and the server cannot be asked: %v", u.Migration.Up.Path, err),
			Advice:  "`belay attach " + r.env.Run + "` asks the database as soon as it can be reached; run nothing again before",
		}
	}
	applied, err := r.probe(ctx, i, &u, res.Trace)
	if err != nil || applied {
		return err
	}
	return &steps.Exit{
		Code: steps.ExitFailed, Outcome: steps.OutcomeNotApplied, Resumable: true,
		Summary: fmt.Sprintf("%s: the connection was lost; the database says: not applied, nothing has changed", u.Migration.Up.Path),
		Advice:  "run it again",
	}
}

// reconnect opens three fresh connections, for a while.
func (r *runner) reconnect(ctx context.Context) error {
	deadline := time.Now().Add(reconnectPatience)
	_ = r.env.Sessions.CloseTrio()
	for {
		t, err := r.env.Sessions.Open(ctx, r.env.Run, "run")
		if err == nil {
			r.trio, r.x.Trio = t, t
			return nil
		}
		if time.Now().After(deadline) {
			message, _ := db.Explain(err)
			return fmt.Errorf("%s", message)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

// probe asks the database about a unit until it knows, or a person decides. It
// reports whether the unit is applied; where only some of its statements are,
// the unit goes on from the first that is not.
func (r *runner) probe(ctx context.Context, i int, u *steps.Unit, trace apply.Trace) (bool, error) {
	for {
		p, err := apply.Probe(ctx, r.trio.Executor.Conn, u.Unit, trace)
		if err != nil {
			return false, dbError("asking what became of "+u.Migration.Version, err)
		}
		if err := r.env.Engine.Record(ctx, "run", probed(i, u, p)); err != nil {
			return false, err
		}
		switch {
		case len(p.Ghosts) > 0:
			if err := r.ghost(ctx, u, p.Ghosts[0], trace); err != nil {
				return false, err
			}
		case p.Outcome == apply.Applied:
			return true, nil
		case p.Outcome == apply.NotApplied:
			u.From = p.From
			return false, nil
		default:
			return false, &steps.Exit{
				Code: steps.ExitUnknown, Outcome: steps.OutcomeUnknown, Resumable: true,
				Summary: fmt.Sprintf("%s: outcome unknown: %s", u.Migration.Up.Path, p.Why),
				Advice:  "look at what is named there; belay runs nothing again by itself",
			}
		}
	}
}

// probed is what the database answered, in the journal's words.
func probed(i int, u *steps.Unit, p apply.Evidence) journal.UnitProbed {
	said := journal.UnitProbed{Unit: i, Version: u.Migration.Version, Outcome: string(p.Outcome), Evidence: p.Why}
	if len(p.Ghosts) > 0 {
		said.Outcome, said.PID = "running", p.Ghosts[0].PID
	}
	return said
}

// ghost decides about a statement that an earlier engine left running on the
// server: wait for it, cancel it, or leave it.
func (r *runner) ghost(ctx context.Context, u *steps.Unit, g apply.Ghost, trace apply.Trace) error {
	answer, err := r.env.Engine.Ask(ctx, "run", journal.QuestionAsked{
		ID: "run.resolve", Options: []string{"wait", "cancel", "leave"}, Default: "wait",
		Text: fmt.Sprintf("%s still runs on the server: %s", u.Migration.Version, g),
		Why:  "wait: asks again until it is done; cancel: what it leaves behind is named afterwards; leave: ends here, nothing is touched",
	})
	if err != nil {
		return err
	}
	switch answer {
	case "wait":
		return r.outlast(ctx, trace)
	case "cancel":
		if _, err := db.CancelBackend(ctx, r.trio.Escape(), g.PID, g.Started); err != nil {
			return dbError("cancelling the earlier statement", err)
		}
		return r.outlast(ctx, trace)
	}
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Resumable: true, Summary: u.Migration.Version + " still runs on the server and was left alone",
		Advice: "`belay attach " + r.env.Run + "` looks again",
	}
}

// outlast waits until the backend of a trace is gone or idle.
func (r *runner) outlast(ctx context.Context, trace apply.Trace) error {
	for {
		ghosts, err := apply.Ghosts(ctx, r.trio.Executor.Conn, trace)
		if err != nil {
			return dbError("looking for the earlier statement", err)
		}
		if len(ghosts) == 0 {
			return nil
		}
		if err := r.pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

func (r *runner) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// dropInvalid offers to remove the INVALID index that a failed build left.
func (r *runner) dropInvalid(ctx context.Context, res apply.Result) (bool, error) {
	if len(res.Invalid) == 0 {
		return false, nil
	}
	for _, index := range res.Invalid {
		yes, err := r.yes(ctx, journal.QuestionAsked{
			ID:   "index.drop_invalid",
			Text: fmt.Sprintf("%s is INVALID, left by a build that failed: drop it and build again?", index.Name),
			Why:  "DROP INDEX CONCURRENTLY; an INVALID index is never used, and a unique one may already reject writes",
		})
		if err != nil || !yes {
			return false, err
		}
		if drop := r.x.DropInvalid(ctx, index); drop.Outcome != apply.Applied {
			return false, dbError("dropping the INVALID index", drop.Err)
		}
	}
	return true, nil
}
