package dbtest

import (
	"sync"
	"testing"
	"time"
)

// WaitFor returns when cond holds and fails the test when it does not within
// Timeout. what ends the sentence "waited for …".
func WaitFor(t testing.TB, what string, cond func() bool) {
	t.Helper()
	if !Poll(Timeout, cond) {
		t.Fatalf("waited %s for %s", Timeout, what)
	}
}

// Poll asks until cond holds, and tells whether it did within a time. However
// dear cond is, it takes a tenth of a processor at most: who waits must not slow
// down what is waited for.
func Poll(within time.Duration, cond func() bool) bool {
	end := time.Now().Add(within)
	for {
		asked := time.Now()
		if cond() {
			return true
		}
		now := time.Now()
		if now.After(end) {
			return false
		}
		time.Sleep(max(5*time.Millisecond, 9*now.Sub(asked)))
	}
}

// WaitForLockWait returns when the backend pid waits for a lock.
func (db *DB) WaitForLockWait(t testing.TB, pid uint32) {
	t.Helper()
	db.waitForOne(t, "a lock wait", `SELECT pid FROM pg_catalog.pg_stat_activity
		WHERE pid = $1 AND wait_event_type = 'Lock'`, int64(pid))
}

// WaitForLockWaitBy returns the pid of a session of this database whose
// application_name matches a LIKE pattern, when it waits for a lock.
func (db *DB) WaitForLockWaitBy(t testing.TB, application string) uint32 {
	t.Helper()
	return db.waitForOne(t, "a lock wait of "+application, `SELECT pid FROM pg_catalog.pg_stat_activity
		WHERE datname = pg_catalog.current_database() AND application_name LIKE $1 AND wait_event_type = 'Lock'
		ORDER BY backend_start LIMIT 1`, application)
}

// WaitForGone returns when the backend pid is no more.
func (db *DB) WaitForGone(t testing.TB, pid uint32) {
	t.Helper()
	db.waitForOne(t, "the end of a backend", `SELECT 0 WHERE NOT EXISTS
		(SELECT FROM pg_catalog.pg_stat_activity WHERE pid = $1)`, int64(pid))
}

// WaitUntil returns when a condition in SQL holds, as "EXISTS (SELECT FROM orders)".
// It is asked in one session.
func (db *DB) WaitUntil(t testing.TB, condition string) {
	t.Helper()
	db.waitForOne(t, condition, `SELECT 0 WHERE `+condition)
}

// waitForOne asks one session until the query gives a row.
func (db *DB) waitForOne(t testing.TB, what, sql string, args ...any) uint32 {
	t.Helper()
	ctx, cancel := testContext()
	defer cancel()
	conn := db.once(t)
	defer conn.Close(ctx)
	var pid int32
	WaitFor(t, what, func() bool { return conn.QueryRow(ctx, sql, args...).Scan(&pid) == nil })
	return uint32(pid)
}

// Blocker opens a transaction, runs sql in it and keeps it open, so that it
// holds the locks sql takes. release rolls it back; the end of the test does
// too.
func (db *DB) Blocker(t testing.TB, sql string) (pid uint32, release func()) {
	t.Helper()
	ctx, cancel := testContext()
	defer cancel()
	conn := db.once(t)
	release = sync.OnceFunc(func() {
		ctx, cancel := testContext()
		defer cancel()
		// Rolled back before it is closed: the locks are gone on return.
		_, _ = conn.Exec(ctx, `ROLLBACK`)
		_ = conn.Close(ctx)
	})
	t.Cleanup(release)
	for _, s := range [...]string{`SET application_name = 'blocker'`, `BEGIN`, sql} {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return conn.PgConn().PID(), release
}
