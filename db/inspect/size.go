package inspect

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// Amount is how much a database holds, and how much of it is written.
type Amount struct {
	// HeapBytes is the size of all tables and materialized views but the server's
	// own, without indexes and TOAST, as the statistics have it.
	HeapBytes int64
	// Written counts the rows that were inserted, updated and deleted in Over, the time
	// since its counters began; an Over of 0 is not known.
	Written float64
	Over    time.Duration
}

const writtenSQL = `SELECT coalesce(pg_catalog.sum(tup_inserted + tup_updated + tup_deleted), 0)::float8,
	coalesce(extract(epoch from pg_catalog.clock_timestamp() - coalesce(pg_catalog.min(stats_reset), pg_catalog.pg_postmaster_start_time())), 0)::float8
FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()`

// ReadAmount asks for it in one round trip.
func ReadAmount(ctx context.Context, c *db.Conn) (a Amount, err error) {
	var b pgx.Batch
	var seconds float64
	b.Queue(version{Version: c.ServerMajor(), Ours: ours}.sql("size")).QueryRow(func(r pgx.Row) error {
		return r.Scan(&a.HeapBytes)
	})
	b.Queue(writtenSQL).QueryRow(func(r pgx.Row) error { return r.Scan(&a.Written, &seconds) })
	err = c.Send(ctx, &b)
	a.Over = time.Duration(seconds * float64(time.Second))
	return a, err
}
