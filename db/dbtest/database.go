package dbtest

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"belay/db/scratch"

	"github.com/jackc/pgx/v5"
)

// DB is a database of one test. It is dropped when the test ends.
type DB struct {
	// Name of the database.
	Name string
	// DSN connects as the superuser over TCP, with a password in it.
	DSN string
	// SocketDSN connects as the superuser over the socket, without one.
	SocketDSN string

	cluster  *scratch.Cluster
	logStart int64
}

var serial atomic.Int64

var notPlain = regexp.MustCompile(`[^a-z0-9]+`)

// New makes an empty database with a name made from the test's.
func New(t testing.TB) *DB {
	t.Helper()
	plain := strings.Trim(notPlain.ReplaceAllString(strings.ToLower(t.Name()), "_"), "_")
	return Named(t, fmt.Sprintf("t%d_%.40s", serial.Add(1), plain))
}

// Named makes an empty database of a given name, for tests that type or print
// it. Parallel tests of one package need different names.
func Named(t testing.TB, name string) *DB {
	t.Helper()
	return In(t, sharedCluster(t), name)
}

// In makes an empty database in a cluster of the test's own.
func In(t testing.TB, c *scratch.Cluster, name string) *DB {
	t.Helper()
	return copied(t, c, name, "template1")
}

// copied makes a database from another one.
func copied(t testing.TB, c *scratch.Cluster, name, template string) *DB {
	t.Helper()
	db := &DB{Name: name, DSN: c.DSN(name), SocketDSN: c.SocketDSN(name), cluster: c}
	if fi, err := os.Stat(c.LogFile()); err == nil {
		db.logStart = fi.Size()
	}
	quoted := pgx.Identifier{name}.Sanitize()
	admin(t, c, `CREATE DATABASE `+quoted+` TEMPLATE `+template+copying(c))
	t.Cleanup(func() {
		if c.PID() == 0 {
			return // stopped by the test: the database goes with the cluster
		}
		admin(t, c,
			`SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = '`+
				strings.ReplaceAll(name, "'", "''")+`'`,
			`DROP DATABASE IF EXISTS `+quoted)
	})
	return db
}

// copying is how a database is copied: file by file, as before 15, takes half the
// processor's time of what came with it, and the first session finds the catalog's
// cache in its place.
func copying(c *scratch.Cluster) string {
	if c.Major() < 15 {
		return ""
	}
	return " STRATEGY file_copy"
}

// At is a database that a cluster has already, as a standby has its primary's.
func At(c *scratch.Cluster, name string) *DB {
	return &DB{Name: name, DSN: c.DSN(name), SocketDSN: c.SocketDSN(name), cluster: c}
}

// admins is the session of the shared cluster in which databases and roles are made: a
// session of its own for each cost more than what it does.
var admins struct {
	mu   sync.Mutex
	conn *pgx.Conn
}

// admin runs statements one by one in the database postgres.
func admin(t testing.TB, c *scratch.Cluster, statements ...string) {
	t.Helper()
	ctx, cancel := testContext()
	defer cancel()
	if c != shared.cluster {
		conn, err := pgx.Connect(ctx, c.SocketDSN(""))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		each(ctx, t, conn, statements)
		return
	}
	admins.mu.Lock()
	defer admins.mu.Unlock()
	// A test may end sessions that are not its own, or the server.
	if admins.conn != nil && admins.conn.Ping(ctx) != nil {
		_ = admins.conn.Close(ctx)
		admins.conn = nil
	}
	if admins.conn == nil {
		var err error
		if admins.conn, err = pgx.Connect(ctx, c.SocketDSN("")); err != nil {
			t.Fatal(err)
		}
	}
	each(ctx, t, admins.conn, statements)
}

func each(ctx context.Context, t testing.TB, conn *pgx.Conn, statements []string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// closeAdmin ends the session before its server is stopped.
func closeAdmin() {
	ctx, cancel := testContext()
	defer cancel()
	admins.mu.Lock()
	defer admins.mu.Unlock()
	if admins.conn != nil {
		_ = admins.conn.Close(ctx)
		admins.conn = nil
	}
}

// Cluster is the cluster the database lives in. Stopping the shared one breaks
// other tests: use NewCluster and In for that.
func (db *DB) Cluster() *scratch.Cluster { return db.cluster }

// Conn opens a session that is closed when the test ends.
func (db *DB) Conn(t testing.TB) *pgx.Conn {
	t.Helper()
	return Connect(t, db.SocketDSN)
}

// Connect opens a session to any DSN. It is closed when the test ends.
func Connect(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	ctx, cancel := testContext()
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := testContext()
		defer cancel()
		_ = conn.Close(ctx) // a test may have broken it on purpose
	})
	return conn
}

// Exec runs one statement, or several without args, in a session of its own.
func (db *DB) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	ctx, cancel := testContext()
	defer cancel()
	conn := db.once(t)
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// QueryVal returns the one value a query gives, in a session of its own.
func QueryVal[T any](t testing.TB, db *DB, sql string, args ...any) T {
	t.Helper()
	values := QueryCol[T](t, db, sql, args...)
	if len(values) != 1 {
		t.Fatalf("%s: %d rows, want 1", sql, len(values))
	}
	return values[0]
}

// QueryCol returns the one column of a query, row by row.
func QueryCol[T any](t testing.TB, db *DB, sql string, args ...any) []T {
	t.Helper()
	ctx, cancel := testContext()
	defer cancel()
	conn := db.once(t)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return values
}

// Count is the number of rows of a table or a FROM clause, as "orders WHERE paid".
func (db *DB) Count(t testing.TB, from string) int64 {
	t.Helper()
	return QueryVal[int64](t, db, `SELECT pg_catalog.count(*) FROM `+from)
}

// once opens a session the caller closes.
func (db *DB) once(t testing.TB) *pgx.Conn {
	t.Helper()
	ctx, cancel := testContext()
	defer cancel()
	conn, err := pgx.Connect(ctx, db.SocketDSN)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
