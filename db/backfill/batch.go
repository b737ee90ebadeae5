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

// fenced begins a transaction whose statements end after limit, and checks every
// fence; then it asks query, if any, in the same round trip. On an error the
// transaction may be open.
func (r *runner) fenced(ctx context.Context, limit time.Duration, query string, args []any,
	scan func(pgx.Rows) error) error {
	var b pgx.Batch
	b.Queue(beginSQL)
	b.Queue(limitsSQL, strconv.FormatInt(limit.Milliseconds(), 10), r.s.commit)
	r.queueRole(&b, r.s.own)
	claims := r.claims()
	held := make([]int, len(claims))
	for i, c := range claims {
		b.Queue(ledger.FenceSQL, c.Run, c.Epoch).QueryRow(func(row pgx.Row) error { return none(row.Scan(&held[i])) })
	}
	var batches, epoch int64
	var asked string
	b.Queue(cursorFenceSQL, r.row.ID, r.row.Leaf).QueryRow(func(row pgx.Row) error {
		return none(row.Scan(&batches, &epoch, &asked))
	})
	r.queueRole(&b, r.p.Spec.Role)
	if query != "" {
		b.Queue(query, args...).Query(scan)
	}
	if err := r.s.exec.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	if i := slices.Index(held, 0); i >= 0 {
		return r.taken(ctx, claims[i])
	}
	if batches != r.row.Batches || int(epoch) != r.row.Epoch {
		return r.moved(ctx)
	}
	if asked != "" {
		return &askedError{by: strings.TrimPrefix(asked, pausedBy)}
	}
	return nil
}

// claims are whose backfill this is: the run's with the file first, and the
// backfill's own.
func (r *runner) claims() []ledger.Claim {
	own := ledger.Claim{Run: r.o.Run.ID, Epoch: r.o.Run.Epoch}
	if r.o.Claim == nil {
		return []ledger.Claim{own}
	}
	return []ledger.Claim{{Run: r.o.Claim.Run, Epoch: r.o.Claim.Epoch}, own}
}

// taken says who has a run whose claim does not hold any more.
func (r *runner) taken(ctx context.Context, c ledger.Claim) error {
	r.asOwn(ctx)
	owner, _, err := ledger.Owner(ctx, r.s.exec, c.Run)
	return errors.Join(&ledger.TakenOverError{Run: ledger.Run{ID: c.Run}.Short(), Owner: owner}, err)
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

func (r *runner) moved(ctx context.Context) error {
	e := &MovedError{ID: r.row.ID, Leaf: r.row.Leaf}
	r.asOwn(ctx)
	_ = r.s.exec.QueryRow(ctx, `SELECT r.owner FROM belay.backfill b JOIN belay.run r ON r.id = b.run_id
		WHERE b.id = $1::text::uuid AND b.leaf = $2`, r.row.ID, r.row.Leaf).Scan(&e.Owner)
	return e
}

// runBatch changes the next keys rows behind the cursor. On an error nothing of
// it stays, unless the error is not the server's: then the state row tells.
func (r *runner) runBatch(ctx context.Context, keys int, target time.Duration) (batch, error) {
	begun := time.Now()
	b := batch{measured: measured{keys: keys}}
	var err error
	if b.hi, b.whole, err = r.q.next(ctx, r, keys, r.limit(target, keys)); err != nil {
		return b, err
	}
	r.answered(time.Since(begun))
	sql, args := r.q.update(r.row.Last, b.hi, r.q.extra(r.p, r.row.Upper))
	tag, err := execTeam(ctx, r.s.exec, sql, args...)
	if err != nil {
		return b, err
	}
	b.rows = tag.RowsAffected()
	changed := time.Now()
	if err := r.commit(ctx, b); err != nil {
		return b, err
	}
	b.took, b.commit, b.wire = time.Since(begun), time.Since(changed), 2*r.roundTrip
	return b, nil
}

// answered learns how long a round trip takes: no longer than the shortest answer
// to the first messages of a batch.
func (r *runner) answered(took time.Duration) {
	if r.roundTrip == 0 || took < r.roundTrip {
		r.roundTrip = took
	}
}

// next begins the batch's transaction and finds its upper end.
func (q rangeSQL) next(ctx context.Context, r *runner, keys int,
	limit time.Duration) (hi cursor, whole bool, err error) {
	if q.leaf.Key.ByPlace() {
		return q.nextPlace(ctx, r, keys, limit)
	}
	upper := cursor(r.row.Upper)
	sql, args := q.bound(r.row.Last, upper, keys, "")
	var found cursor
	err = r.fenced(ctx, limit, sql, args, func(rows pgx.Rows) error {
		found, err = scanCursor(rows, len(q.columns()))
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

// commit writes the cursor beside the rows and commits both.
func (r *runner) commit(ctx context.Context, b batch) error {
	var q pgx.Batch
	r.queueOwn(&q)
	q.Queue(moveSQL, r.row.ID, r.row.Leaf, []string(b.hi), b.rows, r.size.rows, b.whole)
	r.queueTheirs(&q) // of the triggers that wait for COMMIT
	var tag pgconn.CommandTag
	q.Queue("COMMIT").Exec(func(t pgconn.CommandTag) error { tag = t; return nil })
	if err := r.s.exec.SendBatch(ctx, &q).Close(); err != nil {
		return err
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("backfill: the server answered COMMIT with %q", tag.String())
	}
	return nil
}

// rollbackTimeout bounds undoing a batch when ctx is over.
const rollbackTimeout = 2 * time.Second

// undo leaves the executor without a transaction, or closed.
func (r *runner) undo(ctx context.Context) {
	c := r.s.exec
	if c == nil || c.IsClosed() || c.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if _, err := c.Exec(ctx, "ROLLBACK"); err != nil {
		r.s.drop()
	}
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
