package backfill

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"belay/db"
	"belay/db/ledger"

	"github.com/jackc/pgx/v5/pgconn"
)

// narrow halves a range that holds a row which cannot be changed, down to that
// row. The zero value does nothing.
type narrow struct {
	// cap bounds the batch while it is above 0; left counts the keys of the range
	// that failed first.
	cap, left int
}

func (n *narrow) limit(rows int) int {
	if n.cap == 0 {
		return rows
	}
	return min(n.cap, rows)
}

// failed is told that a batch of so many keys failed.
func (n *narrow) failed(keys int) {
	if n.cap == 0 {
		n.left = keys
	}
	n.cap = max(keys/2, 1)
}

// done is told that a batch of so many keys went through.
func (n *narrow) done(keys int) {
	if n.cap == 0 {
		return
	}
	if n.left -= keys; n.left <= 0 {
		*n = narrow{}
	}
}

// manyTries is from when on a range that does not go through is shown as a wait.
const manyTries = 5

// manyLosses is how often in a row the connection may be lost at one place,
// with a server that takes new ones, before a person is asked.
const manyLosses = 30

// raised is what a function of the team's raises about a row.
const raised = "P0001"

// recover decides what a failed batch means. nil = go on; the transaction is
// gone.
func (r *runner) recover(ctx context.Context, err error, keys int) error {
	aboutRow := db.Decided(err) && (db.Classify(err) == db.Data || db.SQLState(err) == raised)
	switch {
	case aboutRow && r.s.lost():
		return r.reconnect(ctx, err)
	case errors.Is(err, errReplaced) && ctx.Err() == nil:
		pass, _ := strconv.Atoi(r.row.Upper[2])
		return r.beginPass(ctx, pass)
	case ctx.Err() != nil || !aboutRow:
		return r.retry(ctx, err)
	case keys > 1:
		r.narrow.failed(keys)
		r.o.Tell(Event{Kind: Retrying, Leaf: r.row.Leaf, SQLState: db.SQLState(err),
			Message: fmt.Sprintf("%s: looking for the row, %d keys", message(err), r.narrow.cap)})
		return nil
	}
	return r.pauseOnRow(ctx, err)
}

// retry is recover for what is not about one row.
func (r *runner) retry(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var moved *MovedError
	var taken *ledger.TakenOverError
	if errors.As(err, &moved) || errors.As(err, &taken) {
		return err
	}
	var mismatch *MismatchError
	if errors.As(err, &mismatch) {
		return err
	}
	if !db.Decided(err) {
		if r.losses++; r.losses > manyLosses {
			r.losses = 0
			return r.pauseOn(ctx, err, nil)
		}
		return r.reconnect(ctx, err)
	}
	if _, paused := r.ctl.pausing(); paused && db.Classify(err) == db.StatementCanceled {
		return nil // canceled by whoever paused
	}
	if retriable(db.Classify(err)) {
		return r.again(ctx, err)
	}
	return r.pauseOn(ctx, err, nil)
}

// again waits and lets the same range be tried, with fewer rows.
func (r *runner) again(ctx context.Context, err error) error {
	r.tries++
	r.size.halve()
	r.o.Tell(Event{Kind: Retrying, Leaf: r.row.Leaf, SQLState: db.SQLState(err), Message: r.againMessage(err)})
	r.watch.refused(r.tries, message(err))
	return r.rest(ctx, backoff(r.tries))
}

func (r *runner) againMessage(err error) string {
	s := fmt.Sprintf("%s: the same range again, try %d", message(err), r.tries+1)
	if who := r.watch.blockers(); r.tries >= manyTries && who != "" {
		s += "; waits for " + who
	}
	return s
}

func message(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Message
	}
	return err.Error()
}

// reconnect finds the server again and asks the state row where to go on: it
// also knows whether a COMMIT without an answer took effect.
func (r *runner) reconnect(ctx context.Context, cause error) error {
	r.s.drop()
	r.o.Tell(Event{Kind: Retrying, Message: "connection lost: " + message(cause)})
	for try := 1; ; try++ {
		err := r.rejoin(ctx)
		var held *HeldError
		var moved *MovedError
		switch {
		case err == nil:
			r.o.Tell(Event{Kind: Noted, Message: "connected again; the cursor stands where the database says"})
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &held), errors.As(err, &moved), db.Classify(err) == db.Authentication, db.Classify(err) == db.NoDatabase:
			return err
		}
		r.s.drop()
		r.watch.refused(try, "no connection: "+message(err))
		if _, paused := r.ctl.pausing(); paused && r.o.StopOnPause {
			return r.paused(nil, "")
		}
		if err := r.rest(ctx, backoff(try)/4); err != nil {
			return err
		}
	}
}

func (r *runner) rejoin(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, 2*ghostPatience)
	defer cancel()
	if err := r.s.open(limited); err != nil {
		return err
	}
	r.watch.works(r.s.pid())
	if err := r.s.lock(limited, r.p); err != nil {
		return err
	}
	return r.reload(limited, true)
}

// pauseOnRow finds the key of the one row that fails and pauses.
func (r *runner) pauseOnRow(ctx context.Context, cause error) error {
	sql, args := r.q.bound(r.row.Last, r.q.near(r.row.Last, r.row.Upper, 1), 1)
	rows, err := r.s.exec.Query(ctx, sql, args...)
	if err != nil {
		return r.recover(ctx, err, 1)
	}
	key, err := scanCursor(rows, len(r.q.columns()))
	if err != nil {
		return r.recover(ctx, err, 1)
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
	r.ctl.Pause("an error")
	return r.pause(ctx, "an error", reason, p)
}

const pauseSQL = `UPDATE belay.backfill SET state = CASE state WHEN 'running' THEN 'paused' ELSE state END,
	reason = $2, updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND epoch = $3 AND state <> 'done'`

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
	if r.s.lost() || len(r.rows) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if _, err := r.s.exec.Exec(ctx, pauseSQL, r.id, reason, r.rows[0].Epoch); err != nil {
		r.o.Tell(Event{Kind: Noted, Message: "the pause is not in the ledger: " + message(err)})
	}
}

const resumeSQL = `UPDATE belay.backfill SET
	paused_ms = paused_ms + CASE WHEN state = 'paused' OR reason <> ''
	  THEN (extract(epoch FROM pg_catalog.clock_timestamp() - updated) * 1000)::bigint ELSE 0 END,
	state = CASE state WHEN 'paused' THEN 'running' ELSE state END, reason = '', updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND epoch = $2 AND state <> 'done'`

// resume connects again and goes on, unless another runner did.
func (r *runner) resume(ctx context.Context) error {
	for try := 1; ; try++ {
		err := r.rejoin(ctx)
		if err == nil {
			_, err = r.s.exec.Exec(ctx, resumeSQL, r.id, r.rows[0].Epoch)
		}
		if err == nil {
			err = r.reload(ctx, true)
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

func isFinal(err error) bool {
	var held *HeldError
	var moved *MovedError
	return errors.As(err, &held) || errors.As(err, &moved) ||
		db.Classify(err) == db.Authentication || db.Classify(err) == db.NoDatabase
}

// leave writes why it stops, where it stops before its end.
func (r *runner) leave(ctx context.Context, cause error) {
	var moved *MovedError
	var taken *ledger.TakenOverError
	var paused *PausedError
	if errors.As(cause, &moved) || errors.As(cause, &taken) || errors.As(cause, &paused) {
		return
	}
	r.undo(ctx)
	r.write(ctx, "stopped: "+message(cause))
}
