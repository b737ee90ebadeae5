package backfill_test

import (
	"context"
	"strings"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
)

const padded = `CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0, pad text DEFAULT repeat('x', 150)) WITH (autovacuum_enabled = off);
	INSERT INTO t SELECT generate_series(1, 20000); ANALYZE t`

// With VACUUM after each tenth the table grows by less than a third, without it
// it doubles.
func TestVacuumKeepsTheTableSmall(t *testing.T) {
	growth := func(vacuum bool) float64 {
		s := newStand(t, padded)
		size := func() float64 { return float64(dbtest.QueryVal[int64](t, s.DB, `SELECT pg_relation_size('t')`)) }
		before := size()
		b := s.start(t,
			s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 500, Vacuum: vacuum})))
		if res := b.wait(t); res.Rows != 20000 {
			t.Errorf("result %+v", res)
		}
		if b.told(backfill.Vacuumed, "") != vacuum {
			t.Errorf("allowed %v, and the other was done", vacuum)
		}
		return size() / before
	}
	with, without := growth(true), growth(false)
	t.Logf("the heap grew %.2fx with VACUUM, %.2fx without", with, without)
	if with > 1.3 || without < 1.8 {
		t.Error("VACUUM does not keep the table small")
	}
}

// slowly makes every page cost VACUUM its longest pause.
func (s *stand) slowly(t *testing.T) {
	for _, name := range []string{"hit", "miss", "dirty"} {
		s.Exec(t, `ALTER DATABASE `+s.Name+` SET vacuum_cost_page_`+name+` = 10000`)
	}
}

func (s *stand) vacuums(t *testing.T) func() bool {
	return func() bool {
		return dbtest.QueryVal[int64](t, s.DB,
			`SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 't'::regclass`) > 0
	}
}

// Whoever wants a lock that VACUUM has gets it soon.
func TestVacuumGivesWay(t *testing.T) {
	s := newStand(t, padded)
	s.slowly(t)
	b := s.start(t, s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 500, Vacuum: true})))
	c := s.Conn(t)
	dbtest.WaitFor(t, "the end of VACUUM to be told", func() bool {
		if s.vacuums(t)() { // one that ended meanwhile is not waited for: the next is
			if _, err := c.Exec(bounded(t), `BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE; COMMIT`); err != nil {
				t.Error(err)
			}
		}
		return b.told(backfill.Vacuumed, "VACUUM canceled: 1 session waited behind it")
	})
	dbtest.WaitFor(t, "the next VACUUM", s.vacuums(t))
	b.ctl.Pause("op1")
	dbtest.WaitFor(t, "the pause", b.state(backfill.Paused))
	dbtest.WaitFor(t, "nothing of it to be open", func() bool { return s.ours(t) == 0 })
	if s.vacuums(t)() {
		t.Error("a pause leaves VACUUM running")
	}
}

// VACUUM is not tried where another one works or it would remove nothing.
func TestVacuumUseless(t *testing.T) {
	s := newStand(t, padded+`; UPDATE t SET pad = 'y'`)
	s.slowly(t)
	c := s.Conn(t)
	ctx, cancel := context.WithCancel(bounded(t))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = c.Exec(ctx, `SET vacuum_cost_delay = 100`)
		_, _ = c.Exec(ctx, `VACUUM t`)
	}()
	dbtest.WaitFor(t, "the other VACUUM", s.vacuums(t))
	b := s.start(t, s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 500, Vacuum: true})))
	b.wait(t)
	cancel()
	<-ended
	if b.told(backfill.Vacuumed, "") || !b.told(backfill.Noted, "another VACUUM works on it") {
		t.Error("vacuumed in vain")
	}
	if !b.told(backfill.Noted, "ANALYZE was not done") {
		t.Error("ANALYZE waited for VACUUM")
	}
	said := dbtest.QueryVal[string](t, s.DB, `SELECT reason FROM belay.backfill`)
	if v := b.ctl.Snapshot().Verified; v == nil || v.String() != said ||
		!strings.Contains(said, "run ANALYZE ") || !strings.Contains(said, "lock timeout") {
		t.Errorf("the result says %v, the ledger %q: nobody learns that ANALYZE is to be done", v, said)
	}
}
