package backfill

import (
	"time"

	"belay/db/throttle"
	"belay/sqlview/activity"
)

func (r *runner) publishStart() {
	target, nice := r.ctl.pace(r.p.Spec)
	var rows, batches int64
	for _, b := range r.rows {
		rows, batches = rows+b.DoneRows, batches+b.Batches
	}
	r.ctl.publish(func(s *Snapshot) {
		*s = Snapshot{
			At: time.Now(), ID: r.id, Relation: r.p.Relation, State: Running, Phase: Batches, Target: target,
			Nice:    nice,
			Filling: activity.Filling{Leaves: len(r.rows), Rows: rows, Batches: batches, Total: max(r.p.Rows, rows)},
		}
	})
}

func (r *runner) publishBatch(b batch, target time.Duration) {
	now, share := time.Now(), r.watch.share()
	number, count := 0, len(r.rows)
	for i := range r.rows {
		if &r.rows[i] == r.row {
			number = i + 1
		}
	}
	r.ctl.publish(func(s *Snapshot) {
		s.At, s.Leaf, s.LeafNumber, s.Leaves, s.State, s.Phase = now, r.row.Leaf, number, count, Running, Batches
		s.Rows += b.rows
		s.Batches++
		s.Total = max(s.Total, s.Rows)
		s.Rate, s.Average = r.rate.perSecond(now), r.rate.average(now)
		s.Batch, s.Target, s.BatchRows, s.CommitBound = b.took, target, b.keys, r.size.commitBound()
		s.LastKey, s.Committed = b.hi, now
		s.Progress = max(s.Progress, share)
		if s.Waiting != nil && s.Waiting.Action != throttle.Halve {
			s.Waiting = nil
		}
	})
}

// throttled acts on a fresh verdict, nil = all is well, and tells of one that
// was not there before.
func (r *runner) throttled(v *throttle.Verdict) {
	if v != nil && v.Action == throttle.Halve {
		r.size.halve()
	}
	was := ""
	r.ctl.publish(func(s *Snapshot) {
		if s.Waiting != nil {
			was = s.Waiting.Signal
		}
		s.Waiting = v
	})
	if v != nil && was != v.Signal {
		r.o.Tell(Event{Kind: Waited, Message: v.Reason()})
	}
}

func (r *runner) phase(p Phase) {
	r.ctl.publish(func(s *Snapshot) { s.Phase, s.At = p, time.Now() })
}
