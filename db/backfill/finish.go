package backfill

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"belay/db"
	"belay/db/ledger"
)

// finish verifies, sweeps what was missed, analyzes and writes the end.
func (r *runner) finish(ctx context.Context) error {
	r.watch.allPassed()
	r.phase(Verifying)
	var swept int64
	for pass := 1; ; pass++ {
		v, err := r.verify(ctx, pass <= maxSweeps && r.p.sweeps)
		if err != nil {
			return err
		}
		swept += v.Swept
		v.Swept, v.Passes = swept, pass
		r.verified = v
		if v.Left == 0 || pass > maxSweeps || !r.p.sweeps {
			break
		}
	}
	r.ctl.publish(func(s *Snapshot) { v := r.verified; s.Verified = &v })
	r.o.Tell(Event{Kind: Checked, Rows: r.verified.Left, Message: r.verified.String()})
	r.phase(Analyzing)
	if err := r.analyze(ctx); err != nil {
		return err
	}
	return r.done(ctx)
}

// analyzeLimit is how long ANALYZE may take.
const analyzeLimit = 10 * time.Minute

// analyze gathers statistics of the new values. It is not worth a failure.
func (r *runner) analyze(ctx context.Context) error {
	if err := r.gate(ctx); err != nil {
		return err
	}
	defer r.s.exec.Patient(analyzeLimit)()
	_, err := r.s.exec.Exec(ctx, "SET statement_timeout = "+strconv.FormatInt(analyzeLimit.Milliseconds(), 10))
	if err == nil {
		err = r.s.asRole(ctx, func() error {
			_, err := r.s.exec.Exec(ctx, "ANALYZE "+r.p.Relation)
			return err
		})
	}
	if err != nil && ctx.Err() == nil {
		r.s.undo(ctx)
		r.o.Tell(Event{Kind: Noted, SQLState: db.SQLState(err), Message: "ANALYZE was not done: " + message(err)})
		r.verified.Unanalyzed = fmt.Sprintf("to look at: ANALYZE was not done (%s): run ANALYZE %s later", message(err),
			r.p.Relation)
		r.ctl.publish(func(s *Snapshot) { v := r.verified; s.Verified = &v })
		return nil
	}
	return context.Cause(ctx)
}

// Accept records a backfill as done although rows are left in it, with the reason
// of whoever takes that upon them. It is an error where nothing of it waits for
// that.
func Accept(ctx context.Context, x ledger.Execer, id, reason string) error {
	tag, err := x.Exec(ctx,
		`UPDATE belay.backfill SET state = 'done', reason = reason || '; accepted: ' || $2::text, updated = pg_catalog.clock_timestamp()
		WHERE id = $1::text::uuid AND state = 'passed'`, id, reason)
	if err == nil && tag.RowsAffected() == 0 {
		err = errors.New("it is done, or not there yet")
	}
	if err != nil {
		return fmt.Errorf("backfill %s: accept: %w", id, err)
	}
	return nil
}

// done writes the end into the ledger.
func (r *runner) done(ctx context.Context) error {
	for {
		var err error
		if r.s.lost() {
			err = r.rejoin(ctx)
		}
		if err == nil {
			err = r.book.done(ctx, r.verified)
		}
		if err == nil {
			break
		}
		if err := r.retry(ctx, err); err != nil {
			return err
		}
	}
	r.ctl.publish(func(s *Snapshot) {
		s.State, s.Phase, s.Progress, s.LeftLow, s.LeftHigh, s.Total, s.At = Done, Finished, 1, 0, 0, s.Rows, time.Now()
	})
	r.o.Tell(Event{Kind: Ended, Rows: r.result().Rows})
	return nil
}
