package ledger

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// Event is a row of belay.event: the copy of a journal's line. It is for
// reading; it proves nothing about the database.
type Event struct {
	Seq            int64
	At             time.Time
	By, Step, Kind string
	// Body is the line without what stands in the other columns.
	Body json.RawMessage
}

const eventSQL = `INSERT INTO belay.event (run_id, seq, epoch, at, by, step, kind, body)
	SELECT $1::text::uuid, e.seq, $2::integer, e.at, e.by, e.step, e.kind, e.body::jsonb
	FROM ROWS FROM (pg_catalog.unnest($3::bigint[]), pg_catalog.unnest($4::timestamptz[]), pg_catalog.unnest($5::text[]),
		pg_catalog.unnest($6::text[]), pg_catalog.unnest($7::text[]), pg_catalog.unnest($8::text[])) AS e(seq, at, by, step, kind, body)
	ON CONFLICT (run_id, seq) DO NOTHING`

// copyTimeout bounds a copy: the connection is wanted for other things.
const copyTimeout = `SELECT pg_catalog.set_config('statement_timeout', '250', true), pg_catalog.set_config('lock_timeout', '100', true),
	pg_catalog.set_config('synchronous_commit', 'off', true)`

// Copy writes events, in one short transaction that waits for no disk and no
// standby. Of a run that was taken over nothing is copied any more: a
// *TakenOverError. Events that are there already are left as they are.
func Copy(ctx context.Context, c *pgx.Conn, claim *Claim, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	n := len(events)
	seqs, ats := make([]int64, n), make([]time.Time, n)
	bys, steps, kinds, bodies := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, e := range events {
		seqs[i], ats[i], bys[i], steps[i], kinds[i], bodies[i] = e.Seq, e.At, e.By, e.Step, e.Kind, string(e.Body)
	}
	return inTransaction(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, copyTimeout); err != nil {
			return wrap(err)
		}
		if err := claim.Fence(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, eventSQL, claim.Run, claim.Epoch, seqs, ats, bys, steps, kinds, bodies)
		return wrap(err)
	})
}

// Events reads the copy of a run's journal in its order. There may be gaps: what
// only the moment needed was not copied.
func Events(ctx context.Context, q Queryer, run string) ([]Event, error) {
	rows, err := q.Query(ctx,
		`SELECT seq, at, by, step, kind, body FROM belay.event WHERE run_id = $1::text::uuid ORDER BY seq`, run)
	if err != nil {
		return nil, wrap(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e Event, err error) {
		err = r.Scan(&e.Seq, &e.At, &e.By, &e.Step, &e.Kind, &e.Body)
		return e, err
	})
	return all, wrap(err)
}
