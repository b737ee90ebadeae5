package apply

import (
	"context"
	"time"
)

// attempt is one transaction from BEGIN to COMMIT or ROLLBACK. Whoever is told of it
// knows before the server does, so that an end of belay in the middle can be looked up.
func (r *run) attempt(ctx context.Context, b block, rung time.Duration) ending {
	r.prepare(rung)
	if len(b.statements) > 0 {
		r.trace.Statement = b.first
	} else {
		r.trace.Statement, r.trace.Aside = r.stood, true
	}
	hold := r.lim.hold(r.u)
	if b.patient() {
		hold = r.lim.ConcurrentDeadline
	}
	r.guard = transactionGuard(rung, hold)
	trace := r.trace
	if !r.tell(Event{Kind: Intent, LockTimeout: rung, Trace: &trace}) {
		return r.stopped(Untold, ending{})
	}
	r.tell(Event{Kind: AttemptStarted, LockTimeout: rung})
	e := r.inside(ctx, b, rung+hold)
	if !r.began.IsZero() {
		e.held = time.Since(r.began)
	}
	r.rollback()
	if r.lent = r.u.Wrap == OneByOne && e.outcome == Applied; r.lent {
		r.adopt(ctx) // what is rolled back takes the team's settings with it
	}
	r.lastLook()
	r.current, r.line = -1, 0
	return e
}

func (r *run) prepare(rung time.Duration) {
	r.began, r.deadline, r.sentAny = time.Time{}, time.Time{}, false
	r.waitSeen, r.waitOld = nil, nil
	r.trace.CommitSent, r.trace.XID, r.trace.Files, r.trace.Aside = false, 0, nil, false
	r.watch.attempt(time.Now(), rung)
}

// inside is the story of an attempt: each act comes only after all before it went well,
// and the first that does not is the end.
//
//	begin         BEGIN, run and history still ours, limits    ends as not applied
//	lockTogether  every table of the file, in one order        not applied, perhaps once more
//	body          the statements of the file, in order         not applied, perhaps once more
//	record        the history row of the team's tool           not applied
//	settle        deferred constraints, while limits hold      not applied
//	confirm       the history table shows the row              not applied
//	noteXID       what the server can be asked for later       not applied
//	commit        COMMIT                                       applied, not applied or unknown
//
// A connection that is lost under an act is unknown where the server may have gone on
// without us, and not applied where nothing of the file was sent.
func (r *run) inside(ctx context.Context, b block, whole time.Duration) ending {
	if e, ok := r.begin(ctx, b, whole); !ok {
		return e
	}
	if e, ok := r.lockTogether(ctx, b, whole); !ok {
		return e
	}
	if e, ok := r.body(ctx, b, whole); !ok {
		return e
	}
	if e, ok := r.record(ctx, b.writes); !ok {
		return e
	}
	if e, ok := r.settle(ctx); !ok {
		return e
	}
	if e, ok := r.confirm(ctx, b); !ok {
		return e
	}
	if e, ok := r.noteXID(ctx); !ok {
		return e
	}
	return r.commit(ctx)
}

// begin opens the transaction: nothing of the file is sent before the run is known to be
// still ours, the history table to be as it was, and our limits are on.
func (r *run) begin(ctx context.Context, b block, whole time.Duration) (ending, bool) {
	if reason := r.gate.pass(ctx); reason != "" {
		return r.stopped(reason, ending{}), false
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.lim.Grace)
	defer cancel()
	sent := time.Now()
	if _, _, err := exec(limited, r.s.conn, r.s.begin()); err != nil {
		return r.unsentEnding(err), false
	}
	r.away = time.Since(sent) // the server has nothing to do for it
	if err := r.enter(limited, b.mark); err != nil {
		return r.fenced(err), false
	}
	if e, ok := r.keepHistory(limited, b); !ok {
		return e, false
	}
	if err := r.guard.impose(limited, r.s, true, r.u); err != nil {
		return r.unsentEnding(err), false
	}
	r.began = time.Now()
	r.watch.attempt(r.began, r.guard.lock)
	if b.patient() {
		r.deadline, r.over = r.began.Add(whole), Deadline
	}
	return ending{}, true
}

// body sends the statements. The clock of the whole starts with the first that makes
// anybody wait.
func (r *run) body(ctx context.Context, b block, whole time.Duration) (ending, bool) {
	for i := 0; i < len(b.statements); {
		s := b.statements[i]
		if s.strong() && r.deadline.IsZero() {
			if err := r.startHold(ctx, whole); err != nil {
				return r.failed(s, answer{err: err}), false
			}
		}
		n := b.volley(i, !r.deadline.IsZero())
		if e, ok := r.send(ctx, b.first+i, b.statements[i:i+n]); !ok {
			return e, false
		}
		i += n
	}
	return ending{}, true
}
