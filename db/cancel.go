package db

import (
	"context"
	"time"
)

// CancelBackend asks a backend to cancel what it runs. A backend is its pid and
// its start: a pid that was given out again is left alone. It reports whether
// there was such a backend.
func CancelBackend(ctx context.Context, c *Conn, pid int, start time.Time) (bool, error) {
	var done bool
	err := c.QueryRow(ctx, `SELECT coalesce(pg_catalog.bool_or(pg_catalog.pg_cancel_backend(pid)), false)
		FROM pg_catalog.pg_stat_activity WHERE pid = $1 AND backend_start = $2`, pid, start).Scan(&done)
	return done, err
}

// CancelRunning asks a backend to cancel what it runs now; start is known to the
// millisecond. It reports whether it ran something.
func CancelRunning(ctx context.Context, c *Conn, pid int, start time.Time) (bool, error) {
	var done bool
	err := c.QueryRow(ctx, `SELECT coalesce(pg_catalog.bool_or(pg_catalog.pg_cancel_backend(pid)), false)
		FROM pg_catalog.pg_stat_activity
		WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000)::bigint = $2 AND state = 'active'`, pid, start.UnixMilli()).Scan(&done)
	return done, err
}

// TerminateBackend ends the session of a backend that runs nothing; what it had
// open is rolled back. One that has begun a statement is left alone. It reports
// whether there was such a backend.
func TerminateBackend(ctx context.Context, c *Conn, pid int, start time.Time) (bool, error) {
	var done bool
	err := c.QueryRow(ctx, `SELECT coalesce(pg_catalog.bool_or(pg_catalog.pg_terminate_backend(pid)), false)
		FROM pg_catalog.pg_stat_activity WHERE pid = $1 AND backend_start = $2 AND state LIKE 'idle%'`, pid, start).Scan(&done)
	return done, err
}
