// Package ledger is what belay keeps in the target database: schema belay, so
// that a run, a backfill or a campaign can be found again by another host. It
// is a format between hosts, people and versions of belay. Nothing of it is
// created unless a caller asks, and a caller asks only after a person's yes.
package ledger

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
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
	if err := q.QueryRow(ctx, existsSQL).Scan(&s.Exists); err != nil || !s.Exists {
		return s, wrap(err)
	}
	all, err := trust.Schema(ctx, q, "belay")
	if err == nil {
		err = all.Read()
	}
	if err != nil {
		return s, wrap(err)
	}
	return s, s.read(ctx, q)
}

const existsSQL = `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c
	JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = 'belay' AND c.relname = 'meta' AND c.relkind = 'r')`

// read reads what the ledger says of itself.
func (s *Status) read(ctx context.Context, q db.Querier) error {
	err := q.QueryRow(ctx, `SELECT version, created_at, created_by FROM belay.meta`).Scan(&s.Version, &s.CreatedAt,
		&s.CreatedBy)
	if errors.Is(err, pgx.ErrNoRows) {
		return errors.New("ledger: belay.meta has no row")
	}
	return wrap(err)
}

// Sight is a first look at a ledger: who has belay's lock, what the session's role lacks
// to keep the ledger, and how it stands where it may be read and written.
type Sight struct {
	Status
	Holder  *db.Holder
	Missing []Right
}

// See looks, in one round trip where there is no ledger. A *trust.Error says that reading
// it or writing into it would run what another role made: nothing of it was read.
func See(ctx context.Context, c *db.Conn) (s Sight, err error) {
	var b pgx.Batch
	if c.Role == "" {
		db.QueueHolder(&b, db.LockKey, &s.Holder)
	} else if s.Holder, err = db.LockHolder(ctx, c, db.LockKey); err != nil {
		return s, err
	}
	b.Queue(fmt.Sprintf(missingSQL, needed)).QueryRow(func(r pgx.Row) (err error) {
		s.Missing, err = scanRights(r)
		return err
	})
	b.Queue(existsSQL).QueryRow(func(r pgx.Row) error { return r.Scan(&s.Exists) })
	if err := c.Send(ctx, &b); err != nil || !s.Exists || slices.ContainsFunc(s.Missing, Right.Reads) {
		return s, wrap(err)
	}
	all, err := trust.Schema(ctx, c, "belay")
	if err == nil {
		err = cmp.Or(all.Read(), all.Write())
	}
	if err != nil {
		return s, wrap(err)
	}
	return s, s.read(ctx, c)
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
