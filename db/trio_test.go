package db_test

import (
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"

	"github.com/jackc/pgx/v5"
)

// sleep runs a long statement on the executor; the channel gives its error.
func sleep(t *testing.T, d *dbtest.DB, tr *db.Trio) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	ctx := bounded(t)
	go func() { _, err := tr.Executor.Exec(ctx, "SELECT pg_sleep(55)"); done <- err }()
	pid, _ := tr.Backend()
	dbtest.WaitFor(t, "the executor to sleep", func() bool {
		return dbtest.QueryVal[int64](t, d,
			"SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", pid) == 1
	})
	return done
}

// terminate ends a backend from outside and waits until it is gone.
func terminate(t *testing.T, d *dbtest.DB, application string) {
	t.Helper()
	for _, pid := range dbtest.QueryCol[int32](t, d,
		"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1", application) {
		d.Exec(t, "SELECT pg_terminate_backend($1::int)", pid)
		d.WaitForGone(t, uint32(pid))
	}
}

func TestCancelByRequest(t *testing.T) {
	d := dbtest.New(t)
	p := dbtest.NewProxy(t, d.DSN)
	tr := trio(t, p.DSN)
	done := sleep(t, d, tr)
	requested := p.On(isCancel, dbtest.Pass)
	how, err := tr.Cancel(bounded(t))
	// On a busy machine the request may need longer than Cancel's patience.
	if err != nil || how != db.CanceledByRequest && how != db.CanceledByEscape {
		t.Errorf("got %q, %v", how, err)
	}
	<-requested
	if err := <-done; db.Classify(err) != db.StatementCanceled || !db.Decided(err) {
		t.Errorf("got %v", err)
	}
	if _, err := tr.Executor.Exec(bounded(t), "SELECT 1"); err != nil {
		t.Errorf("the session must live on: %v", err)
	}
}

func isCancel(m dbtest.Message) bool { return m.Type == dbtest.Cancel }

func TestCancelByEscapeWhereTheRequestIsLost(t *testing.T) {
	d := dbtest.New(t)
	p := dbtest.NewProxy(t, d.DSN)
	tr := trio(t, p.DSN)
	done := sleep(t, d, tr)
	p.On(isCancel, dbtest.CutBefore) // as a load balancer that sends it to another host
	how, err := tr.Cancel(bounded(t))
	if err != nil || how != db.CanceledByEscape {
		t.Errorf("got %q, %v", how, err)
	}
	if err := <-done; db.Classify(err) != db.StatementCanceled {
		t.Errorf("got %v", err)
	}
}

func TestCancelByEscapeWhereNoConnectionIsTaken(t *testing.T) {
	d := dbtest.New(t)
	p := dbtest.NewProxy(t, d.DSN)
	tr := trio(t, p.DSN)
	done := sleep(t, d, tr)
	p.Refuse(true)
	how, err := tr.Cancel(bounded(t))
	if err != nil || how != db.CanceledByEscape {
		t.Errorf("got %q, %v", how, err)
	}
	if err := <-done; db.Classify(err) != db.StatementCanceled {
		t.Errorf("got %v", err)
	}
}

func TestCancelByEscapeWhereTheRequestHangs(t *testing.T) {
	d := dbtest.New(t)
	p := dbtest.NewProxy(t, d.DSN)
	tr := trio(t, p.DSN)
	done := sleep(t, d, tr)
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	p.Hook(func(m dbtest.Message) dbtest.Action {
		if isCancel(m) {
			<-over
			return dbtest.CutBefore
		}
		return dbtest.Pass
	})
	how, err := tr.Cancel(bounded(t))
	if err != nil || how != db.CanceledByEscape {
		t.Errorf("got %q, %v", how, err)
	}
	if err := <-done; db.Classify(err) != db.StatementCanceled {
		t.Errorf("got %v", err)
	}
}

func TestCancelWithoutEscape(t *testing.T) {
	d := dbtest.New(t)
	p := dbtest.NewProxy(t, d.DSN)
	tr := trio(t, p.DSN)
	done := sleep(t, d, tr)
	terminate(t, d, "belay/7f3c9a21/+escape")
	p.Hook(func(m dbtest.Message) dbtest.Action {
		if m.Type == dbtest.Startup {
			return dbtest.CutBefore // no new session, but cancel requests pass
		}
		return dbtest.Pass
	})
	how, err := tr.Cancel(bounded(t))
	if err != nil || how != db.CanceledUnseen {
		t.Errorf("got %q, %v", how, err)
	}
	if err := <-done; db.Classify(err) != db.StatementCanceled {
		t.Errorf("got %v", err)
	}
	p.Hook(nil)
	dbtest.WaitFor(t, "the escape connection to come back", func() bool {
		return tr.Spare(bounded(t), func(c *db.Conn) error { return c.Ping(bounded(t)) }) == nil
	})
}

func TestCancelWithoutAnyWay(t *testing.T) {
	c := dbtest.NewCluster(t, scratch.Options{})
	tr := trio(t, c.DSN(""))
	if err := c.Crash(); err != nil {
		t.Fatal(err)
	}
	if how, err := tr.Cancel(bounded(t)); err == nil || how != db.CanceledNothing {
		t.Errorf("got %q, %v", how, err)
	}
}

func TestCancelHitsNoLaterStatement(t *testing.T) {
	d := dbtest.New(t)
	tr := trio(t, d.DSN)
	for range 20 {
		if _, err := tr.Cancel(bounded(t)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tr.Executor.Exec(bounded(t), "SELECT pg_sleep(0.4)"); err != nil {
		t.Errorf("an idle executor was canceled, and its next statement hit: %v", err)
	}
}

func TestMonitorIsCutAndComesBack(t *testing.T) {
	d := dbtest.New(t)
	tr := trio(t, d.DSN)
	done := sleep(t, d, tr)
	was := tr.Monitor.Standing().PID
	terminate(t, d, "belay/7f3c9a21/+monitor")
	err := tr.Monitor.Lend(bounded(t), 0, func(c *db.Conn) error {
		if got := c.Settings.Get("default_transaction_read_only"); got != "on" {
			t.Errorf("the new monitor may write: %q", got)
		}
		return c.Ping(bounded(t))
	})
	if now := tr.Monitor.Standing(); err != nil || !now.Connected || now.PID == was {
		t.Fatalf("it did not come back: %v, %+v, was %d", err, now, was)
	}
	if how, err := tr.Cancel(bounded(t)); err != nil || how != db.CanceledByRequest && how != db.CanceledByEscape {
		t.Errorf("the cut monitor must not matter: %q, %v", how, err)
	}
	<-done
}

func TestExecutorIsCut(t *testing.T) {
	d := dbtest.New(t)
	tr := trio(t, d.DSN)
	done := sleep(t, d, tr)
	pid, start := tr.Backend()
	if start == 0 {
		t.Error("the backend's start is not known")
	}
	terminate(t, d, "belay/7f3c9a21/run")
	if err := <-done; db.Decided(err) {
		t.Errorf("a terminated session decides nothing: %v", err)
	}
	var alive bool
	err := tr.Monitor.Lend(bounded(t), 0, func(c *db.Conn) error {
		return c.QueryRow(bounded(t), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", pid).Scan(&alive)
	})
	if err != nil || alive {
		t.Errorf("the monitor must be able to tell: %v, %v", alive, err)
	}
	if how, err := tr.Cancel(bounded(t)); err != nil && how != db.CanceledNothing {
		t.Errorf("got %q, %v", how, err)
	}
}

func TestExecutorCutAtCommitIsUnknown(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, "CREATE TABLE t ()")
	p := dbtest.NewProxy(t, d.DSN)
	tr := trio(t, p.DSN)
	p.On(dbtest.Runs("commit"), dbtest.CutReply)
	ctx := bounded(t)
	tx, err := tr.Executor.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "ALTER TABLE public.t ADD COLUMN x int"); err != nil {
		t.Fatal(err)
	}
	err = tx.Commit(ctx)
	if db.Classify(err) != db.Unknown || db.Decided(err) {
		t.Errorf("got %v", err)
	}
	if d.Count(t, "pg_attribute WHERE attrelid = 't'::regclass AND attname = 'x'") != 1 {
		t.Error("the commit took effect: the test does not show what it should")
	}
}

func TestTrioIsAllOrNothing(t *testing.T) {
	d := dbtest.New(t)
	role, dsn := d.Role(t, "app", "CONNECTION LIMIT 2")
	_, err := db.OpenTrio(bounded(t), config(t, dsn), "7f3c9a21", "run")
	if db.Classify(err) != db.TooManyConnections {
		t.Fatalf("got %v", err)
	}
	dbtest.WaitFor(t, "the first two to be closed", func() bool {
		return d.Count(t, "pg_stat_activity WHERE usename = "+literal(role)) == 0
	})
}

func TestCloseUndoesWhatWasOpen(t *testing.T) {
	d := dbtest.New(t)
	tr := trio(t, d.DSN)
	if _, err := tr.Executor.Exec(bounded(t), "BEGIN"); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Executor.Exec(bounded(t),
		"CREATE TABLE "+pgx.Identifier{"public", "left over"}.Sanitize()+" ()"); err != nil {
		t.Fatal(err)
	}
	if err := tr.Close(); err != nil {
		t.Error(err)
	}
	dbtest.WaitFor(t, "all three to be gone", func() bool {
		return d.Count(t,
			"pg_stat_activity WHERE application_name LIKE 'belay/7f3c9a21/%' AND datname = current_database()") == 0
	})
	if d.Count(t, "pg_class WHERE relname = 'left over'") != 0 {
		t.Error("the table stayed")
	}
}

func literal(s string) string { return "'" + s + "'" }
