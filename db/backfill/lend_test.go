package backfill_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"belay/db"
	"belay/db/backfill"
	"belay/db/dbtest"
)

// A pause that another host wrote into the ledger counts before the next batch.
func TestPauseByTheLedger(t *testing.T) {
	s := newStand(t, increments)
	o := s.options(t, s.plan(t, increment()))
	o.ID = backfill.NewID()
	began := make(chan struct{})
	once := sync.OnceFunc(func() { close(began) })
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			once()
		}
	}
	o.Plan.Spec.Nice = 20
	b := s.start(t, o)
	<-began
	if ok, err := backfill.RequestPause(bounded(t), s.Conn(t), o.ID, "op2@bastion-2"); err != nil || !ok {
		t.Fatalf("asked: %v, %v", ok, err)
	}
	dbtest.WaitFor(t, "the pause", b.state(backfill.Paused))
	if by := b.ctl.Snapshot().PausedBy; by != "op2@bastion-2" {
		t.Errorf("paused by %q", by)
	}
	if ok, err := backfill.RequestPause(bounded(t), s.Conn(t), o.ID, "op2"); err != nil || ok {
		t.Errorf("asked again: %v, %v", ok, err)
	}
	b.ctl.SetNice(0)
	b.ctl.Resume()
	if res := b.wait(t); res.Rows != 5000 || s.Count(t, "t WHERE n = 1") != 5000 {
		t.Errorf("result %+v", res)
	}
}

// A lent monitor is all that the watch uses, and further locks are held.
func TestLentMonitorAndLocks(t *testing.T) {
	s := newStand(t, increments)
	o := s.options(t, s.plan(t, increment()))
	monitor := connect(t, s.dsn)
	var mu sync.Mutex
	lent := 0
	o.Monitor = func(_ context.Context, ask func(*db.Conn) error) error {
		mu.Lock()
		defer mu.Unlock()
		lent++
		return ask(monitor)
	}
	o.Locks = []int64{db.LockKey}
	o.Tell = func(e backfill.Event) {
		if e.Kind != backfill.LeafPassed {
			return
		}
		if n := s.Count(t,
			`pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'belay/________/+monitor'`); n != 0 {
			t.Errorf("%d monitors of its own", n)
		}
		holder, err := db.LockHolder(bounded(t), s.conn, db.LockKey)
		if err != nil || holder == nil {
			t.Errorf("the run's lock is not held: %v, %v", holder, err)
		}
	}
	if res := run(t, o); res.Rows != 5000 {
		t.Errorf("result %+v", res)
	}
	if lent == 0 {
		t.Error("the monitor was never asked")
	}
	ok, _, err := db.TryLock(bounded(t), monitor, db.LockKey)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	var held *backfill.HeldError
	o.Control = &backfill.Control{}
	if _, err := backfill.Run(bounded(t), o); !errors.As(err, &held) || held.Relation != "" {
		t.Errorf("beside another run: %v", err)
	}
}
