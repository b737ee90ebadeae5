package apply_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db/apply"
	"belay/db/dbtest"
)

// A plain role sees little of other sessions, and enough to climb the ladder.
func TestPlainRoleBehindABlocker(t *testing.T) {
	t.Parallel()
	d := shop(t)
	login, dsn := d.Role(t, "deploy", "")
	d.Exec(t, `ALTER TABLE t OWNER TO `+login+`; ALTER TABLE schema_migrations OWNER TO `+login)
	x, rec := executor(t, dsn)
	pid, release := d.Blocker(t, `LOCK TABLE t IN ACCESS SHARE MODE`)
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.AttemptEnded && e.Attempt == 2 {
			release()
		}
		return nil
	}
	got := x.Run(t.Context(), unit(addColumn()))
	want(t, got, apply.Applied, apply.Done)
	if len(got.Blockers) != 1 || got.Blockers[0].PID != int(pid) || got.Blockers[0].Query != "" {
		t.Errorf("blockers %+v", got.Blockers)
	}
	for _, e := range rec.of(apply.AttemptEnded)[:2] {
		if e.LockTimeout != 300*time.Millisecond {
			t.Errorf("attempt %d at %s although the blocker stayed", e.Attempt, e.LockTimeout)
		}
	}
}

// Without rights on the history table nothing of the unit stays.
func TestNoRightsOnTheHistoryTable(t *testing.T) {
	t.Parallel()
	d := shop(t)
	login, dsn := d.Role(t, "deploy", "")
	d.Exec(t, `ALTER TABLE t OWNER TO `+login)
	x, _ := executor(t, dsn)
	got := x.Run(t.Context(), unit(addColumn()))
	want(t, got, apply.NotApplied, apply.StatementError)
	if got.Hint() == "" || !got.Unchanged() {
		t.Errorf("hint %q, left %q", got.Hint(), got.Left)
	}
	untouched(t, d)
}

// A standby, and a session that is inside a transaction, are refused unsent.
func TestSessionInsideATransactionIsRefused(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	if _, err := x.Trio.Executor.Exec(t.Context(), `BEGIN`); err != nil {
		t.Fatal(err)
	}
	want(t, x.Run(t.Context(), unit(addColumn())), apply.NotApplied, apply.Refused)
	if len(rec.of(apply.Intent)) != 0 {
		t.Error("an intent was told")
	}
	untouchedBy(t, d, x)
}

func untouchedBy(t testing.TB, d *dbtest.DB, x *apply.Executor) {
	t.Helper()
	if _, err := x.Trio.Executor.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	untouched(t, d)
}

// Nothing is started that nobody watches. A monitor that was lost comes back by
// itself.
func TestBlindMonitorStartsNothing(t *testing.T) {
	t.Parallel()
	d := shop(t)
	p := dbtest.NewProxy(t, d.DSN)
	x, rec := executor(t, p.DSN)
	p.Refuse(true)
	endMonitor(t, d, x)
	want(t, x.Run(t.Context(), unit(addColumn())), apply.NotApplied, apply.Blind)
	if len(rec.of(apply.Intent)) != 0 {
		t.Error("an intent was told")
	}
	p.Refuse(false)
	if err := x.Trio.Monitor.Await(t.Context(), func(error) {}); err != nil {
		t.Fatal(err)
	}
	want(t, x.Run(t.Context(), unit(addColumn())), apply.Applied, apply.Done)
}

func endMonitor(t *testing.T, d *dbtest.DB, x *apply.Executor) {
	t.Helper()
	pid := uint32(x.Trio.Monitor.Standing().PID)
	d.Exec(t, `SELECT pg_terminate_backend($1)`, int32(pid))
	d.WaitForGone(t, pid)
}

// A monitor that is lost on the way is told once; the unit ends by itself.
func TestMonitorLostOnTheWay(t *testing.T) {
	t.Parallel()
	d := shop(t)
	p := dbtest.NewProxy(t, d.DSN)
	x, rec := executor(t, p.DSN)
	x.Limits.Attempts = 2
	_, release := d.Blocker(t, `LOCK TABLE t IN ACCESS SHARE MODE`)
	defer release()
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun && e.Attempt == 1 {
			p.Refuse(true)
			endMonitor(t, d, x)
		}
		return nil
	}
	want(t, x.Run(t.Context(), unit(addColumn())), apply.NotApplied, apply.Held)
	if n := len(rec.of(apply.MonitorBlind)); n != 1 {
		t.Errorf("told %d times", n)
	}
	untouched(t, d)
}

// A monitor that is ended on the way is there again for the next look: who stands
// in the way is named all the same.
func TestMonitorComesBackOnTheWay(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	x.Limits.Attempts = 2
	_, release := d.Blocker(t, `LOCK TABLE t IN ACCESS SHARE MODE`)
	defer release()
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun {
			endMonitor(t, d, x)
		}
		return nil
	}
	res := x.Run(t.Context(), unit(addColumn()))
	want(t, res, apply.NotApplied, apply.Held)
	if len(res.Blockers) != 1 {
		t.Errorf("blockers %+v", res.Blockers)
	}
	untouched(t, d)
}

// TestHistoryTableChangedSinceTheLook: its owner, a lesser role, puts a trigger there
// after we looked. Nothing of it runs with our rights, and nothing is applied.
func TestHistoryTableChangedSinceTheLook(t *testing.T) {
	t.Parallel()
	d := shop(t)
	lesser, _ := d.Role(t, "lesser", "")
	d.Exec(t, `CREATE TABLE seen (who text); GRANT INSERT ON seen TO PUBLIC; GRANT CREATE ON SCHEMA public TO PUBLIC;
		ALTER TABLE schema_migrations OWNER TO `+lesser)
	x, rec := executor(t, d.DSN)
	u := unit(addColumn())
	u.History = apply.Table{Schema: "public", Name: "schema_migrations"}
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.Intent {
			d.Exec(t, `SET ROLE `+lesser+`; CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS
				'BEGIN INSERT INTO seen VALUES (current_user); RETURN NEW; END';
				CREATE TRIGGER spy BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION spy(); RESET ROLE`)
		}
		return nil
	}
	got := x.Run(t.Context(), u)
	want(t, got, apply.NotApplied, apply.Refused)
	if !strings.Contains(got.Err.Error(), "since belay looked") || !strings.Contains(got.Hint(), "with your rights") {
		t.Errorf("%v, hint %q", got.Err, got.Hint())
	}
	if n := d.Count(t, "seen"); n != 0 {
		t.Errorf("the trigger ran %d times", n)
	}
	untouched(t, d)
}

// TestHistoryTableStaysAsItWasJudged: while the statements run, its owner, a lesser role,
// can put no table below it, whose triggers our UPDATE or DELETE would fire.
func TestHistoryTableStaysAsItWasJudged(t *testing.T) {
	t.Parallel()
	d := shop(t)
	lesser, _ := d.Role(t, "lesser", "")
	d.Exec(t, `GRANT CREATE ON SCHEMA public TO PUBLIC; ALTER TABLE schema_migrations OWNER TO `+lesser)
	x, rec := executor(t, d.DSN)
	u := unit(addColumn())
	u.History = apply.Table{Schema: "public", Name: "schema_migrations"}
	conn, tried := d.Conn(t), errors.New("no statement was met")
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun {
			_, tried = conn.Exec(t.Context(), `SET ROLE `+lesser+`; SET lock_timeout = '50ms';
				CREATE TABLE below () INHERITS (schema_migrations)`)
		}
		return nil
	}
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	if pg := (*pgconn.PgError)(nil); !errors.As(tried, &pg) || pg.Code != "55P03" {
		t.Errorf("a table below the history table: %v, want a lock timeout", tried)
	}
}
