package execute

import (
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/journal"
)

// ghostPatience is how long a statement inside a transaction may outlive its
// client before a person is asked: the server looks for the client once a second
// and then undoes it.
const ghostPatience = 3 * time.Second

// ghostPause is how often a ghost is looked at.
const ghostPause = 200 * time.Millisecond

// ghost decides about a backend that an earlier session of the run left on the
// server. One that runs nothing is ended; one that does is a person's to wait
// for, to cancel, or to leave.
func (r *runner) ghost(ctx context.Context, u *steps.Unit, g apply.Ghost, trace apply.Trace) error {
	if !g.Runs() {
		return r.endSession(ctx, g)
	}
	if u.Wrap != apply.OneByOne {
		rests, err := r.outlast(ctx, trace, ghostPatience)
		if rests || err != nil {
			return err
		}
	}
	answer, err := r.env.Engine.Ask(ctx, "run", journal.QuestionAsked{
		ID: "run.resolve", Options: []string{"wait", "cancel", "leave"}, Default: "wait",
		Text: fmt.Sprintf("%s: its statement was sent by a process that is gone, and still runs on the server: %s",
			u.Path, g),
		Why: blockedBy(g) + ". Only cancel ends it: waiting, leaving, stopping belay and a lost terminal do not.",
	})
	switch {
	case ctx.Err() != nil:
		return r.leftRunning(u)
	case err != nil:
		return err
	case answer == "leave":
		return r.leftRunning(u)
	case answer == "cancel":
		err := r.trio.Spare(ctx, func(c *db.Conn) error {
			_, err := db.CancelBackend(ctx, c, g.PID, g.Started)
			return err
		})
		if err != nil {
			return steps.Database("cancelling the earlier statement", err)
		}
	}
	if _, err = r.outlast(ctx, trace, 0); ctx.Err() != nil {
		return r.leftRunning(u)
	}
	return err
}

func blockedBy(g apply.Ghost) string {
	if g.Blocked == 0 {
		return "nobody is blocked by it"
	}
	return measure.Plural(g.Blocked, "session") + " wait for it"
}

func (r *runner) leftRunning(u *steps.Unit) error {
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: u.Migration.Version + " still runs on the server and was left alone",
		Advice:  "`belay attach " + r.env.Run + "` looks again",
	}
}

// outlast waits until the backend of a trace runs nothing any more, or is gone; a
// limit of 0 is none.
func (r *runner) outlast(ctx context.Context, trace apply.Trace, limit time.Duration) (rests bool, err error) {
	for began := time.Now(); ; {
		ghosts, err := apply.Ghosts(ctx, r.trio.Executor.Conn, trace)
		if err != nil {
			return false, steps.Database("looking for the earlier statement", err)
		}
		if len(ghosts) == 0 || !ghosts[0].Runs() {
			return true, nil
		}
		if limit > 0 && time.Since(began) >= limit {
			return false, nil
		}
		if err := r.pause(ctx, ghostPause); err != nil {
			return false, err
		}
	}
}

// endSession ends a session of an earlier engine that runs nothing, and waits for
// its end. Its client is gone, it can never commit, and it holds belay's lock.
func (r *runner) endSession(ctx context.Context, g apply.Ghost) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	ended := false
	err := r.trio.Spare(ctx, func(c *db.Conn) (err error) {
		ended, err = db.TerminateBackend(ctx, c, g.PID, g.Started)
		return err
	})
	if err != nil {
		return steps.Database("ending the earlier session", err)
	}
	if ended {
		if err := r.env.Note(ctx, "run", "ended the session of the client that is gone: %s", g); err != nil {
			return err
		}
	}
	trace := apply.Trace{PID: uint32(g.PID), BackendStart: g.Started}
	for {
		left, err := apply.Ghosts(ctx, r.trio.Executor.Conn, trace)
		if err != nil || len(left) == 0 || left[0].Runs() {
			return steps.Database("looking for the earlier session", err)
		}
		if err := r.pause(ctx, ghostPause); err != nil {
			return err
		}
	}
}

// endLeftSessions ends the executor sessions of this run's earlier engines that
// run nothing. This engine holds the journal, so theirs have ended.
func (r *runner) endLeftSessions(ctx context.Context) error {
	left, err := apply.GhostsOfRun(ctx, r.trio.Executor.Conn, r.env.Run, r.trio.Executor.PgConn().PID())
	if err != nil {
		return steps.Database("looking for earlier sessions", err)
	}
	for _, g := range left {
		if !g.Runs() {
			if err := r.endSession(ctx, g); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
