package apply_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"belay/db/apply"
	"belay/db/dbtest"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

// insert is a statement whose successor need not wait for its answer.
func insert(sql string) apply.Statement {
	return apply.Statement{SQL: sql, Kind: "INSERT", Effect: effect.Effect{Known: true, Transactional: true,
		Duration: effect.Instant, Locks: []effect.On{{Relation: "public.t", Mode: lock.RowExclusive}}}}
}

// among puts a statement in the middle of n inserts.
func among(n int, s apply.Statement) apply.Unit {
	var all []apply.Statement
	for i := range n {
		if i == n/2 {
			all = append(all, s)
		}
		all = append(all, insert(fmt.Sprintf(`INSERT INTO t VALUES (%d, 0)`, 10_000+i)))
	}
	return unit(all...)
}

// What is sent ahead of its answers ends as what is sent one by one: the same outcome,
// words and place, and the same is left.
func TestSentAheadEndsAsOneByOne(t *testing.T) {
	t.Parallel()
	const tricks = `
CREATE FUNCTION trick() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF NEW.a = 1 THEN PERFORM set_config('client_encoding', 'LATIN1', true); END IF;
	IF NEW.a = 2 THEN PERFORM set_config('standard_conforming_strings', 'off', true); END IF;
	IF NEW.a = 3 THEN PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(60); END IF;
	IF NEW.a = 4 THEN PERFORM pg_cancel_backend(pg_backend_pid()), pg_sleep(60); END IF;
	RETURN NEW; END $$;
CREATE TRIGGER trick AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION trick();
CREATE TABLE later (id bigint REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)`
	unknown := func(sql string) apply.Statement { return apply.Statement{SQL: sql} }
	for _, c := range []struct {
		name string
		s    apply.Statement
	}{
		{"well", insert(`INSERT INTO t VALUES (2000, 0) RETURNING id`)},
		{"no table", insert(`INSERT INTO nosuch VALUES (1)`)},
		{"duplicate", insert(`INSERT INTO t VALUES (1, 0)`)},
		{"syntax", insert(`INSERT INTO t VALUE (1)`)},
		{"two commands", insert(`INSERT INTO t VALUES (2001, 0); COMMIT`)},
		{"encoding", insert(`INSERT INTO t VALUES (2002, 1)`)},
		{"strings", insert(`INSERT INTO t VALUES (2003, 2)`)},
		{"terminated", insert(`INSERT INTO t VALUES (2004, 3)`)},
		{"canceled", insert(`INSERT INTO t VALUES (2005, 4)`)},
		{"deferred", insert(`INSERT INTO later VALUES (77)`)},
		{"commit", unknown(`COMMIT`)},
		{"rollback", unknown(`ROLLBACK AND CHAIN`)},
		{"settings", opaque("SET", `SET lock_timeout = '1h'`)},
		{"strong", addColumn()},
		{"too long", opaque("SELECT", `SELECT pg_sleep(60)`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			short, long := ends(t, tricks, 8, c.s), ends(t, tricks, 2*apply.Many+60, c.s)
			// TCP drops the server's last word where it had not read all that was sent.
			lost := c.name == "terminated" && strings.HasPrefix(long, "unknown, connection lost")
			if short != long && !lost {
				t.Errorf("one by one: %s\nsent ahead: %s", short, long)
			}
		})
	}
}

var digits = regexp.MustCompile(`\d+`)

// ends runs a statement among n others and says how that ended; numbers aside.
func ends(t *testing.T, setup string, n int, s apply.Statement) string {
	d := shop(t)
	d.Exec(t, setup)
	x, rec := executor(t, d.DSN)
	x.Limits.HoldBudget = 2 * time.Second
	got := x.Run(t.Context(), among(n, s))
	inHand := 0
	for _, e := range rec.of(apply.StatementEnded) {
		if e.Code == "" {
			inHand = e.Line
		}
	}
	wellUpTo := "the one before"
	if inHand == n+1 {
		wellUpTo = "the end"
	} else if inHand != n/2 {
		wellUpTo = fmt.Sprint(inHand-n/2, " behind it")
	}
	rows := d.Count(t, "t WHERE id >= 10000")
	left := fmt.Sprintf("%d rows", min(rows, 1))
	if rows == int64(n) {
		left = "all rows"
	}
	return digits.ReplaceAllString(fmt.Sprintf("%s, %s: %v; left %q, history %q, %s; well up to %s, %d adjusted",
		got.Outcome, got.Reason, got.Err, got.Left, version(t, d), left, wellUpTo,
		len(rec.of(apply.SettingAdjusted))), "N")
}

// A stop in the middle of a volley cancels what is in hand and undoes all of it.
func TestStopAmongStatementsSentAhead(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	asked := errors.New("asked to")
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun && e.Line == 101 {
			x.Stop(asked)
		}
		return nil
	}
	got := x.Run(t.Context(), among(200, insert(`INSERT INTO t SELECT 5000, 0 FROM pg_sleep(60)`)))
	want(t, got, apply.NotApplied, apply.Canceled)
	if n := d.Count(t, "t WHERE id >= 5000"); n != 0 || !got.Unchanged() || !errors.Is(got.Err, asked) {
		t.Errorf("%d rows stayed, left %v, %v", n, got.Left, got.Err)
	}
	untouched(t, d)
}

// The connection is cut in the middle of a volley: what became of it is unknown, and the
// database says that nothing did.
func TestCutAmongStatementsSentAhead(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]dbtest.Action{
		"before": dbtest.CutBefore, "after": dbtest.CutAfter, "reply": dbtest.CutReply,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := shop(t)
			p := dbtest.NewProxy(t, d.DSN)
			x, _ := executor(t, p.DSN)
			arrived := p.On(dbtest.Runs("(5000, 0)"), cut)
			u := among(200, insert(`INSERT INTO t VALUES (5000, 0)`))
			got := x.Run(t.Context(), u)
			select {
			case <-arrived:
			default:
				t.Fatalf("it was never sent: %s, %v", got.Outcome, got.Err)
			}
			want(t, got, apply.Unknown, apply.ConnectionLost)
			d.WaitForGone(t, got.Trace.PID)
			if e := probe(t, d, u, got.Trace); e.Outcome != apply.NotApplied {
				t.Errorf("the probe says %s", e.Outcome)
			}
			if n := d.Count(t, "t WHERE id >= 5000"); n != 0 {
				t.Errorf("%d rows stayed", n)
			}
		})
	}
}

// A volley that waits for a lock gives up at its rung and is tried again whole.
func TestSentAheadBehindABlocker(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	blocker := d.Conn(t)
	for _, sql := range []string{"BEGIN", "LOCK TABLE t IN ACCESS EXCLUSIVE MODE"} {
		if _, err := blocker.Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.AttemptEnded && e.Attempt == 1 {
			_, err := blocker.Exec(context.Background(), "ROLLBACK")
			return err
		}
		return nil
	}
	want(t, x.Run(t.Context(), among(200, insert(`INSERT INTO t VALUES (5000, 0)`))), apply.Applied, apply.Done)
	if n := d.Count(t, "t WHERE id >= 5000"); n != 201 {
		t.Errorf("%d rows, want 201", n)
	}
	ended := rec.of(apply.AttemptEnded)
	if len(ended) < 2 || ended[0].Code != "55P03" || len(ended[0].Blockers) != 1 {
		t.Errorf("%+v", ended)
	}
}
