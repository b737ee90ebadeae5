package monitor

import (
	"fmt"
	"slices"
	"time"

	"belay/sqlview/activity"
	"belay/steps/fact"
)

// What is amber and what is red. Each has a floor of its own, so that a quiet
// baseline makes nothing red by itself.
const (
	waitingAmber, waitingRed   = 3, 10
	longWait                   = 30_000 // ms
	rollbackAmber, rollbackRed = 1.0, 2.0
	deadlockAmber, deadlockRed = 1.0, 3.0
	roomAmber, roomRed         = 0.80, 0.95
	scanAmber, scanRed         = 1.0, 10.0
	// scannedRows is from how many rows on a sequential scan means something.
	scannedRows      = 10_000
	deadShare        = 0.2
	lagAmber, lagRed = 10_000.0, 60_000.0 // ms
)

func (w *Watch) add(s fact.Signal) { w.f.Signals = append(w.f.Signals, s) }

// level is red, amber or well.
func level(red, amber bool) fact.Level {
	switch {
	case red:
		return fact.Stop
	case amber:
		return fact.Look
	}
	return fact.OK
}

// Waiting is the signal of how many sessions wait for a lock.
const Waiting = "waiting on a lock"

// Rollbacks is the signal of transactions that fail.
const Rollbacks = "rollbacks/s"

func (w *Watch) signals(h activity.Health) {
	waiting := float64(h.Waiting)
	w.add(fact.Signal{Name: Waiting, Before: float64(w.base.Waiting), Now: waiting,
		Level: level(h.Waiting >= waitingRed || h.Waiting >= waitingAmber && h.LongestWaitMS >= longWait,
			h.Waiting >= waitingAmber && h.Waiting > w.base.Waiting)})
	w.add(fact.Signal{Name: "longest lock wait", Before: float64(w.base.LongestWaitMS), Now: float64(h.LongestWaitMS),
		Unit:  "ms",
		Level: level(false, h.LongestWaitMS >= longWait && h.LongestWaitMS > 2*w.base.LongestWaitMS)})
	w.rate(Rollbacks, func(h activity.Health) int64 { return h.Rollbacks }, 2, rollbackAmber, 3, rollbackRed)
	deadlocks := float64(h.Deadlocks - w.past[0].Deadlocks)
	w.add(fact.Signal{
		Name: "deadlocks", Before: 0, Now: max(deadlocks, 0),
		Level: level(deadlocks >= deadlockRed, deadlocks >= deadlockAmber),
	})
	share := float64(h.Sessions) / float64(max(h.Max, 1))
	w.add(fact.Signal{Name: "sessions", Before: float64(w.base.Last.Sessions), Now: float64(h.Sessions),
		Note:  fmt.Sprintf("of %d", h.Max),
		Level: level(share >= roomRed, share >= roomAmber)})
	for _, t := range h.Tables {
		w.table(t)
	}
	for _, r := range h.Replicas {
		w.replica(r)
	}
	w.gone(h.Replicas)
	var fresh []string
	for _, x := range h.Invalid {
		if !slices.Contains(w.base.Last.Invalid, x) {
			fresh = append(fresh, x)
		}
	}
	s := fact.Signal{
		Name: "INVALID indexes", Before: float64(len(w.base.Last.Invalid)), Now: float64(len(h.Invalid)),
		Level: level(len(fresh) > 0, false),
	}
	if len(fresh) > 0 {
		s.Note = fresh[0]
	}
	w.add(s)
}

// rate adds a counter as events a second over the window; each threshold is a
// multiple of the baseline and a floor on top.
func (w *Watch) rate(name string, of func(activity.Health) int64, amberTimes, amber, redTimes, red float64) {
	now, before := perSecond(w.past[0], w.past[len(w.past)-1], of), perSecond(w.base.First, w.base.Last, of)
	known := max(before, 0)
	w.add(fact.Signal{
		Name: name, Before: before, Now: now,
		Level: level(now > redTimes*known+red, now > amberTimes*known+amber),
	})
}

// perSecond is -1 where the two moments make no rate.
func perSecond(a, b activity.Health, of func(activity.Health) int64) float64 {
	d, n := b.At.Sub(a.At), of(b)-of(a)
	if a.At.IsZero() || d < time.Second || n < 0 {
		return -1
	}
	return float64(n) / d.Seconds()
}

func (w *Watch) table(t activity.TableHealth) {
	scans := func(h activity.Health) int64 { x, _ := h.Table(t.Relation); return x.SeqScans }
	if t.Live >= scannedRows {
		w.rate(t.Relation+": seq scans/s", scans, 2, scanAmber, 10, scanRed)
	}
	was, known := w.base.Last.Table(t.Relation)
	dead := fact.Signal{Name: t.Relation + ": dead tuples", Before: -1, Now: float64(t.Dead)}
	if known {
		dead.Before = float64(was.Dead)
	}
	left := max(dead.Before, float64(w.ownDead(t)))
	dead.Level = level(false, float64(t.Dead) > left+deadShare*float64(t.Live)+scannedRows)
	w.add(dead)
}

// ownDead are the dead tuples that the run itself left: those of the first seconds of the
// watch. The server's statistics come a little after their transaction.
func (w *Watch) ownDead(t activity.TableHealth) int64 {
	now := w.past[len(w.past)-1].At
	if w.began.IsZero() {
		w.began = now
	}
	if now.Sub(w.began) <= ownSettles {
		w.own[t.Relation] = max(w.own[t.Relation], t.Dead)
	}
	return w.own[t.Relation]
}

// ownSettles is how late statistics of what was committed before may be.
const ownSettles = 15 * time.Second

func (w *Watch) replica(r activity.Replica) {
	before := -1.0
	for _, b := range w.base.Last.Replicas {
		if b.Name == r.Name {
			before = float64(b.LagMS)
		}
	}
	lag := float64(r.LagMS)
	w.add(fact.Signal{Name: "replica " + r.Name + " behind", Before: before, Now: lag, Unit: "ms",
		Level: level(lag > lagRed && lag > 2*before, lag > lagAmber && lag > 2*before)})
}

// gone adds the replicas of the baseline that are not there any more.
func (w *Watch) gone(now []activity.Replica) {
	for _, b := range w.base.Last.Replicas {
		if !slices.ContainsFunc(now, func(r activity.Replica) bool { return r.Name == b.Name }) {
			w.add(fact.Signal{
				Name: "replica " + b.Name + " behind", Before: float64(b.LagMS), Now: -1, Unit: "ms",
				Note: "it no longer streams", Level: fact.Look,
			})
		}
	}
}

// probes adds the application's answers. What was red before says nothing.
func (w *Watch) probes(now, before []fact.Probed) {
	for _, p := range now {
		was, asked := fact.Find(before, p.Name)
		s := fact.Signal{Name: p.Name, Before: -1, Now: float64(p.MS), Unit: "ms", Note: p.Said}
		if asked {
			s.Before = float64(was.MS)
		}
		s.Level = level(!p.OK && (!asked || was.OK), false)
		w.add(s)
	}
}
