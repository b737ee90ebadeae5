// Package apply runs one unit, a migration file, on a live database. It climbs
// the ladder of lock timeouts, keeps the hold budget, cancels itself when the
// application queues up behind it, and ends in one of three outcomes: applied,
// not applied, unknown. It never sends a statement twice without the server
// having said that the first was undone, and it never asks a person anything
// while a transaction is open.
//
// What it does stands in parts, each with what it alone knows:
//
//	Executor  one unit after the other, and how to stop the one in hand
//	run       a unit on its way: the ladder of attempts, or statement after statement
//	attempt   one transaction from BEGIN to COMMIT; its story is attempt.inside
//	lone      one statement outside a transaction, and what it left
//	try       what those two share: the limits, and what an error makes of them
//	sender    sends a command and waits for its answer, with the cancel of one
//	lookout   what the monitor sees meanwhile: who is in the way, who waits behind
//	report    the events that leave, and the gate by which a stop comes in
//	session   the connection, and questions of ours on it
package apply

import (
	"context"
	"errors"
	"sync"
	"time"

	"belay/db"
	"belay/db/ledger"
)

// Executor runs units, one at a time, on three open connections. It owns the
// executor's connection while Run works.
type Executor struct {
	// Trio is the executor session that runs the unit, the monitor that looks at
	// it and the escape that cancels it where a cancel request does not get
	// through.
	Trio   *db.Trio
	Limits Limits
	// Ledger is the claim on the run: it stands at the head of every transaction,
	// and before what has none. nil = the run has no ledger.
	Ledger *ledger.Claim
	// Role is set for what belay itself drops or ends on a yes; "" = the session's own.
	Role string
	// Tell is given every event, in order, from one goroutine. nil = nobody listens.
	Tell Teller

	mu   sync.Mutex
	gate *gate
}

// Stop ends the unit that Run is running as a cancelled context would: the gate
// to the next statement closes, then the statement in hand is cancelled. It
// reports false where it is too late, because COMMIT was sent, or where nothing
// runs. It returns at once; Run returns the outcome.
func (x *Executor) Stop(cause error) bool {
	x.mu.Lock()
	g := x.gate
	x.mu.Unlock()
	return g != nil && g.shut(Canceled, cause)
}

// Run runs the unit and says what came of it. A cancelled ctx stops it like
// Stop; its cause is in the Result's error. Every goroutine it starts has ended
// when it returns. It may be called again after any outcome but Unknown.
func (x *Executor) Run(ctx context.Context, u Unit) Result {
	r := newRun(x, u)
	x.mu.Lock()
	x.gate = r.gate
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		x.gate = nil
		x.mu.Unlock()
	}()
	if err := u.Validate(); err != nil {
		return r.finish(ending{outcome: NotApplied, reason: Refused, err: err})
	}
	if e, ok := r.open(ctx); !ok {
		return r.finish(e)
	}
	defer func() { r.eyes.wait() }()
	var e ending
	if u.Wrap == OneByOne {
		e = r.oneByOne(ctx)
	} else {
		e = r.transaction(ctx)
	}
	r.leaveClean()
	return r.finish(e)
}

// run is one unit on its way. What it sends goes through send, what happens meanwhile is
// seen by eyes, and what is said of it goes through report. An attempt at it in a
// transaction is an attempt, and a statement outside one is a lone.
type run struct {
	*report
	x    *Executor
	u    Unit
	lim  Limits
	s    session
	base baseline
	eyes *lookout
	send *sender

	// away is how long the server's answer to BEGIN took in the last attempt: what is the
	// line's.
	away         time.Duration
	applied      int
	encoding     string // what a statement outside our transactions left client_encoding at
	teamSettings bool   // the session itself has the team's settings
}

// ending is how a unit, or an attempt at it, ended.
type ending struct {
	outcome Outcome
	reason  Reason
	err     error
	class   class
	held    time.Duration
	left    []string
	invalid []InvalidIndex
	// detaching are partitions that stay half detached.
	detaching []Partition
}

func newRun(x *Executor, u Unit) *run {
	r := &run{report: newReport(x.Tell, u.Name), x: x, u: u, lim: x.Limits.filled()}
	pid := x.Trio.Executor.PgConn().PID()
	r.eyes = newLookout(newWatch(x, pid, r.lim), r.report, r.lim.queue(u))
	r.send = &sender{trio: x.Trio, report: r.report, eyes: r.eyes, grace: r.lim.Grace}
	return r
}

// open learns about the run session and makes sure that somebody watches.
func (r *run) open(ctx context.Context) (ending, bool) {
	limited, cancel := context.WithTimeout(ctx, r.lim.Grace)
	defer cancel()
	var err error
	if r.s, err = meet(limited, r.x.Trio.Executor, r.lim.Grace); err != nil {
		return ending{outcome: NotApplied, reason: reasonUnsent(err), err: err}, false
	}
	if r.s.status() != 'I' {
		err := errors.New("the run session is inside a transaction")
		return ending{outcome: NotApplied, reason: Refused, err: err}, false
	}
	if r.base, err = readBaseline(limited, r.x.Trio.Executor.Conn); err != nil {
		return ending{outcome: NotApplied, reason: reasonUnsent(err), err: err}, false
	}
	r.trace = Trace{PID: r.s.pid, BackendStart: r.s.started, Timeline: r.s.timeline, Statement: -1}
	if _, err := r.eyes.look(limited); err != nil {
		return ending{outcome: NotApplied, reason: Blind, err: err}, false
	}
	return ending{}, true
}

func reasonUnsent(err error) Reason {
	switch classify(err) {
	case lost, unsent, fatal:
		return ConnectionLost
	}
	return Refused
}

// finish tells the end and makes the Result.
func (r *run) finish(e ending) Result {
	if e.outcome == NotApplied && e.err == nil {
		e.err = hintFor(e.reason, r)
	}
	kind := map[Outcome]EventKind{Applied: UnitApplied, NotApplied: UnitUndone, Unknown: UnitUnknown}[e.outcome]
	ev := Event{Kind: kind, Outcome: e.outcome, Reason: e.reason, Blockers: r.eyes.all.list(), Code: db.SQLState(e.err)}
	if e.err != nil {
		ev.Message = e.err.Error()
	}
	trace := r.trace
	ev.Trace = &trace
	r.tell(ev)
	return Result{Outcome: e.outcome, Reason: e.reason, Attempts: r.attempts, Err: e.err, Blockers: r.eyes.all.list(),
		Left: e.left, Invalid: e.invalid, Detaching: e.detaching, StatementsApplied: r.applied,
		Trace: r.trace, Held: e.held, Away: r.away}
}

// leaveClean takes back what the unit set for the session.
func (r *run) leaveClean() {
	if r.s.status() != 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.lim.Grace)
	defer cancel()
	if err := r.base.restore(ctx, r.s.conn); err != nil {
		r.tell(Event{Kind: Noticed, Message: "the session's settings were not restored: " + err.Error()})
	}
}
