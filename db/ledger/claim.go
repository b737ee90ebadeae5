package ledger

import (
	"context"
	"errors"
	"fmt"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// Claim is the ownership of a run: it holds as long as the run's row carries its
// epoch. Its methods belong into a transaction of the caller, as the session's
// own role; they prepare nothing on the server, where a file may have discarded
// all that was prepared.
type Claim struct {
	// Run is the uuid.
	Run   string
	Epoch int
	// Files are what the units leave in belay.applied_file, by the unit's name.
	Files map[string]File
}

// MarkState is what a row of belay.unit says.
type MarkState string

// The states of a mark.
const (
	// Intent is committed before what cannot be in a transaction is sent.
	Intent MarkState = "intent"
	// Applied is committed with the effect.
	Applied MarkState = "applied"
)

// Mark is a row of belay.unit: the proof of a unit, or of a statement of one.
type Mark struct {
	// Unit is the unit's name; of a statement that is on its own, see StatementMark.
	Unit    string    `json:"unit"`
	Attempt int       `json:"attempt"`
	Epoch   int       `json:"epoch"`
	SHA256  string    `json:"sha256"` // of the file, or of the statement
	State   MarkState `json:"state"`
}

// StatementMark names a statement of a unit, counted from 0, as belay.unit does.
func StatementMark(unit string, statement int) string {
	return fmt.Sprintf("%s/%d", unit, statement+1)
}

// Conn is what a connection and a transaction of pgx have in common.
type Conn interface {
	db.Querier
	Execer
}

// Fence makes sure that the run is still ours until the transaction ends. It
// comes first in it. A *TakenOverError says that it is not: roll back and stop.
// A take-over that is under way is waited for, up to the lock_timeout.
func (c *Claim) Fence(ctx context.Context, conn Conn) error {
	var one int
	err := conn.QueryRow(ctx, FenceSQL, pgx.QueryExecModeExec, c.Run, c.Epoch).Scan(&one)
	if !errors.Is(err, pgx.ErrNoRows) {
		return wrap(err)
	}
	owner := ""
	err = conn.QueryRow(ctx, `SELECT owner FROM belay.run WHERE id = $1::text::uuid`, pgx.QueryExecModeExec,
		c.Run).Scan(&owner)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return wrap(err)
	}
	return &TakenOverError{Run: Run{ID: c.Run}.Short(), Owner: owner}
}

const markSQL = `INSERT INTO belay.unit (run_id, unit, attempt, epoch, sha256, state)
	VALUES ($1::text::uuid, $2::text, $3::integer, $4::integer, $5::text, $6::text)
	ON CONFLICT (run_id, unit) DO UPDATE SET attempt = excluded.attempt, epoch = excluded.epoch,
		sha256 = excluded.sha256, state = excluded.state, at = pg_catalog.clock_timestamp()`

// Mark writes a mark of the claim's epoch, and with the mark Applied of a unit
// that has a file, that the file is applied or no longer is.
func (c *Claim) Mark(ctx context.Context, conn Conn, m Mark) error {
	f, hasFile := c.Files[m.Unit]
	if m.SHA256 == "" {
		m.SHA256 = f.SHA256
	}
	_, err := conn.Exec(ctx, markSQL, pgx.QueryExecModeExec, c.Run, m.Unit, m.Attempt, c.Epoch, m.SHA256,
		string(m.State))
	if err != nil || m.State != Applied || !hasFile {
		return wrap(err)
	}
	return f.write(ctx, conn)
}

// Marks reads the marks of a run by unit. They are evidence; the copy of the
// journal is not.
func Marks(ctx context.Context, q Queryer, run string) (map[string]Mark, error) {
	rows, err := q.Query(ctx,
		`SELECT unit, attempt, epoch, sha256, state FROM belay.unit WHERE run_id = $1::text::uuid`, run)
	if err != nil {
		return nil, wrap(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (m Mark, err error) {
		err = r.Scan(&m.Unit, &m.Attempt, &m.Epoch, &m.SHA256, &m.State)
		return m, err
	})
	marks := make(map[string]Mark, len(all))
	for _, m := range all {
		marks[m.Unit] = m
	}
	return marks, wrap(err)
}

// Queryer is what a connection and a transaction of pgx have in common.
type Queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}
