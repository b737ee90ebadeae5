package apply_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db/apply"
	"belay/db/dbtest"
	"belay/sqlview/effect"
)

func probe(t testing.TB, d *dbtest.DB, u apply.Unit, at apply.Trace) apply.Evidence {
	t.Helper()
	x, _ := executor(t, d.DSN)
	e, err := apply.Probe(t.Context(), x.Trio.Executor, u, at)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The connection is cut at each message of a unit, before the server has it,
// after, and after it was answered. Whatever is said must be true, and the
// probe must find the truth.
func TestCutAtEveryMessage(t *testing.T) {
	t.Parallel()
	messages := []struct {
		name string
		part string
	}{
		{"begin", "BEGIN"}, {"settings", "set_config($1, $2, true)"}, {"statement", "ALTER TABLE t"},
		{"history", "INSERT INTO public.schema_migrations"}, {"deferred", "SET CONSTRAINTS"}, {"commit", "COMMIT"},
	}
	actions := []struct {
		name string
		do   dbtest.Action
	}{{"before", dbtest.CutBefore}, {"after", dbtest.CutAfter}, {"reply", dbtest.CutReply}}
	for i, m := range messages {
		for j, a := range actions {
			if !dbtest.InShort(i+j, len(actions)) {
				continue // each message in one of the ways
			}
			for _, marked := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/history %v", m.name, a.name, marked), func(t *testing.T) {
					if !marked && (m.name == "history" || !dbtest.Long()) {
						return
					}
					cutOnce(t, m.part, a.do, marked)
				})
			}
		}
	}
}

func cutOnce(t *testing.T, part string, action dbtest.Action, marked bool) {
	d := shop(t)
	p := dbtest.NewProxy(t, d.DSN)
	x, rec := executor(t, p.DSN)
	u := unit(addColumn())
	if !marked {
		u.Mark, u.Record = apply.Mark{}, nil
	}
	arrived := p.On(dbtest.Runs(part), action)
	got := x.Run(t.Context(), u)
	select {
	case <-arrived:
	default:
		t.Fatalf("%s was never sent: %s, %v", part, got.Outcome, got.Err)
	}
	d.WaitForGone(t, got.Trace.PID)
	truth := apply.NotApplied
	if hasColumn(t, d, "note") {
		truth = apply.Applied
	}
	if got.Outcome != apply.Unknown && got.Outcome != truth {
		t.Fatalf("said %s, truth %s", got.Outcome, truth)
	}
	if got.Outcome == apply.Applied {
		t.Fatal("the connection was cut and yet it says applied")
	}
	if sent := len(rec.of(apply.CommitSending)) > 0; sent && got.Outcome != apply.Unknown {
		t.Errorf("COMMIT was handed over, and it says %s", got.Outcome)
	}
	if len(rec.of(apply.Intent)) != 1 || got.Attempts != 1 {
		t.Errorf("%d intents, %d attempts: something was sent again", len(rec.of(apply.Intent)), got.Attempts)
	}
	if pgconn.SafeToRetry(got.Err) {
		t.Logf("the driver calls it safe to retry; the truth is %s", truth)
	}
	if e := probe(t, d, u, got.Trace); e.Outcome != truth {
		t.Errorf("the probe says %s (%s), truth %s", e.Outcome, e.Why, truth)
	}
}

// A backend that outlived its client is found, named, and decides nothing until
// it is gone.
func TestGhostIsFound(t *testing.T) {
	t.Parallel()
	d := shop(t)
	p := dbtest.NewProxy(t, d.DSN)
	x, _ := executor(t, p.DSN)
	x.Limits.FirstRung, x.Limits.Grace = 90*time.Second, 300*time.Millisecond
	if x.Trio.Executor.ServerMajor() >= 14 { // an older server never looks for its client
		if _, err := x.Trio.Executor.Exec(t.Context(), `SET client_connection_check_interval = 0`); err != nil {
			t.Fatal(err)
		}
	}
	_, release := d.Blocker(t, `LOCK TABLE t IN ACCESS SHARE MODE`)
	defer release()
	p.Hook(func(m dbtest.Message) dbtest.Action {
		if dbtest.Runs("ALTER TABLE t")(m) {
			return dbtest.BlackholeAfter
		}
		return dbtest.Pass
	})
	u := unit(addColumn())
	ghost := make(chan apply.Evidence, 1)
	trace := make(chan apply.Trace, 1)
	x.Tell = func(e apply.Event) error {
		if e.Kind == apply.Intent {
			trace <- *e.Trace
		}
		return nil
	}
	go func() {
		defer close(ghost) // also where a wait ends the test
		at := <-trace
		d.WaitForLockWait(t, at.PID)
		ghost <- probe(t, d, u, at)
		d.Exec(t, `SELECT pg_terminate_backend($1)`, int32(at.PID))
		d.WaitForGone(t, at.PID)
		p.Resume()
	}()
	got := x.Run(t.Context(), u)
	e := <-ghost
	if e.Outcome != apply.Unknown || len(e.Ghosts) != 1 || e.Ghosts[0].Waits != "Lock: relation" ||
		e.Ghosts[0].PID != int(got.Trace.PID) {
		t.Errorf("evidence %+v", e)
	}
	if e := probe(t, d, u, got.Trace); e.Outcome != apply.NotApplied || len(e.Ghosts) != 0 {
		t.Errorf("afterwards %+v", e)
	}
	untouched(t, d)
}

func TestProbeOfStatementsOutsideATransaction(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.Exec(t, `ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID`)
	validate := instant("ALTER TABLE", `ALTER TABLE t VALIDATE CONSTRAINT c`)
	validate.Constraint = apply.Constraint{Table: "public.t", Name: "c"}
	u := byOne(createIndex(newIndex, "t_a"), validate,
		apply.Statement{SQL: `CALL p()`, Kind: "CALL", Effect: effect.Effect{Known: true, Duration: effect.Unknown}})
	check := func(outcome apply.Outcome, from int) {
		t.Helper()
		at := apply.Trace{PID: 1, Statement: from}
		if e := probe(t, d, u, at); e.Outcome != outcome || e.From != from {
			t.Errorf("%s from %d (%s), want %s from %d", e.Outcome, e.From, e.Why, outcome, from)
		}
	}
	check(apply.NotApplied, 0)
	d.Exec(t, newIndex)
	check(apply.NotApplied, 1)
	d.Exec(t, validate.SQL)
	check(apply.Unknown, 2) // CALL was sent, and nothing shows what it did
	d.Exec(t, `INSERT INTO schema_migrations VALUES (7, true)`)
	check(apply.Unknown, 2)
	d.Exec(t, `UPDATE schema_migrations SET dirty = false`)
	check(apply.Applied, 3)
}

// The connection is cut while CONCURRENTLY runs: the index is what it is, and
// the probe says so.
func TestCutDuringConcurrently(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		action  dbtest.Action
		waiting bool
	}{{"before", dbtest.CutBefore, false}, {"reply", dbtest.CutReply, false}, {"while it waits", dbtest.Pass, true}} {
		t.Run(c.name, func(t *testing.T) {
			d := shop(t)
			p := dbtest.NewProxy(t, d.DSN)
			x, _ := executor(t, p.DSN)
			x.Limits.ConnectionCheck = 50 * time.Millisecond
			if c.waiting && x.Trio.Executor.ServerMajor() < 14 {
				t.Log("before 14 the server never looks for its client: the build goes on, as TestGhostIsFound shows " +
					"for a lock wait")
				return
			}
			if c.waiting {
				_, release := d.Blocker(t,
					`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM schema_migrations`)
				defer release()
				go func() {
					d.WaitForLockWaitBy(t, "belay/7f3a0001/run")
					p.Refuse(true) // no cancel request: only the server's own check ends it
					p.CutAll()
				}()
			} else {
				p.On(dbtest.Runs("CREATE INDEX"), c.action)
			}
			u := byOne(createIndex(newIndex, "t_a"))
			got := x.Run(t.Context(), u)
			want(t, got, apply.Unknown, apply.ConnectionLost)
			d.WaitForGone(t, got.Trace.PID)
			e := probe(t, d, u, got.Trace)
			valid := d.Count(t, `pg_index WHERE indexrelid = to_regclass('t_a') AND indisvalid`) == 1
			there := d.Count(t, `pg_class WHERE relname = 't_a'`) == 1
			if e.Outcome != apply.NotApplied || (e.From == 1) != valid || (len(e.Invalid) == 1) != (there && !valid) ||
				!e.Dirty {
				t.Errorf("%+v; there %v, valid %v", e, there, valid)
			}
			// The next run goes on from there, once what is INVALID is dropped.
			x, _ = executor(t, d.DSN)
			for _, i := range e.Invalid {
				want(t, x.DropInvalid(t.Context(), i), apply.Applied, apply.Done)
			}
		})
	}
}

// A way back outside a transaction that was begun has left the version before,
// dirty. The version's own absence is then no proof.
func TestProbeOfABegunWayBack(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE t (n int); CREATE INDEX gone ON t (n);
		CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (41, true)`)
	u := apply.Unit{
		Name: "42", Wrap: apply.OneByOne,
		Statements: []apply.Statement{
			{
				SQL: "DROP INDEX CONCURRENTLY gone", Kind: "DROP INDEX", Concurrent: true,
				Index: apply.Index{Schema: "public", Name: "gone"},
			},
		},
		Mark: apply.Mark{
			SQL: "SELECT version::text, '', '', dirty FROM public.schema_migrations", Version: "42", UpTo: true,
			Absent: true,
		},
	}
	if e := probe(t, d, u, apply.Trace{}); e.Outcome != apply.NotApplied || e.From != 0 || !e.Dirty {
		t.Errorf("begun only: %+v", e)
	}
	d.Exec(t, "DROP INDEX gone")
	if e := probe(t, d, u, apply.Trace{}); e.Outcome != apply.NotApplied || e.From != 1 {
		t.Errorf("dropped and not recorded: %+v", e)
	}
	d.Exec(t, "UPDATE schema_migrations SET dirty = false")
	if e := probe(t, d, u, apply.Trace{}); e.Outcome != apply.Applied {
		t.Errorf("recorded: %+v", e)
	}
}
