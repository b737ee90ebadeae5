package watch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/sqlview/lock"
)

func monitor(t *testing.T, dsn string) *db.Conn {
	t.Helper()
	cfg, err := db.ParseConfig(dsn, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(t.Context(), cfg, db.Session{Kind: db.Escape})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func see(t *testing.T, c *db.Conn, pid uint32) (activity.Session, bool) {
	t.Helper()
	s, ok, err := watch.Session(t.Context(), c, int(pid))
	if err != nil {
		t.Fatal(err)
	}
	return s, ok
}

func end(t *testing.T, c *db.Conn, s activity.Session, w activity.Way) bool {
	t.Helper()
	sent, err := db.End(t.Context(), c, s, w)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func TestASessionIsSeenWhole(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	c := monitor(t, d.DSN)
	pid, _ := d.Blocker(t, "SELECT count(*) FROM orders -- "+strings.Repeat("x", 2000))
	alter, _ := start(t, d, "belay/7f3c9a21/run", "ALTER TABLE orders ADD COLUMN a int")
	reader, _ := start(t, d, "shop-api", "SELECT * FROM orders WHERE id = 1")
	s, ok := see(t, c, pid)
	if !ok || s.Application != "blocker" || s.State != "idle in transaction" || s.BackendType != "client backend" ||
		s.Database != d.Name ||
		s.BackendStart.IsZero() || s.TransactionStart.Before(s.BackendStart) || s.At.Before(s.StateSince) || !s.Cut ||
		len(s.Query) < 1000 {
		t.Errorf("seen %+v", s)
	}
	if want := []activity.Held{{Mode: lock.AccessShare, Relation: "public.orders"}}; !slices.Equal(s.Holds, want) {
		t.Errorf("holds %v", s.Holds)
	}
	// The reader waits behind the ALTER, which waits for it.
	if !slices.Equal(s.Blocks, []int{alter, reader}) {
		t.Errorf("blocks %v, want %d and %d", s.Blocks, alter, reader)
	}
	if _, ok := see(t, c, 1<<30); ok {
		t.Error("a session that nobody has was seen")
	}
}

// TestOnlyWhatWasSeenIsEnded holds each part of a consent against what the session is
// at the moment of the signal: all but the session itself is left alone.
func TestOnlyWhatWasSeenIsEnded(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	c := monitor(t, d.DSN)
	for name, other := range map[string]func(*activity.Session){
		"a pid that was given out again": func(s *activity.Session) {
			s.BackendStart = s.BackendStart.Add(time.Microsecond)
		},
		"another transaction": func(s *activity.Session) {
			s.TransactionStart = s.TransactionStart.Add(time.Microsecond)
		},
		"it was in no transaction when seen":   func(s *activity.Session) { s.TransactionStart = time.Time{} },
		"a backend whose start nobody may see": func(s *activity.Session) { s.BackendStart = time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			pid, _ := d.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
			s, _ := see(t, c, pid)
			was := s
			other(&was)
			if was.Key() == s.Key() {
				t.Errorf("one key for two: %s", s.Key())
			}
			if end(t, c, was, activity.Terminate) || end(t, c, was, activity.Cancel) {
				t.Error("it was ended")
			}
			if _, ok := see(t, c, pid); !ok {
				t.Error("it is gone")
			}
			if !end(t, c, s, activity.Terminate) {
				t.Error("what was seen was not ended")
			}
			d.WaitForGone(t, pid)
		})
	}
}

// TestACancelDoesNothingToWhoIsIdle: the server would take the signal and nothing would
// come of it.
func TestACancelDoesNothingToWhoIsIdle(t *testing.T) {
	d := dbtest.New(t)
	c := monitor(t, d.DSN)
	pid, _ := d.Blocker(t, "SELECT 1")
	s, _ := see(t, c, pid)
	if w, why := s.Ending(false); w != activity.Terminate || !strings.Contains(why, "idle in its transaction") {
		t.Errorf("offered %q: %s", w, why)
	}
	if end(t, c, s, activity.Cancel) {
		t.Error("a cancel was sent")
	}
}

// TestALaterTransactionIsLeftAlone: a session of a pool serves the next request.
func TestALaterTransactionIsLeftAlone(t *testing.T) {
	d := dbtest.New(t)
	c := monitor(t, d.DSN)
	x := d.Conn(t)
	do(t, x, "BEGIN; SELECT 1")
	pid := x.PgConn().PID()
	s, _ := see(t, c, pid)
	do(t, x, "COMMIT; BEGIN; SELECT 1")
	if end(t, c, s, activity.Terminate) {
		t.Error("the next transaction was ended")
	}
	do(t, x, "ROLLBACK")
	if end(t, c, s, activity.Terminate) {
		t.Error("a session that had let go was ended")
	}
	idle, _ := see(t, c, pid)
	do(t, x, "SELECT 2")
	if end(t, c, idle, activity.Terminate) {
		t.Error("a session that had served another request was ended")
	}
}

func do(t *testing.T, c *pgx.Conn, sql string) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestWhoMayNotEndIsToldWhatHelps(t *testing.T) {
	d := dbtest.New(t)
	name, dsn := d.Role(t, "app", "")
	_, other := d.Role(t, "other", "")
	reader, readerDSN := d.Role(t, "watcher", "IN ROLE pg_read_all_stats")
	x := dbtest.Connect(t, other)
	do(t, x, "BEGIN; SELECT 1")
	pid := x.PgConn().PID()

	s, ok := see(t, monitor(t, dsn), pid)
	if w, why := s.Ending(false); !ok || !s.Hidden() || w != "" || !strings.Contains(why, "pg_read_all_stats") {
		t.Errorf("%s sees %+v and may %q: %s", name, s, w, why)
	}
	c := monitor(t, readerDSN)
	s, _ = see(t, c, pid)
	_, err := db.End(t.Context(), c, s, activity.Terminate)
	if db.SQLState(err) != "42501" {
		t.Fatalf("ended by %s: %v", reader, err)
	}
	hint, err := db.MayEnd(t.Context(), c, s)
	if want := "let a superuser run: GRANT pg_signal_backend TO " + reader; err != nil || hint != want {
		t.Fatalf("hint %q, %v; want %q", hint, err, want)
	}
	// The hint helps.
	d.Exec(t, strings.TrimPrefix(hint, "let a superuser run: "))
	if !end(t, c, s, activity.Terminate) {
		t.Error("not ended with the right")
	}
	super := d.Conn(t)
	do(t, super, "BEGIN; SELECT 1")
	s, _ = see(t, c, super.PgConn().PID())
	if _, err = db.End(t.Context(), c, s, activity.Terminate); db.SQLState(err) != "42501" {
		t.Fatalf("a superuser's session: %v", err)
	}
	if hint, _ = db.MayEnd(t.Context(), c, s); hint != "only a superuser may end a superuser's session" {
		t.Errorf("hint %q", hint)
	}
}
