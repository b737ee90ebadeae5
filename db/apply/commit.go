package apply

import (
	"context"
	"errors"
	"strconv"
)

// commit sends COMMIT. Before it is sent the unit can be stopped; afterwards
// only the server's answer counts, and without one nobody knows.
func (t *attempt) commit(ctx context.Context) ending {
	trace := t.trace
	trace.CommitSent = true
	if !t.tell(Event{Kind: CommitSending, Trace: &trace}) {
		return t.stopped(Untold, ending{})
	}
	if reason := t.gate.commit(ctx); reason != "" {
		return t.stopped(reason, ending{})
	}
	t.trace.CommitSent = true
	a := t.send.exec(ctx, flight{limit: commitPatience * t.lim.Grace, commit: true}, "COMMIT")
	if late := t.gate.committed(); late || ctx.Err() != nil {
		t.tell(Event{Kind: TooLate, Message: "COMMIT was sent before the stop came"})
	}
	return t.answered(a)
}

// commitPatience is for a COMMIT that waits for a standby, in multiples of the
// grace: giving it up would not undo it.
const commitPatience = 3

// settle runs the deferred constraints and triggers before COMMIT does: the
// server lifts statement_timeout while it commits, so a slow one would hold our
// locks for as long as it likes, and an error would come as COMMIT's answer.
func (t *attempt) settle(ctx context.Context) (ending, bool) {
	if reason := t.gate.pass(ctx); reason != "" {
		return t.stopped(reason, ending{}), false
	}
	if a := t.send.exec(ctx, t.bound(), "SET CONSTRAINTS ALL IMMEDIATE"); a.err != nil {
		return t.failed(Statement{Kind: "deferred constraints"}, a), false
	}
	return ending{}, true
}

// answered reads the answer to COMMIT. An answer that ended the session came
// perhaps after the commit was done, so it decides nothing.
func (t *attempt) answered(a answer) ending {
	switch classify(a.err) {
	case fine:
		if a.tag.String() == "COMMIT" {
			return ending{outcome: Applied, reason: Done}
		}
		err := errors.New("the transaction was aborted before COMMIT: the server rolled it back")
		return ending{outcome: NotApplied, reason: StatementError, err: err}
	case unsent:
		t.trace.CommitSent = false
		return ending{outcome: NotApplied, reason: ConnectionLost, err: a.err}
	case lost, fatal, txTimeout:
		return ending{outcome: Unknown, reason: ConnectionLost, err: unknownError(a.err)}
	}
	return t.failed(Statement{Kind: "COMMIT"}, a)
}

// noteXID remembers the transaction id of a unit that leaves no history row:
// the server can then be asked for its fate.
func (t *attempt) noteXID(ctx context.Context) (ending, bool) {
	if t.u.Mark.SQL != "" && t.u.Wrap != OneByOne {
		return ending{}, true
	}
	a := t.send.exec(ctx, t.bound(), "select coalesce(pg_catalog.txid_current_if_assigned(), 0)")
	if a.err != nil {
		return t.failed(Statement{Kind: "transaction id"}, a), false
	}
	t.trace.XID, _ = strconv.ParseUint(a.rows[0][0], 10, 64)
	return ending{}, true
}
