package backfill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/ledger"
)

// pauseOnRow finds the key of the one row that fails and pauses.
func (r *runner) pauseOnRow(ctx context.Context, cause error) error {
	sql, args := r.q.bound(r.row.Last, r.q.near(r.row.Last, r.row.Upper, 1), 1, "")
	var key cursor
	err := r.s.asRole(ctx, func() error {
		rows, err := r.s.exec.Query(ctx, sql, args...)
		if err == nil {
			key, err = scanCursor(rows, len(r.q.columns()))
		}
		return err
	})
	if err != nil {
		return r.recover(ctx, err, 1, 0)
	}
	return r.pauseOn(ctx, cause, key)
}

// pauseOn pauses for a person because of an error.
func (r *runner) pauseOn(ctx context.Context, cause error, key cursor) error {
	p := &Problem{Leaf: r.row.Leaf, Key: key, SQLState: db.SQLState(cause), Message: message(cause)}
	reason := fmt.Sprintf("%s (SQLSTATE %s)", p.Message, p.SQLState)
	if key != nil {
		p.Columns = r.row.KeyCols[:len(key)]
		reason = fmt.Sprintf("row (%s) = (%s): %s", strings.Join(p.Columns, ", "), strings.Join(key, ", "), reason)
	}
	r.slow = 0
	r.ctl.Pause("an error")
	return r.pause(ctx, "an error", reason, p)
}

// pausedBy is how the ledger's reason of a pause begins that a person asked for.
const pausedBy = "paused by "

// RequestPause writes a pause into the ledger, for a backfill whose runner is out
// of reach: it stops before its next batch. ok is false where none of its rows
// is walked now.
func RequestPause(ctx context.Context, x ledger.Execer, id, by string) (ok bool, err error) {
	tag, err := x.Exec(ctx,
		`UPDATE belay.backfill SET state = 'paused', reason = $2, updated = pg_catalog.clock_timestamp()
		WHERE id = $1::text::uuid AND state = 'running'`, id, pausedBy+by)
	if err != nil {
		return false, fmt.Errorf("backfill %s: pause: %w", id, err)
	}
	return tag.RowsAffected() > 0, nil
}

// pause writes the reason down, closes every connection and waits for Resume.
func (r *runner) pause(ctx context.Context, by, reason string, problem *Problem) error {
	r.ctl.Pause(by)
	since := time.Now()
	r.write(ctx, reason)
	r.watch.stop()
	r.s.drop()
	r.ctl.publish(func(s *Snapshot) {
		s.State, s.PausedBy, s.Reason, s.PausedSince, s.Problem, s.Rate = Paused, by, reason, since, problem, 0
	})
	r.o.Tell(Event{Kind: PausedNow, Message: reason})
	if r.o.StopOnPause {
		return r.paused(problem, reason)
	}
	for {
		changed := r.ctl.wait()
		if _, paused := r.ctl.pausing(); !paused {
			return r.resume(ctx)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (r *runner) paused(problem *Problem, reason string) error {
	by, _ := r.ctl.pausing()
	return &PausedError{ID: r.id, By: by, Reason: reason, Problem: problem}
}

// write puts a reason into the ledger, if it can be reached.
func (r *runner) write(ctx context.Context, reason string) {
	if err := r.book.pause(ctx, reason); err != nil {
		r.o.Tell(Event{Kind: Noted, Message: "the pause is not in the ledger: " + message(err)})
	}
}

// resume connects again and goes on, unless another runner did.
func (r *runner) resume(ctx context.Context) error {
	for try := 1; ; try++ {
		err := r.rejoin(ctx)
		if err == nil {
			err = r.book.resume(ctx)
		}
		if err == nil {
			break
		}
		if db.Decided(err) || ctx.Err() != nil || isFinal(err) {
			return err
		}
		r.s.drop()
		if err := r.rest(ctx, backoff(try)); err != nil {
			return err
		}
	}
	r.watch.start(ctx)
	r.ctl.publish(func(s *Snapshot) {
		s.State, s.PausedBy, s.Reason, s.PausedSince, s.Problem = Running, "", "", time.Time{}, nil
	})
	r.o.Tell(Event{Kind: Resumed})
	return nil
}

// leave writes why it stops, where it stops before its end.
func (r *runner) leave(ctx context.Context, cause error) {
	var moved *MovedError
	var taken *ledger.TakenOverError
	var paused *PausedError
	if errors.As(cause, &moved) || errors.As(cause, &taken) || errors.As(cause, &paused) {
		return
	}
	r.s.undo(ctx)
	r.write(ctx, "stopped: "+message(cause))
}
