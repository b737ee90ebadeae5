package apply

import "fmt"

// blinded tells once that nobody watches: the breaker is off until the monitor is
// back, and the hold is bounded by the server alone.
func (r *run) blinded(err error) {
	if !r.blind {
		r.blind = true
		r.tell(Event{
			Kind: MonitorBlind, Message: "nobody sees who queues behind it until the monitor is back: " + err.Error(),
		})
	}
}

// sees tells that somebody watches again.
func (r *run) sees() {
	if r.blind {
		r.blind = false
		r.tell(Event{Kind: MonitorBack, Message: "the monitor is back"})
	}
}

// seen acts on a look during an ordinary attempt: it names the blockers while we
// wait, and cancels when too many sessions wait behind what we hold.
func (r *run) seen(s sight) {
	if s.waits && s.on != "0" {
		r.obstacle = s.on
	}
	if s.waits && len(s.blockers) > 0 {
		r.inTheWay(s.blockers)
		r.tell(Event{Kind: Waiting, Blockers: s.blockers, Queue: s.queue})
	}
	if s.queue == 0 {
		return
	}
	limit := r.lim.queue(r.u)
	if !s.waits || s.queue >= limit {
		r.tell(Event{Kind: Queued, Queue: s.queue})
	}
	if s.queue >= limit {
		r.gate.shut(QueueLimit, fmt.Errorf("%d sessions waited behind our locks, the limit is %d", s.queue, limit))
	}
}

// inTheWay notes the blockers of an attempt. The ones of the first look are kept
// apart: whether they stay tells if a longer wait is worth it.
func (r *run) inTheWay(seen []Blocker) {
	if r.waitOld == nil {
		r.waitOld = seen
	}
	have := map[string]bool{}
	for _, b := range r.waitSeen {
		have[b.key()] = true
	}
	for _, b := range seen {
		if !have[b.key()] {
			r.waitSeen = append(r.waitSeen, b)
		}
	}
}
