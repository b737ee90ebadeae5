package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
)

// alone sends one statement outside a transaction and finds out what it left.
func (r *run) alone(ctx context.Context, i int, s Statement, rung time.Duration) ending {
	r.prepare(rung)
	r.current, r.line, r.trace.Statement = i, s.Line, i
	was, err := r.leftovers(ctx)
	if err != nil {
		return r.unsentEnding(err)
	}
	if err := r.intend(ctx, i, s); err != nil {
		return r.fenced(err)
	}
	if r.trace.Files, err = r.files(ctx, s); err != nil {
		return r.unsentEnding(err)
	}
	r.guard = r.guardAlone(s, rung)
	defer r.adopt(ctx) // where nothing was sent
	if err := r.outfit(ctx); err != nil {
		return r.unsentEnding(err)
	}
	if s.Concurrent {
		released, err := r.releaseKeys(ctx)
		if err != nil {
			return r.unsentEnding(err)
		}
		return r.retake(ctx, released, r.launch(ctx, s, was))
	}
	return r.launch(ctx, s, was)
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

func (r *run) outfit(ctx context.Context) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.lim.Grace)
	defer cancel()
	r.lent = true
	return r.guard.impose(limited, r.s, false, r.u)
}

// launch tells the intent, sends the statement and judges the answer.
func (r *run) launch(ctx context.Context, s Statement, was leftovers) ending {
	if reason := r.gate.pass(ctx); reason != "" {
		return r.stopped(reason, ending{})
	}
	if err := r.reading(s); err != nil {
		return ending{outcome: NotApplied, reason: Refused, err: err}
	}
	trace := r.trace
	if !r.tell(Event{Kind: Intent, LockTimeout: r.guard.lock, Trace: &trace}) ||
		!r.tell(Event{Kind: StatementBegun, Message: s.name()}) {
		return r.stopped(Untold, ending{})
	}
	r.sentAny, r.began = true, time.Now()
	a := r.fly(ctx, r.plan(s), func(ctx context.Context) (pgconn.CommandTag, error) {
		tag, _, err := exec(ctx, r.s.conn, s.SQL)
		return tag, err
	})
	r.lastLook()
	r.watch.build, r.restsSince = false, time.Time{}
	r.adopt(ctx)
	if a.err == nil {
		// The next statement is in hand now; the journal's trace says so.
		trace.Statement, trace.Files = trace.Statement+1, nil
	}
	r.tell(Event{
		Kind: StatementEnded, Waited: a.took, Message: a.tag.String(), Code: db.SQLState(a.err), Met: a.met,
		Trace: &trace,
	})
	e := r.landed(ctx, s, a, was)
	e.held = a.took
	return e
}

// plan is how the flight of the statement is watched and bounded.
func (r *run) plan(s Statement) flight {
	f := flight{limit: r.guard.statement}
	if s.gentle() {
		f.deadline, f.over = r.began.Add(r.lim.ConcurrentDeadline), Deadline
	}
	r.watch.attempt(r.began, or(r.guard.lock, r.lim.Sample))
	if s.Concurrent {
		f.look = r.buildSeen()
		r.watch.build, r.watch.keys = true, r.u.Keys
	}
	return f
}

// landed judges the answer, and looks what is there now.
func (r *run) landed(ctx context.Context, s Statement, a answer, was leftovers) ending {
	if a.err == nil {
		return r.proved(ctx, s, was)
	}
	e := r.failed(s, a)
	if e.class == fatal || e.class == txTimeout || e.outcome == Unknown {
		// Outside a transaction the effect may have been there before the session ended.
		e.outcome = Unknown
		return e
	}
	if s.commits() {
		return r.halfway(s, a, e)
	}
	return r.behind(ctx, s, e, was)
}

// behind names what a failed statement left.
func (r *run) behind(ctx context.Context, s Statement, e ending, was leftovers) ending {
	now, err := r.leftovers(ctx)
	if err != nil {
		e.left = append(e.left, "it could not be asked what stayed behind: "+err.Error())
		return e
	}
	e.invalid = now.since(was)
	for _, x := range e.invalid {
		r.tell(Event{Kind: IndexLeftInvalid, Message: x.String()})
		e.left = append(e.left, x.String())
	}
	for _, p := range now.detaching {
		if slices.Contains(was.detaching, p) {
			continue
		}
		e.detaching = append(e.detaching, p)
		e.left = append(e.left,
			p.String()+
				" is half detached: queries on the parent no longer see its rows; DETACH PARTITION … FINALIZE ends it")
	}
	if s.Witness.Look != "" {
		e.left = append(e.left, s.Witness.Look)
	}
	return e
}

// proved holds the server's word against its catalog: a build is done only when
// its index is valid and ready.
func (r *run) proved(ctx context.Context, s Statement, was leftovers) ending {
	e := r.behind(ctx, Statement{Line: s.Line}, ending{outcome: Applied, reason: Done}, was)
	if s.Kind == "CREATE INDEX" && s.Index.Name != "" {
		x, found, err := r.find(ctx, s.Index)
		if err != nil {
			return ending{
				outcome: Unknown, reason: ConnectionLost, err: fmt.Errorf("look for index %s: %w", s.Index.Name, err),
			}
		}
		if !found || !x.valid || !x.ready {
			e.err = fmt.Errorf("%s:%d: index %s is not valid although the server reported no error", r.u.Path, s.Line,
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
func (r *run) retake(ctx context.Context, keys []int64, e ending) ending {
	if len(keys) == 0 || r.s.status() != 'I' {
		return e
	}
	err := r.takeKeys(ctx, keys)
	if err == nil || e.outcome != Applied {
		return e
	}
	out := ending{outcome: NotApplied, reason: KeysHeld, err: err,
		left: []string{fmt.Sprintf("the statement on line %d is applied, the version is not recorded", r.line)}}
	switch classify(err) {
	case lost, unsent, fatal:
		out.reason = ConnectionLost
		r.trace.Statement, r.trace.Files = r.trace.Statement+1, nil
	}
	return out
}
