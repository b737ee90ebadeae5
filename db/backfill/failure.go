package backfill

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/sqlview/measure"

	"github.com/jackc/pgx/v5/pgconn"
)

// narrow divides a range that holds a row which cannot be changed, down to that
// row. The zero value does nothing.
type narrow struct {
	// cap bounds the batch while it is above 0; left counts the keys of the range
	// that failed last.
	cap, left int
}

func (n *narrow) limit(rows int) int {
	if n.cap == 0 {
		return rows
	}
	return min(n.cap, rows)
}

// failed is told that a batch of so many keys failed; the next has a part of it.
func (n *narrow) failed(keys, parts int) { *n = narrow{cap: max(keys/parts, 1), left: keys} }

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
func (r *runner) recover(ctx context.Context, err error, keys int, took time.Duration) error {
	var asked *askedError
	if errors.As(err, &asked) {
		r.ctl.Pause(asked.by)
		return nil
	}
	aboutRow := db.Decided(err) && (db.Classify(err) == db.Data || db.SQLState(err) == raised)
	target, _ := r.ctl.pace(r.p.Spec)
	switch {
	case ctx.Err() == nil && db.Classify(err) == db.StatementCanceled && took >= r.limit(target, keys):
		return r.tooLong(ctx, err, keys, target)
	case aboutRow && r.s.lost():
		return r.reconnect(ctx, err)
	case errors.Is(err, errReplaced) && ctx.Err() == nil:
		pass, _ := strconv.Atoi(r.row.Upper[2])
		return r.beginPass(ctx, pass)
	case ctx.Err() != nil || !aboutRow:
		return r.retry(ctx, err)
	case keys > 1:
		r.narrow.failed(keys, 2)
		r.o.Tell(Event{Kind: Retrying, Leaf: r.row.Leaf, SQLState: db.SQLState(err),
			Message: fmt.Sprintf("%s: looking for the row, %s", message(err),
				measure.Plural(r.narrow.cap, "key"))})
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
	var stopped *PausedError
	if errors.As(err, &mismatch) || errors.As(err, &stopped) {
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
	var slow *slowRowError
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &slow):
		return slow.Error()
	case errors.As(err, &pg):
		return pg.Message
	}
	return db.Explained(err).Error()
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
		case db.SQLState(err) == "42P01", db.SQLState(err) == "3F000":
			return errors.Join(&MovedError{ID: r.id, Leaf: r.p.Relation}, fmt.Errorf("the ledger is gone: %w", err))
		case errors.As(err, &held), errors.As(err, &moved), db.Classify(err) == db.Authentication,
			db.Classify(err) == db.NoDatabase, db.Elsewhere(err):
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

func isFinal(err error) bool {
	var held *HeldError
	var moved *MovedError
	return errors.As(err, &held) || errors.As(err, &moved) ||
		db.Classify(err) == db.Authentication || db.Classify(err) == db.NoDatabase || db.Elsewhere(err)
}
