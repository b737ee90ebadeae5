package backfill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"belay/db/ledger"

	"github.com/jackc/pgx/v5"
)

// State is what a row of belay.backfill says of its leaf.
type State string

// The states.
const (
	Running State = "running"
	Paused  State = "paused"
	// Passed: the cursor reached the upper key; sweep and verify remain.
	Passed State = "passed"
	Done   State = "done"
)

// Says is the state as the end of a sentence about a backfill that is not done.
func (s State) Says() string {
	if s == Passed {
		return "has reached every row and is not verified to its end"
	}
	return "is " + string(s)
}

// Row is one row of belay.backfill.
type Row struct {
	ID              string   `json:"id"`
	RunID           string   `json:"run_id"`
	Relation        string   `json:"relation"`
	Leaf            string   `json:"leaf"`
	TableOID        uint32   `json:"table_oid"`
	StatementSHA256 string   `json:"statement_sha256"`
	KeyCols         []string `json:"key_cols"`
	KeyTypes        []string `json:"key_types"`
	// Upper is frozen when the backfill starts; nil = the leaf was empty.
	Upper []string `json:"upper_key,omitempty"`
	// Last is the cursor; nil = nothing done yet.
	Last      []string `json:"last_key,omitempty"`
	DoneRows  int64    `json:"done_rows"`
	Batches   int64    `json:"batches"`
	BatchRows int      `json:"batch_rows"`
	State     State    `json:"state"`
	// Reason is why it is paused, in words.
	Reason   string    `json:"reason,omitempty"`
	Epoch    int       `json:"epoch"`
	Started  time.Time `json:"started"`
	Updated  time.Time `json:"updated"`
	PausedMS int64     `json:"paused_ms"`
	Owner    string    `json:"owner,omitempty"` // of the run
	Identity string    `json:"identity,omitempty"`
	// Migrations are the versions that it is the file of; "" = of none.
	Migrations []string      `json:"-"`
	Age        time.Duration `json:"age"` // since Updated, by the server's clock
}

const rowSQL = `SELECT b.id::text, b.run_id::text, b.relation, b.leaf, b.table_oid::bigint, b.statement_sha256, b.key_cols, b.key_types,
  b.upper_key, b.last_key, b.done_rows, b.batches, b.batch_rows, b.state, b.reason, b.epoch, b.started, b.updated, b.paused_ms,
  r.owner, r.identity, r.migrations, (extract(epoch FROM pg_catalog.clock_timestamp() - b.updated) * 1000)::bigint
FROM belay.backfill b JOIN belay.run r ON r.id = b.run_id `

func scanRow(r pgx.CollectableRow) (b Row, err error) {
	var oid, ms int64
	var state string
	err = r.Scan(&b.ID, &b.RunID, &b.Relation, &b.Leaf, &oid, &b.StatementSHA256, &b.KeyCols, &b.KeyTypes,
		&b.Upper, &b.Last, &b.DoneRows, &b.Batches, &b.BatchRows, &state, &b.Reason, &b.Epoch, &b.Started, &b.Updated,
		&b.PausedMS,
		&b.Owner, &b.Identity, &b.Migrations, &ms)
	b.TableOID, b.State, b.Age = uint32(oid), State(state), time.Duration(ms)*time.Millisecond
	return b, err
}

// Queryer is what a connection and a transaction of pgx have in common.
type Queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// List reads the rows of all backfills in this database, newest first.
func List(ctx context.Context, q Queryer) ([]Row, error) {
	return rowsOf(ctx, q, `ORDER BY b.started DESC, b.id, b.table_oid`)
}

// Load reads the rows of one backfill, a row for each leaf; none = there is no
// such backfill.
func Load(ctx context.Context, q Queryer, id string) ([]Row, error) {
	return rowsOf(ctx, q, `WHERE b.id = $1::text::uuid ORDER BY b.table_oid`, id)
}

func rowsOf(ctx context.Context, q Queryer, tail string, args ...any) ([]Row, error) {
	rows, err := q.Query(ctx, rowSQL+tail, args...)
	if err == nil {
		var all []Row
		if all, err = pgx.CollectRows(rows, scanRow); err == nil {
			return all, nil
		}
	}
	return nil, fmt.Errorf("backfill: state: %w", err)
}

// insert writes the row of a leaf.
func insert(ctx context.Context, x ledger.Execer, b Row) error {
	_, err := x.Exec(ctx,
		`INSERT INTO belay.backfill (id, run_id, relation, leaf, table_oid, statement_sha256, key_cols,
		key_types, upper_key, batch_rows, state, epoch)
		VALUES ($1::text::uuid, $2::text::uuid, $3, $4, $5::bigint::oid, $6, $7, $8, $9, $10, $11, $12)`,
		b.ID, b.RunID, b.Relation, b.Leaf, int64(b.TableOID), b.StatementSHA256, b.KeyCols, b.KeyTypes, b.Upper,
		b.BatchRows, string(b.State), b.Epoch)
	if err != nil {
		return fmt.Errorf("backfill: state of %s: %w", b.Leaf, err)
	}
	return nil
}

// claim makes this run the owner of a backfill's rows: the epoch of every row
// goes up, so that the runner before stops at its next batch. The time since a
// pause counts as paused.
func claim(ctx context.Context, x ledger.Execer, id, run string) error {
	tag, err := x.Exec(ctx, `UPDATE belay.backfill SET run_id = $2::text::uuid, epoch = epoch + 1, reason = '',
		paused_ms = paused_ms + CASE WHEN state = 'paused'
		  THEN (extract(epoch FROM pg_catalog.clock_timestamp() - updated) * 1000)::bigint ELSE 0 END,
		state = CASE WHEN state = 'paused' THEN 'running' ELSE state END,
		updated = pg_catalog.clock_timestamp()
		WHERE id = $1::text::uuid AND state <> 'done'`, id, run)
	if err == nil && tag.RowsAffected() == 0 {
		err = errors.New("it is done, or there is none of this id")
	}
	if err != nil {
		return fmt.Errorf("backfill %s: claim: %w", id, err)
	}
	return nil
}
