package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"belay/db"
)

// lone is one statement outside a transaction. Nothing undoes it, so what it left is
// looked up.
type lone struct {
	try
	at        int // within the file
	statement Statement
	// was is what earlier statements had left before it.
	was leftovers
}

// alone sends one statement outside a transaction and finds out what it left.
func (r *run) alone(ctx context.Context, at int, s Statement, rung time.Duration) ending {
	l := &lone{try: r.try(rung), at: at, statement: s}
	r.take(at, s)
	var err error
	if l.was, err = r.s.leftovers(ctx); err != nil {
		return unsentEnding(err)
	}
	if err := r.intend(ctx, at, s); err != nil {
		return fenced(err)
	}
	if r.trace.Files, err = r.s.files(ctx, s); err != nil {
		return unsentEnding(err)
	}
	l.guard = r.guardAlone(s, rung)
	defer r.adopt(ctx) // where nothing was sent
	if err := l.outfit(ctx); err != nil {
		return unsentEnding(err)
	}
	if !s.Concurrent {
		return l.launch(ctx)
	}
	released, err := r.s.releaseKeys(ctx, r.u.Keys)
	if err != nil {
		return unsentEnding(err)
	}
	if len(released) > 0 {
		r.tell(Event{Kind: KeysReleased})
	}
	return l.retake(ctx, released, l.launch(ctx))
}

// guardAlone is the settings of a statement outside a transaction. One that
// blocks neither reads nor writes may wait: lock_timeout would end its waits for
// old transactions and leave an INVALID index.
func (r *run) guardAlone(s Statement, rung time.Duration) guard {
	if s.gentle() {
		return guard{idle: idleTimeout, check: r.lim.ConnectionCheck}
	}
	if s.commits() {
		// A short lock_timeout would end it halfway, and halfway stands.
		hold := r.lim.hold(r.u)
		return guard{lock: hold, statement: rung + hold, idle: idleTimeout, check: r.lim.ConnectionCheck}
	}
	return guard{lock: rung, statement: rung + r.lim.hold(r.u), idle: idleTimeout, check: checkInterval}
}

func (l *lone) outfit(ctx context.Context) error {
	limited, cancel := l.s.limited(ctx)
	defer cancel()
	l.teamSettings = true
	return l.guard.impose(limited, l.s, false, l.u)
}

// launch tells the intent, sends the statement and judges the answer.
func (l *lone) launch(ctx context.Context) ending {
	if reason := l.gate.pass(ctx); reason != "" {
		return l.stopped(reason, ending{})
	}
	if err := l.reading(l.statement); err != nil {
		return ending{outcome: NotApplied, reason: Refused, err: err}
	}
	trace := l.trace
	if !l.tell(Event{Kind: Intent, LockTimeout: l.guard.lock, Trace: &trace}) ||
		!l.tell(Event{Kind: StatementBegun, Message: l.statement.name()}) {
		return l.stopped(Untold, ending{})
	}
	l.sentAny, l.began = true, time.Now()
	a := l.send.exec(ctx, l.plan(), l.statement.SQL)
	l.eyes.last()
	l.eyes.build, l.eyes.restsSince = false, time.Time{}
	l.adopt(ctx)
	if a.err == nil {
		// The next statement is in hand now; the journal's trace says so.
		trace.Statement, trace.Files = trace.Statement+1, nil
	}
	l.tell(Event{
		Kind: StatementEnded, Waited: a.took, Message: a.tag.String(), Code: db.SQLState(a.err), Existed: a.existed,
		Trace: &trace,
	})
	e := l.landed(ctx, a)
	e.held = a.took
	return e
}

// plan is how the flight of the statement is watched and bounded.
func (l *lone) plan() flight {
	if l.statement.gentle() {
		l.deadline, l.over = l.began.Add(l.lim.ConcurrentDeadline), Deadline
	}
	f := l.bound()
	l.eyes.attempt(l.began, or(l.guard.lock, l.lim.Sample))
	if l.statement.Concurrent {
		f.look = l.eyes.onBuild()
		l.eyes.build, l.eyes.keys = true, l.u.Keys
	}
	return f
}

// landed judges the answer, and looks what is there now.
func (l *lone) landed(ctx context.Context, a answer) ending {
	if a.err == nil {
		return l.proved(ctx)
	}
	e := l.failed(l.statement, a)
	if e.class == fatal || e.class == txTimeout || e.outcome == Unknown {
		// Outside a transaction the effect may have been there before the session ended.
		e.outcome = Unknown
		return e
	}
	if l.statement.commits() {
		return l.halfway(a, e)
	}
	e = l.behind(ctx, e)
	if l.statement.Witness.Look != "" {
		e.left = append(e.left, l.statement.Witness.Look)
	}
	return e
}

// behind names what the statement left that was not there before.
func (l *lone) behind(ctx context.Context, e ending) ending {
	now, err := l.s.leftovers(ctx)
	if err != nil {
		e.left = append(e.left, "it could not be asked what stayed behind: "+err.Error())
		return e
	}
	e.invalid = now.since(l.was)
	for _, x := range e.invalid {
		l.tell(Event{Kind: IndexLeftInvalid, Message: x.String()})
		e.left = append(e.left, x.String())
	}
	for _, p := range now.detaching {
		if slices.Contains(l.was.detaching, p) {
			continue
		}
		e.detaching = append(e.detaching, p)
		e.left = append(e.left,
			p.String()+
				" is half detached: queries on the parent no longer see its rows; DETACH PARTITION … FINALIZE ends it")
	}
	return e
}

// proved holds the server's word against its catalog: a build is done only when
// its index is valid and ready.
func (l *lone) proved(ctx context.Context) ending {
	s := l.statement
	e := l.behind(ctx, ending{outcome: Applied, reason: Done})
	if s.Kind == "CREATE INDEX" && s.Index.Name != "" {
		x, found, err := l.find(ctx, s.Index)
		if err != nil {
			return ending{
				outcome: Unknown, reason: ConnectionLost, err: fmt.Errorf("look for index %s: %w", s.Index.Name, err),
			}
		}
		if !found || !x.valid || !x.ready {
			e.err = fmt.Errorf("%s:%d: index %s is not valid although the server reported no error", l.u.Path, s.Line,
				s.Index.Name)
			e.outcome, e.reason = NotApplied, IndexInvalid
			return e
		}
	}
	if len(e.invalid) > 0 {
		e.outcome, e.reason = NotApplied, IndexInvalid
		e.err = errors.New(e.invalid[0].String())
	}
	return e
}

// retake takes the tool's keys again, whatever became of the statement. Where the
// session ended meanwhile the statement stands, and the unit goes on behind it.
func (l *lone) retake(ctx context.Context, keys []int64, e ending) ending {
	if len(keys) == 0 || l.s.status() != 'I' {
		return e
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.lim.RetryFor)
	defer cancel()
	err := l.s.takeKeys(limited, keys, l.gate.wake)
	if err == nil {
		l.tell(Event{Kind: KeysTaken})
	}
	if err == nil || e.outcome != Applied {
		return e
	}
	out := ending{outcome: NotApplied, reason: KeysHeld, err: err,
		left: []string{fmt.Sprintf("the statement on line %d is applied, the version is not recorded", l.line)}}
	switch classify(err) {
	case lost, unsent, fatal:
		out.reason = ConnectionLost
		l.trace.Statement, l.trace.Files = l.trace.Statement+1, nil
	}
	return out
}
