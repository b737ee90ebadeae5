package inspect

import (
	"context"
	"fmt"
	"time"

	"belay/db"
)

// CountReadOnly runs a query that answers one number, with the settings that the
// team's tool would have, in a read-only transaction
// of its own that ends within limit and waits for no lock. Its errors are the
// server's: 57014 is the limit, 55P03 a lock, 42501 a row that this role may not
// see.
func CountReadOnly(ctx context.Context, c *db.Conn, query string, limit time.Duration) (int64, error) {
	defer c.Patient(limit)()
	if _, err := c.Exec(ctx, "BEGIN READ ONLY"); err != nil {
		return 0, err
	}
	defer func() {
		if !c.IsClosed() {
			_, _ = c.Exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	sql, args := c.TeamSQL(db.ForTransaction)
	if _, err := c.Exec(ctx, sql, args...); err != nil {
		return 0, err
	}
	_, err := c.Exec(ctx,
		`SELECT pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', '200ms', true),
		pg_catalog.set_config('row_security', 'off', true)`,
		fmt.Sprint(limit.Milliseconds()))
	if err != nil {
		return 0, err
	}
	var n int64
	err = c.QueryRow(ctx, query).Scan(&n)
	return n, err
}
