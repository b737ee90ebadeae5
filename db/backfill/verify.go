package backfill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/sqlview/measure"

	"github.com/jackc/pgx/v5"
)

// Verified is what a look at every row found at the end.
type Verified struct {
	// Possible is "" where every row could be judged, else why none could.
	Impossible string `json:"impossible,omitempty"`
	// Left is how many rows the statement would still change.
	Left int64 `json:"left"`
	// Differ counts rows that are not as the statement would make them and that
	// are left alone: the guard does not select them, or the application wrote them
	// so.
	Differ int64 `json:"differ"`
	// Triggers fire before a row is changed: what differs may be of their making.
	Triggers []string `json:"triggers,omitempty"`
	// Swept is how many rows the sweep changed; they are in Rows too.
	Swept int64 `json:"swept"`
	// Rows is how many rows were looked at; Passes how often.
	Rows   int64 `json:"rows"`
	Passes int   `json:"passes"`
	// Unanalyzed says that there are no statistics of the new values, why, and what
	// makes them; "" = ANALYZE was done.
	Unanalyzed string `json:"unanalyzed,omitempty"`
}

const (
	// verifyTime is how long one range of the verify should take, as a batch
	// usually does: what a sweep changes in it stays locked that long.
	verifyTime = DefaultBatchTime
	verifyRows = 500
	verifyMost = 1_000_000
	// maxSweeps bounds how often rows that were found are changed and looked at
	// again.
	maxSweeps = 3
)

// meddlers are the triggers that may make a changed row other than the statement says.
func (p *Plan) meddlers() (all []string) {
	for _, t := range p.Facts.Triggers {
		if t.Update && t.Before && t.fires() && !strings.HasPrefix(t.Name, triggerPrefix) {
			all = append(all, t.Name)
		}
	}
	return all
}

// count counts the rows of a range: all, those left, those that differ.
func (q rangeSQL) count(p *Plan, lo, hi cursor) (string, []any) {
	where, args := q.within(lo, hi)
	return fmt.Sprintf("SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE %s), pg_catalog.count(*) "+
		"FILTER (WHERE %s) FROM %s WHERE %s",
		p.leftIn(q.leaf), p.strays(q.leaf), q.from(), where), args
}

func (p *Plan) guardReadsTarget() bool {
	for _, c := range p.Statement.guardColumns {
		if p.Statement.sets(c) {
			return true
		}
	}
	return false
}

// walker goes over a leaf by ranges for reading.
type walker struct {
	q       rangeSQL
	c       *db.Conn
	lo, end cursor
	rows    int
	took    time.Duration // of the latest range
}

// next gives the next range; ok is false behind the last.
func (w *walker) next(ctx context.Context) (hi cursor, ok bool, err error) {
	if w.end == nil || slices.Equal(w.lo, w.end) {
		return nil, false, nil
	}
	if w.q.leaf.Key.ByPlace() {
		return w.q.near(w.lo, w.end, w.rows), true, nil
	}
	hi, err = w.bound(ctx, w.end, w.rows, "")
	return hi, true, err
}

// bound is the key of the rows-th row from lo on for which only holds, or hi where
// there are fewer.
func (w *walker) bound(ctx context.Context, hi cursor, rows int, only string) (cursor, error) {
	sql, args := w.q.bound(w.lo, hi, rows, only)
	n := len(w.q.columns())
	var key cursor
	err := queryTeam(ctx, w.c, keyText, func(found pgx.Rows) (err error) {
		key, err = scanCursor(found, n)
		return err
	}, sql, args...)
	if key == nil || err != nil {
		return hi, err
	}
	return append(key, w.end[n:]...), err // a place's file and pass come behind it
}

// paced adapts the range to the time a read should take.
func (w *walker) paced() {
	want := float64(w.rows) * float64(verifyTime) / float64(max(w.took, time.Millisecond))
	w.rows = int(min(max(want, float64(w.rows)/10, 1), float64(w.rows)*4, verifyMost))
}

// counted is what a range holds.
type counted struct{ rows, left, differ int64 }

func (w *walker) count(ctx context.Context, p *Plan, hi cursor) (n counted, err error) {
	sql, args := w.q.count(p, w.lo, hi)
	begun := time.Now()
	err = one(ctx, w.c, []any{&n.rows, &n.left, &n.differ}, sql, args...)
	w.took = time.Since(begun)
	return n, err
}

// Verify looks at every row of the plan's leaves as they are now and changes
// nothing. It reads by ranges, each in a snapshot of its own.
func Verify(ctx context.Context, c *db.Conn, p *Plan) (Verified, error) {
	out := Verified{Impossible: p.Verifiable, Passes: 1, Triggers: p.meddlers()}
	if p.left == "" {
		return out, nil
	}
	if _, err := db.Set(ctx, c, db.ForSession, sessionSettings); err != nil {
		return out, fmt.Errorf("backfill: verify: %w", err)
	}
	err := as(ctx, c, p.Spec.Role, func() error {
		for _, l := range p.Leaves {
			if err := out.add(ctx, c, p, l); err != nil {
				return fmt.Errorf("backfill: verify %s: %w", l.Name, err)
			}
		}
		return nil
	})
	return out, err
}

// add counts the rows of a leaf.
func (v *Verified) add(ctx context.Context, c *db.Conn, p *Plan, l Leaf) error {
	q := newRangeSQL(p, l)
	end, err := freeze(ctx, c, q)
	w := &walker{q: q, c: c, end: end, rows: verifyRows}
	for more := true; more && err == nil; {
		more, err = w.look(ctx, p, v, 0, nil)
	}
	return err
}

// look adds up one range and moves on. Where rows are left in it and sweep is
// given, the range is made to hold about most of them, and swept.
func (w *walker) look(ctx context.Context, p *Plan, v *Verified, most int,
	sweep func(lo, hi cursor) error) (more bool, err error) {
	hi, ok, err := w.next(ctx)
	if err != nil || !ok {
		return false, err
	}
	n, err := w.count(ctx, p, hi)
	if err != nil {
		return false, err
	}
	w.paced()
	if sweep != nil && n.left > int64(most) {
		if hi, err = w.bound(ctx, hi, most, p.leftIn(w.q.leaf)); err == nil {
			n, err = w.count(ctx, p, hi)
		}
		if err != nil {
			return false, err
		}
		w.rows = min(w.rows, max(int(2*n.rows), 1))
	}
	if sweep != nil && n.left > 0 {
		if err := sweep(w.lo, hi); err != nil {
			return false, err
		}
	}
	v.Rows, v.Left, v.Differ = v.Rows+n.rows, v.Left+n.left, v.Differ+n.differ
	w.lo = hi
	return true, nil
}

// String is one line for a person.
func (v Verified) String() string {
	if v.Unanalyzed != "" {
		return v.found() + "; " + v.Unanalyzed
	}
	return v.found()
}

func (v Verified) found() string {
	switch {
	case v.Impossible != "":
		return "not verified by value: " + v.Impossible
	case v.Left > 0:
		return measure.Rows(v.Left) + " left that the statement would change"
	case v.Differ > 0:
		said := fmt.Sprintf("0 rows left; %s %s and %s left alone: the WHERE does not select %[4]s, or the "+
			"application wrote %[4]s so", measure.Rows(v.Differ),
			measure.Verb(v.Differ, "differs", "differ"), measure.Verb(v.Differ, "is", "are"),
			measure.Verb(v.Differ, "it", "them"))
		if len(v.Triggers) > 0 {
			said += ", or they are as trigger " + strings.Join(v.Triggers, ", ") + " makes them: look at a few"
		}
		return said
	}
	return "0 rows left of " + measure.Grouped(v.Rows)
}

// verify is one look at every row; with sweep, what is left is changed at once.
func (r *runner) verify(ctx context.Context, sweep bool) (Verified, error) {
	v := Verified{Impossible: r.p.Verifiable, Triggers: r.p.meddlers()}
	if r.p.left == "" {
		return v, nil
	}
	for i := range r.rows {
		if err := r.take(i); err != nil {
			return v, err
		}
		r.watch.allPassed()
		if err := r.verifyLeaf(ctx, &v, sweep); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (r *runner) verifyLeaf(ctx context.Context, v *Verified, sweep bool) error {
	w := &walker{q: r.q, rows: min(max(r.size.rows, 1), verifyRows)}
	var change func(lo, hi cursor) error
	if sweep {
		change = func(lo, hi cursor) error {
			n, err := r.sweep(ctx, lo, hi)
			v.Swept += n
			return err
		}
	}
	for {
		err := r.gate(ctx)
		if err != nil {
			return err
		}
		w.c = r.s.exec
		more := true
		err = as(ctx, w.c, r.p.Spec.Role, func() (err error) {
			if w.end == nil {
				if w.end, err = freeze(ctx, w.c, w.q); err != nil {
					return err
				}
			}
			more, err = w.look(ctx, r.p, v, r.size.rows, change)
			return err
		})
		r.lastTook = w.took
		if err != nil {
			r.s.undo(ctx)
			if err := r.retry(ctx, err); err != nil {
				return err
			}
			continue
		}
		r.ctl.publish(func(s *Snapshot) { s.Checked, s.ToCheck = v.Rows, max(r.p.Rows, v.Rows) })
		if !more {
			return nil
		}
	}
}
