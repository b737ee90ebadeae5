package backfill

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/sqlview/measure"
)

// A batch that takes longer than limitTimes its target, and than a part of what
// one row may take, is undone by the server and divided. One row cannot be made
// smaller: it gets all of its limit.
const (
	limitTimes = 10
	limitPart  = 5
	rowLimit   = 5 * time.Second
	slowParts  = 10
)

// How much too long a batch is, and how many in a row, before that is said.
const (
	missesOf = 1.5
	manyMiss = 3
)

// limit is the server's own end of a statement over so many rows.
func (b *batches) limit(target time.Duration, rows int) time.Duration {
	one := cmp.Or(b.oneRow, rowLimit)
	if rows > 1 {
		one /= limitPart
	}
	return max(limitTimes*target, one)
}

// tooLong deals with a batch that the server ended because it took too long. A
// wait for a lock ends before, and for another reason.
func (r *runner) tooLong(ctx context.Context, err error, keys int, target time.Duration) error {
	if _, paused := r.ctl.pausing(); paused {
		return nil // canceled by whoever paused
	}
	if keys > 1 {
		r.narrow.failed(keys, slowParts)
		r.o.Tell(Event{Kind: Retrying, Leaf: r.row.Leaf, SQLState: db.SQLState(err),
			Message: fmt.Sprintf("%d rows took over %s and were undone: %d at once from here", keys,
				r.limit(target, keys), r.narrow.cap)})
		return nil
	}
	if r.slow++; r.slow == 1 {
		r.narrow.failed(1, 1)
		r.o.Tell(Event{Kind: Retrying, Leaf: r.row.Leaf, SQLState: db.SQLState(err),
			Message: fmt.Sprintf("one row took over %s and was undone: once more", r.limit(target, 1))})
		return nil
	}
	return r.pauseOnRow(ctx, &slowRowError{r.limit(target, 1), r.limit(MaxBatchTime, 1), err})
}

// slowRowError says that one row alone takes longer than a row may be locked.
type slowRowError struct {
	limit, most time.Duration
	err         error
}

func (e *slowRowError) Error() string {
	s := fmt.Sprintf("this row alone takes over %s: see what its triggers and the statement's subqueries do, fix it "+
		"and go on", e.limit)
	if e.most > e.limit {
		s += fmt.Sprintf("; with a batch time of %s it may take %s", MaxBatchTime, e.most)
	}
	return s
}

func (e *slowRowError) Unwrap() error { return e.err }

// missed says once that batches take longer than they should, and by what.
func (r *runner) missed(m measured, target time.Duration) {
	if float64(m.took) <= missesOf*float64(target) {
		r.misses = 0
		return
	}
	if r.misses++; r.misses != manyMiss {
		return
	}
	why := measure.Plural(m.keys, "row") + " at once"
	switch rest := m.commit + m.wire; {
	case rest > m.took/2 && m.commit > m.wire:
		why = fmt.Sprintf("its COMMIT takes %s", m.commit.Round(time.Millisecond))
	case rest > m.took/2:
		why = fmt.Sprintf("its round trips take %s", m.wire.Round(time.Millisecond))
	case m.keys == 1:
		why = "one row takes that long"
	}
	r.o.Tell(Event{Kind: Noted, Leaf: r.row.Leaf,
		Message: fmt.Sprintf("a batch takes %s, not %s: %s", m.took.Round(time.Millisecond), target, why)})
}
