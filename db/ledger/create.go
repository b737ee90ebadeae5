package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// rollbackTimeout bounds taking a transaction back when the caller's context is
// over.
const rollbackTimeout = 2 * time.Second

// Create makes the ledger in one transaction under a lock_timeout of 200 ms, or
// does nothing where it is there already. Call it only after a person's yes to
// [DDL].
//
// Errors: *RefusedError where something stands against it, *VersionError where
// a newer one is there, else the server's; in all three nothing was changed. An
// error that is not the server's leaves that open: [Read] tells.
func Create(ctx context.Context, conn *pgx.Conn) (Status, error) {
	s, err := Read(ctx, conn)
	if err != nil {
		return s, err
	}
	if s.Exists {
		return s, Check(ctx, conn)
	}
	all, err := Obstacles(ctx, conn)
	if err != nil {
		return s, err
	}
	if len(all) > 0 {
		// What is in the way may be the ledger that somebody else has just created.
		if again, readErr := Read(ctx, conn); readErr == nil && again.Exists {
			return again, Check(ctx, conn)
		}
		return s, &RefusedError{Obstacles: all}
	}
	if err := create(ctx, conn); err != nil {
		// Somebody else may have created it at the same moment.
		if again, readErr := Read(ctx, conn); db.Decided(err) && readErr == nil && again.Exists {
			return again, Check(ctx, conn)
		}
		return s, err
	}
	return Read(ctx, conn)
}

func create(ctx context.Context, conn *pgx.Conn) error {
	return apply(ctx, conn, "create", DDL(), fmt.Sprintf(`INSERT INTO belay.meta (version) VALUES (%d)`, Version))
}

// apply runs scripts of ours in one transaction.
func apply(ctx context.Context, conn *pgx.Conn, what string, scripts ...string) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return fmt.Errorf("ledger: %s: %w", what, err)
	}
	limits := `SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '10s'; SELECT ` +
		fmt.Sprintf(db.DurableSQL, true)
	for _, sql := range append([]string{limits}, scripts...) {
		// One text of many statements needs the simple protocol.
		if _, err = conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
			back, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
			defer cancel()
			return fmt.Errorf("ledger: %s: %w", what, errors.Join(err, tx.Rollback(back)))
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("ledger: %s: %w", what, err)
	}
	return nil
}
