package ledger

import (
	"belay/db"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Run is a row of belay.run: who owns a run, of which database.
type Run struct {
	// ID is a uuid.
	ID string `json:"id"`
	// Identity is db.Identity's Key; "" = the server does not tell.
	Identity string `json:"identity"`
	// Timeline is 0 where it is not known.
	Timeline   int64    `json:"timeline"`
	Database   string   `json:"database"`
	Tool       string   `json:"tool"`
	Migrations []string `json:"migrations"`
	PlanSHA256 string   `json:"plan_sha256"`
	// Settings is a JSON object; empty = {}.
	Settings json.RawMessage `json:"settings,omitempty"`
	// Epoch is 1 for a new run.
	Epoch int `json:"epoch"`
	// Owner is "USER@HOST uid N pid N".
	Owner        string `json:"owner"`
	State        string `json:"state"`
	BelayVersion string `json:"belay_version"`
}

// Short is the first eight characters of the id, as sessions carry it.
func (r Run) Short() string { return r.ID[:min(8, len(r.ID))] }

// Execer is what a connection and a transaction of pgx have in common.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// OpenRun writes a new run's row with epoch 1. A row that is there already is
// left as it is, so that it may be called again.
func OpenRun(ctx context.Context, x Execer, r Run) error {
	settings := string(r.Settings)
	if settings == "" {
		settings = "{}"
	}
	if r.Migrations == nil {
		r.Migrations = []string{}
	}
	_, err := x.Exec(ctx, `INSERT INTO belay.run (id, identity, timeline, database, tool, migrations,
		plan_sha256, settings, epoch, owner, state, belay_version)
		VALUES ($1::text::uuid, $2, $3::bigint, $4, $5, $6, $7, $8::text::jsonb, 1, $9, $10, $11)
		ON CONFLICT (id) DO NOTHING`,
		r.ID, r.Identity, r.Timeline, r.Database, r.Tool, r.Migrations, r.PlanSHA256, settings, r.Owner, r.State,
		r.BelayVersion)
	if err != nil {
		return fmt.Errorf("ledger: run %s: %w", r.Short(), err)
	}
	return nil
}

// FenceSQL locks a run's row where its epoch, $2, is still the caller's; $1 is
// the id as text. No row = the run was taken over: roll back and stop. It comes
// first in every transaction that changes something.
const FenceSQL = `SELECT 1 FROM belay.run WHERE id = $1::text::uuid AND epoch = $2::integer FOR SHARE`

// TakenOverError says that another belay owns the run now. Owner is "" where the
// ledger has no such run any more: a failover, or a restore, lost it.
type TakenOverError struct{ Run, Owner string }

// Error names the new owner.
func (e *TakenOverError) Error() string {
	if e.Owner == "" {
		return "the ledger has no run " + e.Run + " any more: this server lost it, in a failover or a restore"
	}
	return fmt.Sprintf("run %s was taken over by %s", e.Run, e.Owner)
}

// Hint is what to do now.
func (e *TakenOverError) Hint() string {
	return "nothing more is sent from here; watch it with: belay attach " + e.Run
}

// Owner asks who owns a run now and of which epoch it is; epoch 0 = there is no
// such run.
func Owner(ctx context.Context, q db.Querier, id string) (owner string, epoch int, err error) {
	err = q.QueryRow(ctx, `SELECT owner, epoch FROM belay.run WHERE id = $1::text::uuid`, id).Scan(&owner, &epoch)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("ledger: owner of run: %w", err)
	}
	return owner, epoch, nil
}
