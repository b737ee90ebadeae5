package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"belay/db"
	"belay/db/ledger"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// MovedError says that another runner moved this backfill's cursor or took it
// over. The transaction that saw it was rolled back.
type MovedError struct{ ID, Leaf, Owner string }

// Error says who has it now, where that is known.
func (e *MovedError) Error() string {
	s := "backfill " + e.ID + " of " + e.Leaf + " goes on elsewhere"
	if e.Owner != "" {
		s += ": " + e.Owner
	}
	return s
}

// Hint is what to do now.
func (e *MovedError) Hint() string { return "nothing more is sent from here; watch it there" }

// batch is one transaction: fence, bound, rows, cursor.
type batch struct {
	hi cursor
	measured
	rows  int64
	whole bool // hi is the upper key
}

const beginSQL = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

// limitsSQL sets what bounds a batch also where its client is gone. How long its
// COMMIT waits is the server's own: what a crash takes of the rows it takes of the
// cursor.
const limitsSQL = `SELECT pg_catalog.set_config('lock_timeout', '200', true), pg_catalog.set_config('row_security', 'off', true),
	pg_catalog.set_config('idle_in_transaction_session_timeout', '30000', true), pg_catalog.set_config('statement_timeout', $1, true),
	pg_catalog.set_config('synchronous_commit', $2, true)`

const cursorFenceSQL = `SELECT batches, epoch, CASE state WHEN 'paused' THEN reason ELSE '' END
	FROM belay.backfill WHERE id = $1::text::uuid AND leaf = $2 FOR UPDATE`

const moveSQL = `UPDATE belay.backfill SET last_key = $3, done_rows = done_rows + $4, batches = batches + 1,
	batch_rows = $5, state = CASE WHEN $6 THEN 'passed' ELSE 'running' END, reason = '', updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND leaf = $2`

// batches are the transactions of the leaf in hand: each checks that the backfill is
// still ours, changes rows, and moves the cursor beside them.
type batches struct {
	*book
	q      rangeSQL
	size   *sizer
	narrow narrow
	// oneRow is how long one row may take; 0 = rowLimit.
	oneRow time.Duration
	// roundTrip is the shortest answer of the server.
	roundTrip time.Duration
}

// fenced begins a transaction whose statements end after limit, and checks every
// fence; then it asks query, if any, in the same round trip. On an error the
// transaction may be open.
func (b *batches) fenced(ctx context.Context, limit time.Duration, query string, args []any,
	scan func(pgx.Rows) error) error {
	var all pgx.Batch
	all.Queue(beginSQL)
	all.Queue(limitsSQL, strconv.FormatInt(limit.Milliseconds(), 10), b.s.commit)
	b.s.queueRole(&all, b.s.own)
	claims := b.claims()
	held := make([]int, len(claims))
	for i, c := range claims {
		all.Queue(ledger.FenceSQL, c.Run, c.Epoch).QueryRow(func(row pgx.Row) error { return none(row.Scan(&held[i])) })
	}
	var moved, epoch int64
	var asked string
	all.Queue(cursorFenceSQL, b.row.ID, b.row.Leaf).QueryRow(func(row pgx.Row) error {
		return none(row.Scan(&moved, &epoch, &asked))
	})
	b.s.queueRole(&all, b.s.role)
	if query != "" {
		all.Queue(query, args...).Query(scan)
	}
	if err := b.s.exec.SendAll(ctx, &all); err != nil {
		return err
	}
	if i := slices.Index(held, 0); i >= 0 {
		return b.taken(ctx, claims[i])
	}
	if moved != b.row.Batches || int(epoch) != b.row.Epoch {
		return b.moved(ctx)
	}
	if asked != "" {
		return &askedError{by: strings.TrimPrefix(asked, pausedBy)}
	}
	return nil
}

// askedError says that somebody wrote a pause into the ledger.
type askedError struct{ by string }

func (e *askedError) Error() string { return pausedBy + e.by }

func none(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// run changes the next keys rows behind the cursor. On an error nothing of it stays,
// unless the error is not the server's: then the state row tells.
func (b *batches) run(ctx context.Context, keys int, target time.Duration) (batch, error) {
	begun := time.Now()
	out := batch{measured: measured{keys: keys}}
	var err error
	if out.hi, out.whole, err = b.next(ctx, keys, b.limit(target, keys)); err != nil {
		return out, err
	}
	b.answered(time.Since(begun))
	sql, args := b.q.update(b.row.Last, out.hi, b.q.extra(b.p, b.row.Upper))
	tag, err := execTeam(ctx, b.s.exec, sql, args...)
	if err != nil {
		return out, err
	}
	out.rows = tag.RowsAffected()
	changed := time.Now()
	err = b.commit(ctx, moveSQL, b.row.ID, b.row.Leaf, []string(out.hi), out.rows, b.size.rows, out.whole)
	if err != nil {
		return out, err
	}
	out.took, out.commit, out.wire = time.Since(begun), time.Since(changed), 2*b.roundTrip
	return out, nil
}

// answered learns how long a round trip takes: no longer than the shortest answer
// to the first messages of a batch.
func (b *batches) answered(took time.Duration) {
	if b.roundTrip == 0 || took < b.roundTrip {
		b.roundTrip = took
	}
}

// next begins the batch's transaction and finds its upper end.
func (b *batches) next(ctx context.Context, keys int, limit time.Duration) (hi cursor, whole bool, err error) {
	if b.q.leaf.Key.ByPlace() {
		return b.nextPlace(ctx, keys, limit)
	}
	upper := cursor(b.row.Upper)
	sql, args := b.q.bound(b.row.Last, upper, keys, "")
	var found cursor
	err = b.fenced(ctx, limit, sql, args, func(rows pgx.Rows) error {
		found, err = scanCursor(rows, len(b.q.columns()))
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if found == nil {
		return upper, true, nil
	}
	return found, slices.Equal(found, upper), nil
}

// scanCursor reads the one row of a key, nil where there is none.
func scanCursor(rows pgx.Rows, n int) (cursor, error) {
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	key, into := make(cursor, n), make([]any, n)
	for i := range key {
		into[i] = &key[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	rows.Close()
	return key, rows.Err()
}

// commit writes the cursor, by a statement of the ledger, beside the rows and commits both.
func (b *batches) commit(ctx context.Context, move string, args ...any) error {
	var q pgx.Batch
	b.s.queueOwn(&q)
	q.Queue(move, args...)
	b.s.queueTheirs(&q) // of the triggers that wait for COMMIT
	var tag pgconn.CommandTag
	q.Queue("COMMIT").Exec(func(t pgconn.CommandTag) error { tag = t; return nil })
	if err := b.s.exec.SendAll(ctx, &q); err != nil {
		return err
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("backfill: the server answered COMMIT with %q", tag.String())
	}
	return nil
}

// retriable reports whether the same range may be tried again as it is: the
// server undid the batch for a reason that passes.
func retriable(c db.Class) bool {
	switch c {
	case db.Deadlock, db.Serialization, db.LockTimeout, db.StatementCanceled:
		return true
	}
	return false
}
