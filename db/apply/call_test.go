package apply_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"belay/db/apply"
	"belay/db/dbtest"
)

// chunked commits each row; fails after the n-th where fail is n, and waits where
// slow is set.
const chunked = `CREATE PROCEDURE chunked(n int, fail int, slow int) LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..n LOOP
	UPDATE t SET a = -i WHERE id = i; COMMIT;
	IF i = fail THEN RAISE EXCEPTION 'half'; END IF; IF i = slow THEN PERFORM pg_sleep(60); END IF;
	END LOOP; END $$`

// A file of one CALL or DO that commits runs as with the team's tool: outside a
// transaction. Where it ends halfway, that is what is said.
func TestCommitsByItself(t *testing.T) {
	t.Parallel()
	const done = `DO $$ BEGIN UPDATE t SET a = -1 WHERE id = 1; COMMIT; UPDATE t SET a = -2 WHERE id = 2; END $$`
	for i, c := range []struct {
		name, sql string
		// way is what happens to it; "" = nothing.
		way     string
		outcome apply.Outcome
		reason  apply.Reason
		rows    int64 // committed by it
	}{
		{"call", `CALL chunked(3, 0, 0)`, "", apply.Applied, apply.Done, 3},
		{"do", done, "", apply.Applied, apply.Done, 2},
		{"fails halfway", `CALL chunked(3, 2, 0)`, "", apply.NotApplied, apply.Halfway, 2},
		{"past its hold", `CALL chunked(3, 0, 1)`, "", apply.NotApplied, apply.Halfway, 1},
		{"waits past its hold", `CALL chunked(3, 0, 0)`, "blocked", apply.NotApplied, apply.Halfway, 1},
		{"waits longer than a rung", `CALL chunked(3, 0, 0)`, "blocked for a while", apply.Applied, apply.Done, 3},
		{"stopped", `CALL chunked(3, 0, 2)`, "stop", apply.NotApplied, apply.Canceled, 2},
		{"cancelled", `CALL chunked(3, 0, 2)`, "cancel", apply.NotApplied, apply.CanceledByOther, 2},
		{"terminated", `CALL chunked(3, 0, 2)`, "terminate", apply.Unknown, apply.Terminated, 2},
		{"reply lost", `CALL chunked(3, 0, 0)`, "reply lost", apply.Unknown, apply.ConnectionLost, 3},
		{"no such procedure", `CALL nobody()`, "", apply.NotApplied, apply.StatementError, 0},
	} {
		if !dbtest.InShort(i, 4) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := shop(t)
			d.Exec(t, chunked)
			p := dbtest.NewProxy(t, d.DSN)
			x, rec := executor(t, p.DSN)
			u := judged(t, x, c.sql)
			if apply.WrapOf(u.Statements, false) != apply.OneByOne {
				t.Fatal("it shares a transaction")
			}
			u.Hold = 5 * time.Second
			release := func() {}
			switch c.way {
			case "reply lost":
				p.On(dbtest.Runs(c.sql), dbtest.CutReply)
			case "blocked", "blocked for a while":
				_, release = d.Blocker(t, `SELECT FROM t WHERE id = 2 FOR UPDATE`)
			}
			if c.name == "past its hold" || c.way == "blocked" {
				u.Hold = 700 * time.Millisecond
			}
			rec.hook = func(e apply.Event) error {
				if e.Kind == apply.StatementBegun && c.way != "" && c.way != "reply lost" {
					go disturb(t, d, x, c.way, release)
				}
				return nil
			}
			got := x.Run(t.Context(), u)
			if c.way == "blocked" {
				release()
			}
			_ = x.Trio.Close() // a new process asks once the old one's session is gone
			want(t, got, c.outcome, c.reason)
			if n := d.Count(t, `t WHERE a < 0`); n != c.rows {
				t.Errorf("%d rows stand, want %d", n, c.rows)
			}
			honestly(t, d, u, got, c.rows)
		})
	}
}

func disturb(t *testing.T, d *dbtest.DB, x *apply.Executor, way string, release func()) {
	if way == "blocked for a while" {
		d.WaitUntil(t, `EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
			AND application_name = 'belay/7f3a0001/run' AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '600 ms')`)
		release()
		return
	}
	if way == "blocked" {
		return
	}
	d.WaitUntil(t, `EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
			AND application_name = 'belay/7f3a0001/run' AND wait_event = 'PgSleep')`)
	switch way {
	case "stop":
		x.Stop(errors.New("c"))
	case "cancel":
		d.Exec(t,
			`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'belay/7f3a0001/run' AND datname = current_database()`)
	case "terminate":
		d.Exec(t,
			`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'belay/7f3a0001/run' AND datname = current_database()`)
	}
}

// honestly holds what is said against what stands, and asks as a new process does.
func honestly(t *testing.T, d *dbtest.DB, u apply.Unit, got apply.Result, rows int64) {
	t.Helper()
	switch {
	case got.Outcome == apply.Applied:
		if version(t, d) != "7" {
			t.Errorf("version %q", version(t, d))
		}
		return
	case got.Unchanged() != (rows == 0 && version(t, d) == ""):
		t.Errorf("left %q, version %q", got.Left, version(t, d))
	case rows > 0 && got.Outcome == apply.NotApplied &&
		!strings.Contains(strings.Join(got.Left, " "), "committed by itself"):
		t.Errorf("left %q", got.Left)
	}
	if got.Err == nil || strings.Contains(got.Err.Error(), "nothing changed") || got.Hint() == "" {
		t.Errorf("error %v, hint %q", got.Err, got.Hint())
	}
	d.WaitForGone(t, got.Trace.PID)
	if e := probe(t, d, u, got.Trace); rows > 0 &&
		(e.Outcome != apply.Unknown || e.Sent == nil || *e.Sent != 0 || e.From != 0) {
		t.Errorf("the probe says %+v", e)
	}
}

// Beside other statements it is in their transaction, where the server forbids it:
// undone as a whole.
func TestCommitsAmongOthers(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.Exec(t, chunked)
	x, _ := executor(t, d.DSN)
	u := judged(t, x, `ALTER TABLE t ADD COLUMN note text; CALL chunked(3, 0, 0)`)
	if u.Wrap = apply.WrapOf(u.Statements, false); u.Wrap != apply.Transaction {
		t.Fatal(u.Wrap)
	}
	got := x.Run(t.Context(), u)
	want(t, got, apply.NotApplied, apply.StatementError)
	untouched(t, d)
	// A folder that says "no transaction" runs them one by one.
	u = judged(t, x, `ALTER TABLE t ADD COLUMN note text; CALL chunked(3, 0, 0)`)
	u.Hold = 5 * time.Second
	if u.Wrap = apply.WrapOf(u.Statements, true); u.Wrap != apply.OneByOne {
		t.Fatal(u.Wrap)
	}
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
}
