package backfill_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
)

// A row that the statement cannot change is found, shown by its key, and
// pauses the backfill; nothing before or behind it is lost.
func TestDataErrorIsNarrowedToTheRow(t *testing.T) {
	for _, c := range []struct{ name, table, set, state string }{
		{"division", `CREATE TABLE t (a int, b text, d int, n int, PRIMARY KEY (a, b));
			INSERT INTO t SELECT i % 5, 'k' || i, CASE i WHEN 777 THEN 0 ELSE 1 END, 0 FROM generate_series(1, 2000) i`, "n = n + 1 / d", "22012"},
		{"check", `CREATE TABLE t (a int, b text, d int, n int CHECK (n + d > 0), PRIMARY KEY (a, b));
			INSERT INTO t SELECT i % 5, 'k' || i, CASE i WHEN 777 THEN 0 ELSE 1 END, CASE i WHEN 777 THEN 1 ELSE 0 END FROM generate_series(1, 2000) i`, "n = 1 - n", "23514"},
		{"raise", `CREATE TABLE t (a int, b text, d int, n int, PRIMARY KEY (a, b));
			INSERT INTO t SELECT i % 5, 'k' || i, CASE i WHEN 777 THEN 0 ELSE 1 END, 0 FROM generate_series(1, 2000) i;
			CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.d = 0 THEN RAISE EXCEPTION ''not this one''; END IF; RETURN NEW; END';
			CREATE TRIGGER f BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()`, "n = n + 1", "P0001"},
		{"deferred to commit", `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
			CREATE TABLE t (a int, b text, d int, n int, PRIMARY KEY (a, b));
			INSERT INTO t SELECT i % 5, 'k' || i, CASE i WHEN 777 THEN 0 ELSE 1 END, 0 FROM generate_series(1, 2000) i;
			ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES p DEFERRABLE INITIALLY DEFERRED NOT VALID`, "n = n + d + CASE WHEN d = 0 THEN 5 ELSE 0 END", "23503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, c.table)
			o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: c.set, MaxRows: 500}))
			b := s.start(t, o)
			dbtest.WaitFor(t, "the pause", b.state(backfill.Paused))
			snap := b.ctl.Snapshot()
			if p := snap.Problem; p == nil || strings.Join(p.Key, ",") != "2,k777" ||
				strings.Join(p.Columns, ",") != "a,b" || p.SQLState != c.state {
				t.Fatalf("problem %+v", snap.Problem)
			}
			if !strings.HasPrefix(snap.Reason, "row (a, b) = (2, k777): ") {
				t.Errorf("reason %q", snap.Reason)
			}
			before := s.Count(t, "t WHERE (a, b) < (2, 'k777')")
			if snap.Rows != before {
				t.Errorf("%d rows done, %d stand before it", snap.Rows, before)
			}
			dbtest.WaitFor(t, "nothing of it to be open", func() bool { return s.ours(t) == 0 })
			s.Exec(t, `UPDATE t SET d = 1, n = 0 WHERE d = 0`)
			b.ctl.Resume()
			if res := b.wait(t); res.Rows != 2000 || s.Count(t, "t WHERE n = 1") != 2000 {
				t.Errorf("result %+v, %d are 1", res, s.Count(t, "t WHERE n = 1"))
			}
		})
	}
}

func TestDataErrorByPlace(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (d int, n int); INSERT INTO t SELECT CASE i WHEN 1777 THEN 0 ELSE 1 END, 0 FROM generate_series(1, 3000) i`)
	byPlace(t, s)
	b := s.start(t, s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = 7 / d", MaxRows: 1000})))
	dbtest.WaitFor(t, "the pause", b.state(backfill.Paused))
	place := dbtest.QueryVal[string](t, s.DB, `SELECT ctid::text FROM t WHERE d = 0`)
	if p := b.ctl.Snapshot().Problem; p == nil || len(p.Key) != 1 || p.Key[0] != place {
		t.Errorf("problem %+v, want %s", p, place)
	}
	s.Exec(t, `UPDATE t SET d = 1 WHERE d = 0`)
	b.ctl.Resume()
	b.wait(t)
	if n := s.Count(t, "t WHERE n = 7"); n != 3000 {
		t.Errorf("%d rows are 7", n)
	}
}

// VACUUM FULL gives every row another place: the pass starts over.
func TestPlaceAfterRewrite(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (v int, n int, pad text DEFAULT repeat('x', 100)); INSERT INTO t SELECT i FROM generate_series(1, 3000) i; DELETE FROM t WHERE v % 2 = 0`)
	byPlace(t, s)
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = v", MaxRows: 200}))
	batches := 0
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			if batches++; batches == 4 {
				s.Exec(t, `VACUUM FULL t`)
			}
		}
	}
	res := run(t, o)
	if n := s.Count(t, "t WHERE n IS DISTINCT FROM v"); n != 0 || res.Rows != 1500 {
		t.Errorf("%d rows differ, %d changed", n, res.Rows)
	}
}

// A row that another session holds: refused after 200 ms, tried again, who
// holds it is told, and the rows before it are not kept waiting.
func TestLockedRow(t *testing.T) {
	dbtest.LongAlone(t)
	s := newStand(t, increments)
	pid, release := s.Blocker(t, `SELECT 1 FROM t WHERE id = 1234 FOR UPDATE`)
	o := s.options(t, s.plan(t, increment()))
	tries := 0
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Retrying {
			if tries++; e.SQLState != "55P03" {
				t.Errorf("retry for %s", e.SQLState)
			}
			if strings.Contains(e.Message, fmt.Sprint("PID ", pid)) {
				release()
			}
		}
	}
	b := s.start(t, o)
	res := b.wait(t)
	if tries < 5 || res.Rows != 5000 || s.Count(t, "t WHERE n = 1") != 5000 {
		t.Errorf("%d tries, result %+v", tries, res)
	}
}

// Writers that lock rows in the other order: whoever is the victim, all ends well.
func TestDeadlocks(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0, w int DEFAULT 0); INSERT INTO t SELECT generate_series(1, 3000)`)
	s.Exec(t, `ALTER SYSTEM SET deadlock_timeout = '20ms'`)
	s.Exec(t, `SELECT pg_reload_conf()`)
	t.Cleanup(func() { s.Exec(t, `ALTER SYSTEM RESET deadlock_timeout`); s.Exec(t, `SELECT pg_reload_conf()`) })
	stop := make(chan struct{})
	var work sync.WaitGroup
	for i := range 3 {
		c := s.Conn(t)
		work.Go(func() {
			for n := i; ; n += 3 {
				select {
				case <-stop:
					return
				default:
				}
				hi := 3000 - n*37%2900
				_, err := c.Exec(bounded(t),
					fmt.Sprintf(
						`BEGIN; UPDATE t SET w = w + 1 WHERE id = %d; UPDATE t SET w = w + 1 WHERE id = %d; COMMIT`, hi,
						hi-50,
					))
				if err != nil {
					_, _ = c.Exec(bounded(t), `ROLLBACK`)
				}
			}
		})
	}
	res, err := backfill.Run(bounded(t),
		s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 1000})))
	close(stop)
	work.Wait()
	if err != nil || res.Rows != 3000 || s.Count(t, "t WHERE n = 1") != 3000 {
		t.Errorf("result %+v: %v", res, err)
	}
}

// What the server refuses for another reason pauses it, and says why.
func TestRefusedStatementPauses(t *testing.T) {
	s := newStand(t, increments)
	o := s.options(t, s.plan(t, increment()))
	once := sync.OnceFunc(func() { s.Exec(t, `ALTER TABLE t RENAME n TO m`) })
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			once()
		}
	}
	var paused *backfill.PausedError
	_, err := backfill.Run(bounded(t), o)
	if !errors.As(err, &paused) || paused.Problem == nil || paused.Problem.SQLState != "42703" ||
		len(paused.Problem.Key) != 0 {
		t.Errorf("error %v", err)
	}
}
