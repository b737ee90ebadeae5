package dbtest

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Waiters opens n sessions of one application_name that run a statement each, and
// returns once all of them wait for a lock. release ends them; the end of the test does
// too. The server needs as many free slots.
func (db *DB) Waiters(t testing.TB, n int, application, sql string) (release func()) {
	t.Helper()
	var all sync.WaitGroup
	release = sync.OnceFunc(func() {
		// A session that waits does not notice that its client has gone.
		db.Exec(t, `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
			WHERE datname = pg_catalog.current_database() AND application_name = $1`, application)
		all.Wait()
	})
	t.Cleanup(release)
	begun, over := make(chan error, n), make(chan error, n)
	for range n {
		all.Go(func() {
			ctx, cancel := testContext()
			defer cancel()
			conn, err := pgx.Connect(ctx, db.SocketDSN)
			if err == nil {
				defer conn.Close(ctx)
				_, err = conn.Exec(ctx, "SELECT set_config('application_name', $1, false)", application)
			}
			begun <- err
			if err == nil {
				_, err = conn.Exec(ctx, sql)
				over <- err
			}
		})
	}
	for range n {
		if err := <-begun; err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := testContext()
	defer cancel()
	conn := db.once(t)
	defer conn.Close(ctx)
	WaitFor(t, "them all to wait", func() bool {
		if len(over) > 0 {
			t.Fatalf("%s did not wait: %v", sql, <-over)
		}
		var waiting int
		err := conn.QueryRow(ctx, `SELECT pg_catalog.count(DISTINCT l.pid)
			FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
			WHERE NOT l.granted AND a.application_name = $1 AND a.datname = pg_catalog.current_database()`,
			application).Scan(&waiting)
		return err == nil && waiting == n
	})
	return release
}
