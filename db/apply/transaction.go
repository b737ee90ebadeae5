package apply

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/db/ledger"
	"belay/sqlview/migration"
)

// block is what one transaction of ours holds: statements, then writes.
type block struct {
	first      int // index of its first statement within the file
	statements []Statement
	writes     []migration.Write
	mark       *ledger.Mark // left in the ledger with it; nil = none
	// shows is what the history table must show before COMMIT; "" = it is not asked.
	shows shown
}

// shown is what a history table shows of a unit.
type shown string

const (
	showsApplied shown = "applied" // or, for a way back, taken back
	showsBegun   shown = "begun"   // dirty
)

// patient reports whether the block makes nobody wait, however long it takes: at
// least one statement works through a table, and every other is no stronger.
func (b block) patient() bool {
	some := false
	for _, s := range b.statements {
		if s.strong() || dml[s.Kind] {
			return false
		}
		some = some || s.patient()
	}
	return some
}

// dml lists what locks rows: these make writers wait though the table's lock is weak.
var dml = map[string]bool{"INSERT": true, "UPDATE": true, "DELETE": true, "MERGE": true, "SELECT": true, "COPY": true}

// transaction runs a unit as one transaction, with the ladder.
func (r *run) transaction(ctx context.Context) ending {
	return r.climb(ctx, block{
		first: r.u.index(0), statements: r.u.body(), writes: r.u.Record, mark: r.whole(), shows: showsApplied,
	})
}

// climb tries the block until it is committed, fails for good, or the ladder ends.
func (r *run) climb(ctx context.Context, b block) ending {
	return r.ladder(ctx, func(rung time.Duration) ending { return r.attempt(ctx, b, rung) })
}

// ladder makes attempts as long as they end at a lock and it has rungs left.
func (r *run) ladder(ctx context.Context, once func(rung time.Duration) ending) ending {
	l := ladder{lim: r.lim}
	s := step{rung: r.lim.FirstRung}
	for {
		r.attempts++
		e := once(s.rung)
		if e.class != lockTimeout && e.class != deadlock {
			r.blockers.add(r.waitSeen)
			r.tell(Event{
				Kind: AttemptEnded, LockTimeout: s.rung, Waited: e.held, Reason: e.reason, Blockers: r.waitSeen,
			})
			return e
		}
		rung := s.rung
		s = l.after(r.afterwards(ctx, rung, e), rand.Float64())
		if s.hold != "" {
			s.pause = 0
		}
		r.tell(Event{Kind: AttemptEnded, LockTimeout: rung, Waited: e.held, Pause: s.pause, Blockers: r.waitSeen,
			Code: db.SQLState(e.err), Reason: s.hold})
		if s.hold != "" {
			return ending{
				outcome: NotApplied, reason: s.hold, held: e.held, left: e.left, invalid: e.invalid,
				detaching: e.detaching,
			}
		}
		if reason := r.rest(ctx, s.pause); reason != "" {
			return r.stopped(reason, e)
		}
	}
}

// afterwards asks which blockers are still there, now that we no longer wait.
func (r *run) afterwards(ctx context.Context, rung time.Duration, e ending) tried {
	if len(r.waitOld) == 0 {
		// The wait was over before anybody looked.
		if held, err := r.watch.holders(ctx, r.wanted()); err != nil {
			r.blinded(err)
		} else {
			r.inTheWay(held)
		}
	}
	t := tried{rung: rung, waited: max(e.held, rung), seen: r.waitOld}
	r.blockers.add(r.waitSeen)
	if len(t.seen) == 0 {
		return t
	}
	still, err := r.watch.stayed(ctx, t.seen)
	if err != nil {
		r.blinded(err)
		still = t.seen // unknown: no reason to wait longer
	}
	t.stayed = still
	return t
}

// rest waits between two attempts, with nothing open. It reports why nothing
// more may be sent; "" = go on.
func (r *run) rest(ctx context.Context, d time.Duration) Reason {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-r.gate.wake:
	}
	return r.gate.pass(ctx)
}

// startHold starts the clock of the whole transaction: lock_timeout and
// statement_timeout are per lock and per statement, and a unit of many would
// hold its first lock for their sum. The server's own clock, 17 and later,
// stands a second behind ours, because it ends the session.
func (r *run) startHold(ctx context.Context, whole time.Duration) error {
	r.deadline, r.over = time.Now().Add(whole), HoldExceeded
	if r.s.version < 170000 {
		return nil
	}
	r.guard.transaction = whole + time.Second
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.lim.Grace)
	defer cancel()
	_, err := ask(limited, r.s.conn, "select pg_catalog.set_config('transaction_timeout', $1, true)",
		guc(r.guard.transaction))
	return err
}

// statement sends one statement of the file and checks that we are still in our
// transaction.
func (r *run) statement(ctx context.Context, at int, s Statement) (ending, bool) {
	if reason := r.gate.pass(ctx); reason != "" {
		return r.stopped(reason, ending{}), false
	}
	r.take(at, s)
	if err := r.reading(s); err != nil {
		return ending{outcome: NotApplied, reason: Refused, err: err}, false
	}
	if !r.tell(Event{Kind: StatementBegun, Message: s.Kind}) {
		return r.stopped(Untold, ending{}), false
	}
	r.sentAny = true
	a := r.fly(ctx, flight{limit: r.guard.statement, deadline: r.deadline, over: r.over},
		func(ctx context.Context) (pgconn.CommandTag, error) {
			tag, _, err := exec(ctx, r.s.conn, s.SQL)
			return tag, err
		})
	r.tell(Event{
		Kind: StatementEnded, Waited: a.took, Message: a.tag.String(), Code: db.SQLState(a.err), Met: a.met,
	})
	if a.err != nil {
		return r.failed(s, a), false
	}
	if ended(a.tag, r.s.status()) {
		return r.endedInside(s, a.tag), false
	}
	if err := r.keepSettings(ctx, s); err != nil {
		return r.failed(s, answer{err: err}), false
	}
	return r.built(ctx, s)
}

// ended reports whether a statement ended our transaction. AND CHAIN begins
// another at once, so the tag counts too; ROLLBACK TO SAVEPOINT has the same tag
// and is refused with it.
func ended(tag pgconn.CommandTag, status byte) bool {
	return status != 'T' || tag.String() == "COMMIT" || tag.String() == "ROLLBACK"
}

func (r *run) endedInside(s Statement, tag pgconn.CommandTag) ending {
	e := ending{outcome: NotApplied, reason: TransactionEnded, err: &Failure{Path: r.u.Path, Line: s.Line,
		Message: fmt.Sprintf("transaction ended inside the file (%s)", tag),
		Hint:    "take COMMIT and ROLLBACK out of the file: belay opens and ends the transaction itself"}}
	if tag.String() != "ROLLBACK" {
		e.left = []string{
			fmt.Sprintf("the statements of %s up to line %d are committed, without a history row", r.u.Path, s.Line),
		}
	}
	return e
}

// keepSettings re-imposes our limits after a statement that may have moved them.
func (r *run) keepSettings(ctx context.Context, s Statement) error {
	if !mayMoveSettings(s) {
		return nil
	}
	adjusted, err := r.guard.keep(ctx, r.s, true)
	if len(adjusted) > 0 {
		r.tell(Event{Kind: SettingAdjusted, Settings: adjusted})
	}
	return err
}

// record writes the history row. User, role and search path are again what they
// were before the file, which must not stand in the row's way. The path is not
// narrowed further: deferred triggers run under it at COMMIT. The table's name
// is qualified, so nothing shadows it.
func (r *run) record(ctx context.Context, writes []migration.Write) (ending, bool) {
	if len(writes) == 0 {
		return ending{}, true
	}
	r.current, r.line = -1, 0
	own := Statement{Kind: "history row"}
	role := or(r.u.Role, r.base["role"])
	f := flight{limit: r.guard.statement, deadline: r.deadline, over: r.over}
	a := r.fly(ctx, f, func(ctx context.Context) (pgconn.CommandTag, error) {
		tag, _, err := exec(ctx, r.s.conn,
			`select pg_catalog.set_config('client_encoding', 'UTF8', true), pg_catalog.set_config('session_authorization', $1, true),
			pg_catalog.set_config('role', $2, true), pg_catalog.set_config('search_path', $3, true)`,
			r.base["session_authorization"], role, scopeOf(r.u, r.s.team).path)
		return tag, err
	})
	if a.err != nil {
		return r.failed(own, a), false
	}
	for _, w := range writes {
		if reason := r.gate.pass(ctx); reason != "" {
			return r.stopped(reason, ending{}), false
		}
		a := r.fly(ctx, f, func(ctx context.Context) (pgconn.CommandTag, error) {
			args := append([]any{pgx.QueryExecModeExec}, w.Args...)
			return r.s.conn.Exec(ctx, w.SQL, args...)
		})
		if a.err != nil {
			return r.failed(own, a), false
		}
		if n := a.tag.RowsAffected(); n != 1 && (a.tag.Insert() || a.tag.Update()) {
			return r.unrecorded(fmt.Sprintf("%q wrote %d rows, not one", w.SQL, n)), false
		}
	}
	return ending{}, true
}

// lastLook waits for a look that is under way: it may have seen the blockers.
func (r *run) lastLook() {
	if s := r.watch.wait(); s.waits && s.err == nil {
		r.obstacle = s.on
		r.inTheWay(s.blockers)
	}
}

// rollback takes back whatever is open. A cancel that came late may hit the
// ROLLBACK itself, so it is sent until the session is idle.
func (r *run) rollback() {
	for range 3 {
		if st := r.s.status(); st == 'I' || st == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), r.lim.Grace)
		_, _, _ = exec(ctx, r.s.conn, "ROLLBACK")
		cancel()
	}
}
