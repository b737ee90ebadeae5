package apply

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

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
			r.eyes.all.add(r.eyes.seen)
			r.tell(Event{
				Kind: AttemptEnded, LockTimeout: s.rung, Waited: e.held, Reason: e.reason, Blockers: r.eyes.seen,
			})
			return e
		}
		rung := s.rung
		seen, stayed := r.eyes.afterwards(ctx, r.wanted())
		s = l.after(tried{rung: rung, waited: max(e.held, rung), seen: seen, stayed: stayed}, rand.Float64())
		if s.hold != "" {
			s.pause = 0
		}
		r.tell(Event{Kind: AttemptEnded, LockTimeout: rung, Waited: e.held, Pause: s.pause, Blockers: r.eyes.seen,
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

// statement sends one statement of the file and checks that we are still in our
// transaction.
func (t *attempt) statement(ctx context.Context, at int, s Statement) (ending, bool) {
	if e, ok := t.handOver(ctx, at, s); !ok {
		return e, false
	}
	a := t.send.exec(ctx, t.bound(), s.SQL)
	t.tell(Event{
		Kind: StatementEnded, Waited: a.took, Message: a.tag.String(), Code: db.SQLState(a.err), Existed: a.existed,
	})
	if a.err != nil {
		return t.failed(s, a), false
	}
	if ended(a.tag, t.s.status()) {
		return t.endedInside(s, a.tag), false
	}
	return t.behind(ctx, s)
}

// handOver makes a statement the one in hand, and is the last moment at which it may
// still be kept back.
func (t *attempt) handOver(ctx context.Context, at int, s Statement) (ending, bool) {
	if reason := t.gate.pass(ctx); reason != "" {
		return t.stopped(reason, ending{}), false
	}
	t.take(at, s)
	if err := t.reading(s); err != nil {
		return ending{outcome: NotApplied, reason: Refused, err: err}, false
	}
	if !t.tell(Event{Kind: StatementBegun, Message: s.Kind}) {
		return t.stopped(Untold, ending{}), false
	}
	t.sentAny = true
	return ending{}, true
}

// behind looks at what a statement that went well leaves: our settings and its index.
func (t *attempt) behind(ctx context.Context, s Statement) (ending, bool) {
	if err := t.keepSettings(ctx, s); err != nil {
		return t.failed(s, answer{err: err}), false
	}
	return t.built(ctx, s)
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
func (t *attempt) keepSettings(ctx context.Context, s Statement) error {
	if !mayMoveSettings(s) {
		return nil
	}
	adjusted, err := t.guard.keep(ctx, t.s, true)
	if len(adjusted) > 0 {
		t.tell(Event{Kind: SettingAdjusted, Settings: adjusted})
	}
	return err
}

// record writes the history row. User, role and search path are again what they
// were before the file, which must not stand in the row's way. The path is not
// narrowed further: deferred triggers run under it at COMMIT. The table's name
// is qualified, so nothing shadows it.
func (t *attempt) record() ([]part, error) {
	if len(t.block.writes) == 0 {
		return nil, nil
	}
	own := Statement{Kind: "history row"}
	parts := []part{command(own,
		`select pg_catalog.set_config('client_encoding', 'UTF8', true), pg_catalog.set_config('session_authorization', $1, true),
			pg_catalog.set_config('role', $2, true), pg_catalog.set_config('search_path', $3, true)`,
		t.base["session_authorization"], or(t.u.Role, t.base["role"]), scopeOf(t.u, t.s.team).path)}
	for _, w := range t.block.writes {
		p, err := t.s.typed(own, w.SQL, w.Args)
		if err != nil {
			return nil, err
		}
		p.then = func(a answer) (ending, bool) {
			if n := a.tag.RowsAffected(); n != 1 && (a.tag.Insert() || a.tag.Update()) {
				return t.unrecorded(fmt.Sprintf("%q wrote %d rows, not one", w.SQL, n)), false
			}
			return ending{}, true
		}
		parts = append(parts, p)
	}
	return parts, nil
}
