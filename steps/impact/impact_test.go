package impact

import (
	"testing"
	"time"

	"belay/db/apply"
	"belay/sqlview/activity"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
	"belay/steps"
	"belay/steps/project"
)

func unit(locks ...effect.On) steps.Unit {
	u := steps.Unit{Instant: true}
	for _, l := range locks {
		u.Statements = append(u.Statements, apply.Statement{
			SQL: "ALTER TABLE", Effect: effect.Effect{Known: true, Duration: effect.Instant, Locks: []effect.On{l}},
		})
	}
	return u
}

// Two statements on one table queue its traffic once, behind the stronger lock.
func TestOneTableIsCountedOnce(t *testing.T) {
	p := &steps.Plan{Units: []steps.Unit{unit(
		effect.On{Relation: "public.orders", Mode: lock.ShareRowExclusive},
		effect.On{Relation: "public.orders", Mode: lock.AccessExclusive},
	)}}
	s := activity.Sample{
		Tables: []activity.Table{{Relation: "public.orders", Bytes: 10, ReadsPerSecond: 100, WritesPerSecond: 20}},
		Locks:  []activity.Lock{{PID: 7, Relation: "public.orders", Mode: lock.AccessShare, Granted: true}},
	}
	h, ok := Of(p, 0, s, project.Defaults, time.Now(), nil)
	if !ok || h.QueuePerSecond != 120 || h.Mode != lock.AccessExclusive || len(h.Blockers) != 1 {
		t.Errorf("%+v", h)
	}
	if h.UndonePastMS != 1200 || h.LockTimeoutMS != 200 {
		t.Errorf("limits %d, %d ms", h.LockTimeoutMS, h.UndonePastMS)
	}
}

func TestConcurrentHasNoLockTimeout(t *testing.T) {
	u := unit(effect.On{Relation: "public.orders", Mode: lock.ShareUpdateExclusive})
	u.Concurrent = true
	h := Offline(&steps.Plan{Units: []steps.Unit{u}}, 0, project.Defaults)
	if h.LockTimeoutMS != 0 || h.DeadlineMS == 0 || h.UndonePastMS != 0 {
		t.Errorf("%+v", h)
	}
}

// An instant statement keeps its lock through the slow one behind it: the card says
// which one that is.
func TestTheLongStatementIsNamed(t *testing.T) {
	orders := func(m lock.Mode) effect.On { return effect.On{Relation: "public.orders", Mode: m} }
	u := unit(orders(lock.AccessExclusive), orders(lock.RowExclusive))
	u.Statements[0].Line, u.Statements[1].Line = 1, 2
	u.Statements[1].Effect.Duration = effect.Slow
	h := Offline(&steps.Plan{Units: []steps.Unit{u}}, 0, project.Defaults)
	if h.Line != 1 || h.Duration != effect.Slow || h.LongLine != 2 {
		t.Errorf("line %d is shown, line %d is %s", h.Line, h.LongLine, h.Duration)
	}
	u.Statements[0].Effect.Duration = effect.Slow
	if h = Offline(&steps.Plan{Units: []steps.Unit{u}}, 0, project.Defaults); h.LongLine != 0 {
		t.Errorf("line %d is named beside the one shown", h.LongLine)
	}
}
