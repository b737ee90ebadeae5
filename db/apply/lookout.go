package apply

import (
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/sqlview/effect"
	"belay/sqlview/measure"
)

// lookout is what the monitor sees of a unit on its way: who is in its way, and who
// waits behind what it holds.
type lookout struct {
	*watch
	report *report
	// limit is the length of the queue behind our locks that trips the breaker.
	limit int
	// all counts the blockers of every attempt; seen are those of this one, and first
	// who of them was seen first.
	all         tally
	seen, first []Blocker
	// obstacle is the oid of the relation that was last waited for; "" = none.
	obstacle string
	// blind is true from when the monitor failed until it is back.
	blind bool
	// restsSince is since when the build's session runs nothing although its answer did
	// not come; zero = it runs.
	restsSince time.Time
}

func newLookout(w *watch, p *report, limit int) *lookout {
	return &lookout{watch: w, report: p, limit: limit, all: tally{}}
}

// anew begins to look at an attempt whose blockers nobody knows yet.
func (l *lookout) anew(rung time.Duration) {
	l.seen, l.first = nil, nil
	l.watch.attempt(time.Now(), rung)
}

// saw acts on one look at our session. own acts in place of the breaker of an ordinary
// attempt; nil = nothing does.
func (l *lookout) saw(s sight, own func(sight)) {
	l.arrived(s)
	if s.err != nil {
		l.blinded(s.err)
		return
	}
	l.sees()
	if own != nil {
		own(s)
		return
	}
	l.onAttempt(s)
}

// last waits for a look that is under way: it may have seen the blockers.
func (l *lookout) last() {
	if s := l.wait(); s.waits && s.err == nil {
		l.obstacle = s.on
		l.inTheWay(s.blockers)
	}
}

// blinded tells once that nobody watches: the breaker is off until the monitor is
// back, and the hold is bounded by the server alone.
func (l *lookout) blinded(err error) {
	if !l.blind {
		l.blind = true
		l.report.tell(Event{
			Kind:    MonitorBlind,
			Message: "nobody sees who queues behind it until the monitor is back: " + db.Explained(err).Error(),
		})
	}
}

// sees tells that somebody watches again.
func (l *lookout) sees() {
	if l.blind {
		l.blind = false
		l.report.tell(Event{Kind: MonitorBack, Message: "the monitor is back"})
	}
}

// onAttempt acts on a look during an ordinary attempt: it names the blockers while we
// wait, and cancels when too many sessions wait behind what we hold.
func (l *lookout) onAttempt(s sight) {
	if s.waits && s.on != "0" {
		l.obstacle = s.on
	}
	if s.waits && len(s.blockers) > 0 {
		l.inTheWay(s.blockers)
		l.report.tell(Event{Kind: Waiting, Blockers: s.blockers, Queue: s.queue})
	}
	if s.queue == 0 {
		return
	}
	if !s.waits || s.queue >= l.limit {
		l.report.tell(Event{Kind: Queued, Queue: s.queue})
	}
	if s.queue >= l.limit {
		err := fmt.Errorf("%s waited behind our locks, the limit is %d", measure.Plural(s.queue, "session"),
			l.limit)
		l.report.gate.shut(QueueLimit, err)
	}
}

// inTheWay notes the blockers of an attempt. The ones of the first look are kept
// apart: whether they stay tells if a longer wait is worth it.
func (l *lookout) inTheWay(seen []Blocker) {
	if l.first == nil {
		l.first = seen
	}
	have := map[string]bool{}
	for _, b := range l.seen {
		have[b.key()] = true
	}
	for _, b := range seen {
		if !have[b.key()] {
			l.seen = append(l.seen, b)
		}
	}
}

// onBuild tells of a build what changed since the look before.
func (l *lookout) onBuild() func(sight) {
	var last Progress
	return func(s sight) {
		if !s.rests {
			l.restsSince = time.Time{}
		} else if l.restsSince.IsZero() {
			l.restsSince = time.Now()
		}
		if s.progress != nil && *s.progress != last {
			last = *s.progress
			l.report.tell(Event{Kind: BuildProgress, Progress: s.progress})
		}
		if s.waits && len(s.blockers) > 0 {
			kind := Waiting
			if s.snapshot {
				kind = SnapshotWait
			}
			l.inTheWay(s.blockers)
			l.report.tell(Event{Kind: kind, Blockers: s.blockers, Progress: s.progress})
		}
		if len(s.tools) > 0 {
			l.report.tell(Event{Kind: ToolWaits, Blockers: s.tools})
		}
	}
}

// afterwards asks, now that we no longer wait, who was in the way of an attempt, and who
// of them still is. wanted is what the attempt waited for.
func (l *lookout) afterwards(ctx context.Context, wanted []effect.On) (seen, stayed []Blocker) {
	if len(l.first) == 0 {
		// The wait was over before anybody looked.
		if held, err := l.holders(ctx, wanted); err != nil {
			l.blinded(err)
		} else {
			l.inTheWay(held)
		}
	}
	l.all.add(l.seen)
	if len(l.first) == 0 {
		return nil, nil
	}
	stayed, err := l.stayed(ctx, l.first)
	if err != nil {
		l.blinded(err)
		stayed = l.first // unknown: no reason to wait longer
	}
	return l.first, stayed
}
