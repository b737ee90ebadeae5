package backfill_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/ledger"
)

func TestSecondRunnerIsRefused(t *testing.T) {
	s := newStand(t, increments)
	gate := make(chan struct{})
	o := s.options(t, s.plan(t, increment()))
	o.ID = backfill.NewID()
	first := sync.OnceFunc(func() { <-gate })
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			first()
		}
	}
	b := s.start(t, o)
	dbtest.WaitFor(t, "the first batch", func() bool { return b.ctl.Snapshot().Batches > 0 })
	second := s.options(t, s.plan(t, increment()))
	second.ID, second.Run.Owner = o.ID, "op2@bastion-2"
	_, err := backfill.Run(bounded(t), second)
	var held *backfill.HeldError
	if !errors.As(err, &held) || held.Holder == nil || held.Owner != "op1@bastion-1" ||
		!strings.Contains(err.Error(), "op1@bastion-1") {
		t.Errorf("error %v", err)
	}
	close(gate)
	if res := b.wait(t); res.Rows != 5000 {
		t.Errorf("result %+v", res)
	}
}

// The row is the fence also where the advisory lock cannot be one, as behind a
// pooler: whoever finds the cursor moved stops.
func TestFence(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		want      string
	}{
		{"the cursor moved", `UPDATE belay.backfill SET batches = batches + 1`, "goes on elsewhere"},
		{"it was claimed", `UPDATE belay.backfill SET epoch = epoch + 1`, "goes on elsewhere"},
		{
			"the run was taken over", `UPDATE belay.run SET epoch = 2, owner = 'op3@bastion-3'`,
			"taken over by op3@bastion-3",
		},
		{"its row is gone", `DELETE FROM belay.backfill`, "goes on elsewhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, increments)
			o := s.options(t, s.plan(t, increment()))
			once := sync.OnceFunc(func() { s.Exec(t, c.sql) })
			o.Tell = func(e backfill.Event) {
				if e.Kind == backfill.Committed {
					once()
				}
			}
			res, err := backfill.Run(bounded(t), o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v", err)
			}
			if n := s.Count(t, "t WHERE n = 1"); n != backfill.StartRows || res.Rows != backfill.StartRows {
				t.Errorf("%d rows changed, %d counted, want those of the first batch", n, res.Rows)
			}
		})
	}
}

// The run that has the backfill among its files is taken over: its batches end
// there, and before the first one nothing is written.
func TestFenceOfTheRun(t *testing.T) {
	s := newStand(t, increments)
	o := s.options(t, s.plan(t, increment()))
	whole := ledger.Run{ID: backfill.NewID(), Database: s.Name, Owner: "op1@bastion-1", State: "running"}
	if err := ledger.OpenRun(bounded(t), s.Conn(t), whole); err != nil {
		t.Fatal(err)
	}
	o.Claim = &ledger.Claim{Run: whole.ID, Epoch: 1}
	once := sync.OnceFunc(func() {
		s.Exec(t, `UPDATE belay.run SET epoch = 2, owner = 'op3@bastion-3' WHERE id = $1::text::uuid`, whole.ID)
	})
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			once()
		}
	}
	for range 2 { // the second begins when it is another's
		_, err := backfill.Run(bounded(t), o)
		var taken *ledger.TakenOverError
		if !errors.As(err, &taken) || taken.Run != whole.Short() || taken.Owner != "op3@bastion-3" {
			t.Errorf("error %v", err)
		}
		if n := s.Count(t, "t WHERE n = 1"); n != backfill.StartRows || s.Count(t, "belay.backfill") != 1 {
			t.Errorf("%d rows changed, want those of the first batch", n)
		}
		s.Exec(t, `UPDATE belay.backfill SET state = 'done'`)
		o.ID = ""
	}
}
