package watch_test

import (
	"context"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/watch"
	"belay/sqlview/activity"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const patience = time.Minute

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func session(t testing.TB, dsn string, s db.Session) *db.Conn {
	t.Helper()
	cfg, err := db.ParseConfig(dsn, "$DATABASE_URL")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(bounded(t), cfg, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// watcher has a longer statement_timeout than a run's: machines that run tests
// are busy, and these tests are of what is read, not of how soon.
func watcher(t testing.TB, dsn string) *watch.Watcher {
	t.Helper()
	return watch.New(session(t, dsn, db.Session{
		Kind: db.Monitor, Settings: []db.Setting{db.MilliSeconds("statement_timeout", 30_000)},
	}))
}

func sample(t testing.TB, w *watch.Watcher, relations ...string) activity.Sample {
	t.Helper()
	s, err := w.Sample(bounded(t), relations)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start runs sql in a session of its own that has to wait for a lock. cancel
// ends it and waits.
func start(t testing.TB, d *dbtest.DB, application, sql string) (pid int, cancel func()) {
	t.Helper()
	c := d.Conn(t)
	ctx := bounded(t)
	if _, err := c.Exec(ctx, "SELECT set_config('application_name', $1, false)", application); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.Exec(ctx, sql)
	}()
	pid = int(c.PgConn().PID())
	dbtest.WaitFor(t, application+" to wait", func() bool {
		return dbtest.QueryVal[bool](t, d, "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)", pid)
	})
	once := false
	cancel = func() {
		if !once {
			once = true
			d.Exec(t, "SELECT pg_cancel_backend($1::int)", pid)
			<-done
		}
	}
	t.Cleanup(cancel)
	return pid, cancel
}

func of(s activity.Sample, pid int) (out []activity.Lock) {
	for _, l := range s.Locks {
		if l.PID == pid {
			out = append(out, l)
		}
	}
	return out
}
