package apply

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/sqlview/measure"
)

// failed turns the error of one command inside a transaction into an ending.
// Whatever the server answered, the transaction is undone; only silence is
// unknown.
func (t *try) failed(s Statement, a answer) ending {
	c := classify(a.err)
	e := ending{outcome: NotApplied, class: c, err: t.failure(s, a.err)}
	reason, cause := t.gate.why()
	switch {
	case c == unsent:
		e.reason = ConnectionLost
		if t.sentAny {
			e.outcome, e.err = Unknown, unknownError(a.err)
		}
	case c == lost:
		e.outcome, e.reason, e.err = Unknown, ConnectionLost, unknownError(a.err)
	case c == txTimeout:
		e.reason, e.err = HoldExceeded, t.heldTooLong()
	case c == fatal:
		e.reason, e.err = Terminated, fmt.Errorf("the server ended our session: %w", a.err)
	case c == queryCanceled && reason != "":
		// Ours: the gate was closed before the cancel went out.
		return t.stopped(reason, e)
	case c == queryCanceled:
		e.reason, e.err = t.whoCanceled(a)
	case (c == lockTimeout || c == deadlock) && reason != "":
		return t.stopped(reason, ending{err: cause})
	case c == lockTimeout, c == deadlock:
		e.reason = Held
	default:
		e.reason = StatementError
	}
	return e
}

// timeoutSlack is how early a client's clock may see a server's timeout.
const timeoutSlack = 20 * time.Millisecond

// whoCanceled tells a statement_timeout from a cancel that was not ours: both
// are 57014, and only the clock differs.
func (t *try) whoCanceled(a answer) (Reason, error) {
	f := &Failure{Path: t.u.Path, Line: t.line, Code: db.SQLState(a.err), Message: "canceled", Err: a.err}
	if t.guard.statement > 0 && a.took >= t.guard.statement-timeoutSlack {
		if t.guard.fileStatement {
			f.Hint = "the file's own statement_timeout ended it"
			return StatementError, f
		}
		return HoldExceeded, t.heldTooLong()
	}
	f.Hint = "someone cancelled it with pg_cancel_backend; ask who before running again"
	return CanceledByOther, f
}

func (r *run) heldTooLong() error {
	if r.u.Hold > 0 {
		return fmt.Errorf("%s: held its locks for longer than the accepted %s, so the server undid it: nothing changed",
			r.u.Path, r.u.Hold)
	}
	if r.away >= FarAway {
		return fmt.Errorf("%s: each answer of the server takes %s to come, and the locks would be held for several: "+
			"undone, nothing changed", r.u.Path, r.away.Round(10*time.Millisecond))
	}
	return fmt.Errorf("%s: took longer than judged, so the server undid it: nothing changed", r.u.Path)
}

// stopped is the ending of a unit whose gate closed before COMMIT.
func (r *run) stopped(reason Reason, e ending) ending {
	_, cause := r.gate.why()
	out := ending{
		outcome: NotApplied, reason: reason, err: cause, held: e.held, left: e.left, invalid: e.invalid,
		detaching: e.detaching,
	}
	if reason == HoldExceeded {
		out.err = r.heldTooLong()
	}
	if out.err == nil && reason == Deadline {
		out.err = fmt.Errorf("%s:%d: belay's own deadline of %s ran out", r.u.Path, r.line, r.lim.ConcurrentDeadline)
	}
	if out.err == nil {
		out.err = errors.New(string(reason))
	}
	return out
}

// unsentEnding is for BEGIN and our settings: nothing of the file was sent.
func unsentEnding(err error) ending {
	reason := Refused
	switch classify(err) {
	case lost, unsent, fatal:
		reason = ConnectionLost
	case queryCanceled:
		reason = CanceledByOther
	}
	err = fmt.Errorf("set up the transaction: %w", db.Explained(err))
	return ending{outcome: NotApplied, reason: reason, err: err}
}

func unknownError(err error) error {
	return fmt.Errorf("the connection was lost after the statement was sent, so only the database knows: %w",
		db.Explained(err))
}

// hintFor is the error of an ending that has none of its own.
func hintFor(reason Reason, r *run) error {
	switch reason {
	case Held:
		return fmt.Errorf("%s did not get its lock in %s; nothing changed", r.u.Name,
			measure.Plural(r.attempts, "attempt"))
	case Vacuuming:
		return fmt.Errorf("%s waits behind an autovacuum; nothing changed", r.u.Name)
	}
	return errors.New(string(reason))
}

// failure gives a server's error its place in the file.
func (r *run) failure(s Statement, err error) error {
	var pg *pgconn.PgError
	if s.Line == 0 { // ours, not the file's
		return fmt.Errorf("%s of %s: %w", strings.ToLower(s.Kind), r.u.Name, err)
	}
	if !errors.As(err, &pg) {
		return fmt.Errorf("%s:%d: %w", r.u.Path, s.Line, err)
	}
	shown := func(text string) string { return db.ShownMessage(text, s.SQL) }
	f := &Failure{Path: r.u.Path, Line: s.Line, Code: pg.Code, Message: shown(pg.Message), Detail: shown(pg.Detail),
		Hint: shown(pg.Hint), Constraint: pg.ConstraintName, Err: err}
	if at, ok := db.ErrorPlace(err, s.SQL, db.Place{Line: s.Line, Column: max(s.Column, 1)}); ok {
		f.Line, f.Column = at.Line, at.Column
	}
	return f
}

func failureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return nil
}
