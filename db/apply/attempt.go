package apply

import (
	"context"
	"time"
)

// attempt is one transaction from BEGIN to COMMIT or ROLLBACK.
type attempt struct {
	try
	block block
	// whole is how long it may last once its first strong lock is asked for.
	whole time.Duration
}

// attempt makes one. Whoever is told of it knows before the server does, so that an end
// of belay in the middle can be looked up.
func (r *run) attempt(ctx context.Context, b block, rung time.Duration) ending {
	t := &attempt{try: r.try(rung), block: b}
	if len(b.statements) > 0 {
		r.trace.Statement = b.first
	} else {
		r.trace.Statement, r.trace.Aside = r.applied, true
	}
	hold := r.lim.hold(r.u)
	if b.patient() {
		hold = r.lim.ConcurrentDeadline
	}
	t.guard, t.whole = transactionGuard(rung, hold), rung+hold
	trace := r.trace
	if !r.tell(Event{Kind: Intent, LockTimeout: rung, Trace: &trace}) {
		return r.stopped(Untold, ending{})
	}
	r.tell(Event{Kind: AttemptStarted, LockTimeout: rung})
	e := t.inside(ctx)
	e.held = t.held()
	r.s.rollback()
	if r.teamSettings = r.u.Wrap == OneByOne && e.outcome == Applied; r.teamSettings {
		r.adopt(ctx) // what is rolled back takes the team's settings with it
	}
	r.eyes.last()
	r.none()
	return e
}

// inside is the story of an attempt: each act comes only after all before it went well,
// and the first that does not is the end.
//
//	begin         BEGIN, run and history still ours, limits    ends as not applied
//	lockTogether  every table of the file, in one order        not applied, perhaps once more
//	body          the statements of the file, in order         not applied, perhaps once more
//	close         in one turn of the line:                     not applied
//	  record        the history row of the team's tool
//	  settle        deferred constraints, while limits hold
//	  confirm       the history table shows the row
//	  noteXID       what the server can be asked for later
//	commit        COMMIT                                       applied, not applied or unknown
//
// A connection that is lost under an act is unknown where the server may have gone on
// without us, and not applied where nothing of the file was sent.
func (t *attempt) inside(ctx context.Context) ending {
	acts := []func(context.Context) (ending, bool){t.begin, t.lockTogether, t.body, t.close}
	for _, act := range acts {
		if e, ok := act(ctx); !ok {
			return e
		}
	}
	return t.commit(ctx)
}

// begin opens the transaction: nothing of the file is sent before the run is known to be
// still ours, the history table to be as it was, and our limits are on.
func (t *attempt) begin(ctx context.Context) (ending, bool) {
	if reason := t.gate.pass(ctx); reason != "" {
		return t.stopped(reason, ending{}), false
	}
	limited, cancel := t.s.limited(ctx)
	defer cancel()
	sent := time.Now()
	if _, err := ask(limited, t.s.conn, t.s.begin()); err != nil {
		return unsentEnding(err), false
	}
	t.away = time.Since(sent) // the server has nothing to do for it
	if err := t.enter(limited, t.block.mark); err != nil {
		return fenced(err), false
	}
	if e, ok := t.keepHistory(limited); !ok {
		return e, false
	}
	if err := t.guard.impose(limited, t.s, true, t.u); err != nil {
		return unsentEnding(err), false
	}
	t.began = time.Now()
	t.eyes.attempt(t.began, t.guard.lock)
	if t.block.patient() {
		t.deadline, t.over = t.began.Add(t.whole), Deadline
	}
	return ending{}, true
}

// body sends the statements. The clock of the whole starts with the first that makes
// anybody wait.
func (t *attempt) body(ctx context.Context) (ending, bool) {
	for i := 0; i < len(t.block.statements); {
		s := t.block.statements[i]
		if s.strong() && t.deadline.IsZero() {
			if err := t.startHold(ctx); err != nil {
				return t.failed(s, answer{err: err}), false
			}
		}
		n := t.block.volley(i, !t.deadline.IsZero())
		if e, ok := t.sendAhead(ctx, t.block.first+i, t.block.statements[i:i+n]); !ok {
			return e, false
		}
		i += n
	}
	return ending{}, true
}

// startHold starts the clock of the whole transaction.
func (t *attempt) startHold(ctx context.Context) error {
	t.startClock()
	p, ok := t.clockPart()
	if !ok {
		return nil
	}
	limited, cancel := t.s.limited(ctx)
	defer cancel()
	_, err := ask(limited, t.s.conn, p.sql, string(p.args[0]))
	return err
}

// startClock starts our own: lock_timeout and statement_timeout are per lock and per
// statement, and a unit of many would hold its first lock for their sum.
func (t *attempt) startClock() {
	t.deadline, t.over = time.Now().Add(t.whole), HoldExceeded
	if t.s.version >= 170000 {
		t.guard.transaction = t.whole + time.Second
	}
}

// clockPart starts the server's own clock, 17 and later. It stands a second behind ours,
// because it ends the session.
func (t *attempt) clockPart() (part, bool) {
	own, sql := Statement{Kind: "settings"}, "select pg_catalog.set_config('transaction_timeout', $1, true)"
	return command(own, sql, guc(t.guard.transaction)), t.s.version >= 170000
}
