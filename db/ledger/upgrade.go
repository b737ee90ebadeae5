package ledger

import (
	"context"
	"fmt"
	"slices"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// BusyError says that a run is open that a belay of an older version may be working on.
type BusyError struct{ Open }

// Error says which.
func (e *BusyError) Error() string {
	return "the ledger is not upgraded while run " + e.Short() + " of " + e.Owner + " is open"
}

// Hint is what to do now.
func (e *BusyError) Hint() string {
	return "an older belay stops at a newer ledger: let the run end, then give the same command again"
}

// Upgrade makes an older ledger one of this version, in one transaction under a
// lock_timeout of 200 ms; one of this version is left as it is. Older belays refuse it
// from then on. Call it only after a person's yes to [UpgradeDDL].
//
// Errors: *BusyError where a run of the identity is open, *RefusedError where something
// stands against new tables, [ErrMissing], *VersionError, else the server's; in all of
// them nothing was changed.
func Upgrade(ctx context.Context, conn *pgx.Conn, identity string) (Status, error) {
	s, err := usable(ctx, conn)
	if err != nil || s.Version == Version {
		return s, err
	}
	if err := upgradable(ctx, conn, identity); err != nil {
		return s, err
	}
	// The row of meta comes first: who comes second waits for it, and fails at the tables.
	err = apply(ctx, conn, "upgrade", fmt.Sprintf(`UPDATE belay.meta SET version = %d WHERE version = %d`, Version,
		s.Version), version2)
	if again, readErr := Read(ctx, conn); err != nil && db.Decided(err) && readErr == nil && again.Version == Version {
		return again, nil // somebody else was first
	}
	if err != nil {
		return s, err
	}
	return Read(ctx, conn)
}

func upgradable(ctx context.Context, conn *pgx.Conn, identity string) error {
	if err := Writable(ctx, conn); err != nil {
		return err
	}
	open, err := OpenRuns(ctx, conn, identity)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(open, Open.InTheWay); i >= 0 {
		return &BusyError{Open: open[i]}
	}
	all, err := Obstacles(ctx, conn)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o Obstacle) bool { return o.Kind == Taken || o.Kind == NoRight })
	if len(all) > 0 {
		return &RefusedError{Obstacles: all}
	}
	return nil
}

// UpgradeScript is the upgrade for a DBA, with its grants.
func UpgradeScript(run, view string) string {
	version := fmt.Sprintf("\nUPDATE belay.meta SET version = %d WHERE version = %d;\n\n", Version, Version-1)
	return fmt.Sprintf("-- For a ledger of version %d. Roles %s and %s must be there.\n", Version-1, run, view) +
		db.Script(version2+version+approvalGrants(run, view))
}
