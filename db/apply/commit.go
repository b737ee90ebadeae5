package apply

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// commit sends COMMIT. Before it is sent the unit can be stopped; afterwards
// only the server's answer counts, and without one nobody knows.
func (r *run) commit(ctx context.Context) ending {
	trace := r.trace
	trace.CommitSent = true
	if !r.tell(Event{Kind: CommitSending, Trace: &trace}) {
		return r.stopped(Untold, ending{})
	}
	if reason := r.gate.commit(ctx); reason != "" {
		return r.stopped(reason, ending{})
	}
	r.trace.CommitSent = true
	a := r.fly(ctx, flight{limit: commitPatience * r.lim.Grace, commit: true},
		func(ctx context.Context) (pgconn.CommandTag, error) {
			tag, _, err := exec(ctx, r.s.conn, "COMMIT")
			return tag, err
		})
	if late := r.gate.committed(); late || ctx.Err() != nil {
		r.tell(Event{Kind: TooLate, Message: "COMMIT was sent before the stop came"})
	}
	return r.answered(a)
}

// commitPatience is for a COMMIT that waits for a standby, in multiples of the
// grace: giving it up would not undo it.
const commitPatience = 3

// settle runs the deferred constraints and triggers before COMMIT does: the
// server lifts statement_timeout while it commits, so a slow one would hold our
// locks for as long as it likes, and an error would come as COMMIT's answer.
func (r *run) settle(ctx context.Context) (ending, bool) {
	if reason := r.gate.pass(ctx); reason != "" {
		return r.stopped(reason, ending{}), false
	}
	f := flight{limit: r.guard.statement, deadline: r.deadline, over: r.over}
	a := r.fly(ctx, f, func(ctx context.Context) (pgconn.CommandTag, error) {
		tag, _, err := exec(ctx, r.s.conn, "SET CONSTRAINTS ALL IMMEDIATE")
		return tag, err
	})
	if a.err != nil {
		return r.failed(Statement{Kind: "deferred constraints"}, a), false
	}
	return ending{}, true
}

// answered reads the answer to COMMIT. An answer that ended the session came
// perhaps after the commit was done, so it decides nothing.
func (r *run) answered(a answer) ending {
	switch classify(a.err) {
	case fine:
		if a.tag.String() == "COMMIT" {
			return ending{outcome: Applied, reason: Done}
		}
		err := errors.New("the transaction was aborted before COMMIT: the server rolled it back")
		return ending{outcome: NotApplied, reason: StatementError, err: err}
	case unsent:
		r.trace.CommitSent = false
		return ending{outcome: NotApplied, reason: ConnectionLost, err: a.err}
	case lost, fatal, txTimeout:
		return ending{outcome: Unknown, reason: ConnectionLost, err: unknownError(a.err)}
	}
	return r.failed(Statement{Kind: "COMMIT"}, a)
}

// noteXID remembers the transaction id of a unit that leaves no history row:
// the server can then be asked for its fate.
func (r *run) noteXID(ctx context.Context) (ending, bool) {
	if r.u.Mark.SQL != "" && r.u.Wrap != OneByOne {
		return ending{}, true
	}
	var xid string
	f := flight{limit: r.guard.statement, deadline: r.deadline, over: r.over}
	a := r.fly(ctx, f, func(ctx context.Context) (pgconn.CommandTag, error) {
		tag, rows, err := exec(ctx, r.s.conn, "select coalesce(pg_catalog.txid_current_if_assigned(), 0)")
		if err == nil {
			xid = rows[0][0]
		}
		return tag, err
	})
	if a.err != nil {
		return r.failed(Statement{Kind: "transaction id"}, a), false
	}
	r.trace.XID, _ = strconv.ParseUint(xid, 10, 64)
	return ending{}, true
}
