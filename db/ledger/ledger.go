// Package ledger is what belay keeps in the target database: schema belay, so
// that a run, a backfill or a campaign can be found again by another host. It
// is a format between hosts, people and versions of belay. Nothing of it is
// created unless a caller asks, and a caller asks only after a person's yes.
package ledger

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"belay/db"
	"belay/db/trust"

	"github.com/jackc/pgx/v5"
)

// Version is the format that this belay writes. It reads and keeps the older ones too.
const Version = 2

//go:embed version1.sql
var version1 string

//go:embed version2.sql
var version2 string

// DDL is the script that creates the ledger, without the row of meta that
// [Create] writes. It is for a person to read before the yes, and for a DBA.
func DDL() string { return version1 + "\n" + version2 }

// UpgradeDDL is the script that makes the ledger of the version before one of this
// version, without the row of meta that [Upgrade] writes.
func UpgradeDDL() string { return version2 }

// ErrMissing says that the database has no ledger.
var ErrMissing = errors.New("the database has no ledger (schema belay)")

// VersionError says that a newer belay made the ledger.
type VersionError struct {
	// Found is meta.version.
	Found int
}

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the ledger (schema belay) is of version %d, this belay knows version %d", e.Found, Version)
}

// Hint is what to do now.
func (e *VersionError) Hint() string {
	return fmt.Sprintf("use a belay that knows ledger version %d; nothing was changed", e.Found)
}

// Status is what stands in the database.
type Status struct {
	// Exists is false where there is no table belay.meta; the rest is then zero.
	Exists    bool      `json:"exists"`
	Version   int       `json:"version,omitempty"`
	CreatedAt time.Time `json:"created_at,omitzero"`
	CreatedBy string    `json:"created_by,omitempty"`
}

// Read says whether the database has a ledger and of which version. It changes
// nothing and waits for nobody's lock. A *trust.Error says that reading it would run
// what another role made: nothing of it was read.
func Read(ctx context.Context, q db.Querier) (Status, error) {
	var s Status
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'belay' AND c.relname = 'meta' AND c.relkind = 'r')`).Scan(&s.Exists)
	if err != nil || !s.Exists {
		return s, wrap(err)
	}
	all, err := trust.Schema(ctx, q, "belay")
	if err == nil {
		err = all.Read()
	}
	if err != nil {
		return s, wrap(err)
	}
	err = q.QueryRow(ctx, `SELECT version, created_at, created_by FROM belay.meta`).Scan(&s.Version, &s.CreatedAt,
		&s.CreatedBy)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, errors.New("ledger: belay.meta has no row")
	}
	return s, wrap(err)
}

// Check is nil where the ledger can be used: ErrMissing where there is none, a
// *VersionError where a newer belay made it.
func Check(ctx context.Context, q db.Querier) error {
	_, err := usable(ctx, q)
	return err
}

// usable reads what stands of a ledger, where that can be used.
func usable(ctx context.Context, q db.Querier) (Status, error) {
	s, err := Read(ctx, q)
	switch {
	case err != nil:
		return s, err
	case !s.Exists:
		return s, ErrMissing
	case s.Version > Version:
		return s, &VersionError{Found: s.Version}
	}
	return s, nil
}

// Writable is nil where writing into the ledger runs nothing of a role that is not
// trusted, else a *trust.Error. It is nil where there is none.
func Writable(ctx context.Context, q db.Querier) error {
	all, err := trust.Schema(ctx, q, "belay")
	if err == nil {
		err = all.Write()
	}
	return wrap(err)
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ledger: %w", err)
}
