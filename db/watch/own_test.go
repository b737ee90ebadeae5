package watch_test

import (
	"context"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/sqlview/activity"
	"belay/sqlview/lock"
)

// A parallel query is in the way once, as its leader; a helper of belay's, which reads for a
// moment, never is. What a run's executor holds is: for another run it is a session like any.
func TestHelpersAndWorkersAreInNobodysWay(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	open := func(s db.Session, sql string) int {
		c := session(t, d.DSN, s)
		for _, q := range []string{"BEGIN", sql} {
			if _, err := c.Exec(bounded(t), q); err != nil {
				t.Fatal(err)
			}
		}
		return int(c.PgConn().PID())
	}
	helper := open(db.Session{Kind: db.Escape, Run: "7f3c9a21"}, "SELECT count(*) FROM public.orders")
	executor := open(db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: "run"},
		"UPDATE public.orders SET note = 'x' WHERE id = 1")
	leader := parallel(t, d)
	s := sample(t, watcher(t, d.DSN), "public.orders")
	got := map[int]bool{}
	all := s.Blockers([]activity.Want{{Relation: "public.orders", Mode: lock.AccessExclusive}})
	for _, l := range append(all, s.Older()...) {
		got[l.PID] = true
		if l.PID != executor && l.PID != leader {
			t.Errorf("pid %d stands in the way: %+v", l.PID, l)
		}
	}
	if !got[executor] || !got[leader] || got[helper] {
		t.Errorf("in the way stand %v, not %d and %d", got, executor, leader)
	}
}

// parallel runs a query with a worker, and gives the pid of its leader.
func parallel(t *testing.T, d *dbtest.DB) int {
	c := session(t, d.DSN, db.Session{Kind: db.Executor, Run: "0c1d2e3f", Step: "other"})
	mode := "debug_parallel_query"
	if c.ServerMajor() < 16 {
		mode = "force_parallel_mode"
	}
	if _, err := c.Exec(bounded(t), "BEGIN; SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL "+mode+" = on; "+
		"SET LOCAL statement_timeout = 0"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(bounded(t))
	done := make(chan struct{})
	t.Cleanup(func() { stop(); <-done })
	go func() {
		defer close(done)
		_, _ = c.Exec(ctx, "SELECT count(pg_sleep(0.1)) FROM public.orders")
	}()
	d.WaitUntil(t, "EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'parallel worker' "+
		"AND xact_start IS NOT NULL)")
	return int(c.PgConn().PID())
}

// A helper reads for a moment: one that is in a transaction for long, or any session that
// took its name, is not hidden.
func TestALongHelperIsInTheWay(t *testing.T) {
	d := dbtest.New(t)
	c := session(t, d.DSN, db.Session{Kind: db.Escape})
	for _, v := range []struct {
		name, age string
		others    bool
	}{
		{"belay/7f3c9a21/+escape", "0 s", false},
		{"belay/7f3c9a21/+escape", "5 min", true},
		{"belay/7f3c9a21/run", "0 s", true},
		{"app", "0 s", true},
	} {
		var got bool
		err := c.QueryRow(bounded(t), "SELECT "+db.OthersSQL+` FROM (SELECT -1 AS pid, 'client backend' AS backend_type,
			$1::text AS application_name, now() - $2::text::interval AS xact_start) AS a`, v.name, v.age).Scan(&got)
		if err != nil || got != v.others {
			t.Errorf("%s, %s old: in the way %t, %v", v.name, v.age, got, err)
		}
	}
}
