package inspect

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// CountReadOnly is OneReadOnly of a number.
func CountReadOnly(ctx context.Context, c *db.Conn, query string, limit time.Duration) (int64, error) {
	return OneReadOnly[int64](ctx, c, query, limit)
}

// OneReadOnly runs a query that answers one value, with the settings that the
// team's tool would have but for the search_path, which is pg_catalog's alone, in a
// read-only transaction of its own that ends within limit and waits for no lock. Its errors are the
// server's: 57014 is the limit, 55P03 a lock, 42501 a row that this role may not
// see.
func OneReadOnly[T any](ctx context.Context, c *db.Conn, query string, limit time.Duration) (one T, err error) {
	defer c.Patient(limit)()
	var b pgx.Batch
	b.Queue("BEGIN READ ONLY")
	sql, args := c.TeamSQL(db.ForTransaction)
	b.Queue(sql, args...)
	b.Queue(`SELECT pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', '200ms', true),
		pg_catalog.set_config('row_security', 'off', true), pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)`,
		fmt.Sprint(limit.Milliseconds()))
	if c.ServerMajor() < 11 {
		restartClock(&b)
	}
	b.Queue(query).QueryRow(func(r pgx.Row) error { return r.Scan(&one) })
	b.Queue("ROLLBACK")
	return one, c.Send(ctx, &b)
}
