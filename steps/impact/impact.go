// Package impact makes the sentence that stands on every screen that leads to a
// run: what the next unit needs, what that blocks, who stands in the way now.
package impact

import (
	"cmp"
	"time"

	"belay/db/backfill"
	"belay/sqlview/activity"
	"belay/sqlview/effect"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/project"
)

// Relations lists the relations that the plan locks, once each.
func Relations(p *steps.Plan) []string {
	if p == nil {
		return nil
	}
	var all []string
	have := map[string]bool{}
	for _, u := range p.Units {
		for _, s := range u.Statements {
			for _, l := range s.Effect.Locks {
				if !have[l.Relation] {
					have[l.Relation], all = true, append(all, l.Relation)
				}
			}
		}
	}
	return all
}

// Of makes the heart of a plan's unit from a sample. ok is false where the plan
// has no such unit. pids are belay's own sessions.
func Of(p *steps.Plan, unit int, s activity.Sample, l project.Limits, at time.Time, pids []int) (fact.Heart, bool) {
	if p == nil || unit >= len(p.Units) {
		return fact.Heart{}, false
	}
	h := Offline(p, unit, l)
	h.Live, h.At, h.SampledAt = true, at, s.At
	wants := wantsOf(p.Units[unit])
	h.Blockers = s.Blockers(wants, pids...)
	if h.Concurrent {
		h.Blockers = s.Older(pids...)
	}
	h.QueuePerSecond = s.QueuePerSecond(wants)
	for _, t := range s.Tables {
		if t.Relation == h.Relation {
			h.Bytes, h.Rows = t.Bytes, t.Rows
		}
	}
	return h, true
}

// Offline is the heart where nobody can be asked who stands in the way.
func Offline(p *steps.Plan, unit int, l project.Limits) fact.Heart {
	u := p.Units[unit]
	h := fact.Heart{
		Unit: unit, Path: u.Path, Bytes: -1, Rows: -1, QueuePerSecond: -1, Duration: effect.Instant,
		LockTimeoutMS: l.LockTimeout.Milliseconds(), Concurrent: u.Concurrent,
	}
	if u.Unseen {
		h.Unseen, h.Duration = true, effect.Unknown
	}
	long, first := 0, -1
	for i, s := range u.Statements {
		strongest := s.Effect.Strongest()
		if strongest.Mode > h.Mode || first < 0 {
			first = i
			h.Relation, h.Mode, h.Line = strongest.Relation, strongest.Mode, s.Line
			h.Others = others(s.Effect.Locks, strongest)
		}
		if d := worse(h.Duration, s.Effect); d != h.Duration {
			h.Duration, long = d, s.Line
		}
	}
	if first >= 0 {
		h.SQL = fact.Beginning(u.Statements[first].SQL, u.Hidden)
	}
	if long != h.Line {
		h.LongLine = long
	}
	if b := u.Backfill; b != nil {
		h.BatchMS = cmp.Or(b.Spec.BatchTime, backfill.DefaultBatchTime).Milliseconds()
	}
	switch {
	case u.Concurrent:
		h.LockTimeoutMS, h.DeadlineMS = 0, l.Deadline.Milliseconds()
	case u.Patient():
		h.DeadlineMS = l.Deadline.Milliseconds()
	case u.Hold > 0:
		h.AcceptedHoldMS = u.Hold.Milliseconds()
		h.UndonePastMS = h.AcceptedHoldMS
	case u.Instant:
		h.UndonePastMS = (l.LockTimeout + l.HoldBudget).Milliseconds()
	}
	return h
}

func others(all []effect.On, strongest effect.On) []effect.On {
	var rest []effect.On
	for _, l := range all {
		if l.Relation != strongest.Relation && (l.Mode.BlocksReads() || l.Mode.BlocksWrites()) {
			rest = append(rest, l)
		}
	}
	return rest
}

func worse(have effect.Duration, e effect.Effect) effect.Duration {
	switch {
	case !e.Known || e.Duration == effect.Unknown:
		return effect.Unknown
	case e.Duration == effect.Slow && have == effect.Instant:
		return effect.Slow
	}
	return have
}

// wantsOf has the strongest lock of each relation: the unit keeps all of them to
// its end.
func wantsOf(u steps.Unit) []activity.Want {
	var wants []activity.Want
	at := map[string]int{}
	for _, s := range u.Statements {
		for _, l := range s.Effect.Locks {
			i, have := at[l.Relation]
			if !have {
				at[l.Relation] = len(wants)
				wants = append(wants, activity.Want{Relation: l.Relation, Mode: l.Mode})
				continue
			}
			wants[i].Mode = max(wants[i].Mode, l.Mode)
		}
	}
	return wants
}
