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

// close does in one turn all that stands between the last statement and COMMIT.
func (t *attempt) close(ctx context.Context) (ending, bool) {
	parts, err := t.record()
	if err != nil {
		return t.failed(Statement{Kind: "history row"}, answer{err: err}), false
	}
	if len(parts) > 0 {
		t.none()
	}
	parts = append(append(append(parts, t.settle()), t.confirm()...), t.noteXID()...)
	return t.turn(ctx, t.bound(), parts)
}

// settle runs the deferred constraints and triggers before COMMIT does: the
// server lifts statement_timeout while it commits, so a slow one would hold our
// locks for as long as it likes, and an error would come as COMMIT's answer.
func (t *attempt) settle() part {
	return command(Statement{Kind: "deferred constraints"}, "SET CONSTRAINTS ALL IMMEDIATE")
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
func (t *attempt) noteXID() []part {
	if t.u.Mark.SQL != "" && t.u.Wrap != OneByOne {
		return nil
	}
	p := command(Statement{Kind: "transaction id"}, "select coalesce(pg_catalog.txid_current_if_assigned(), 0)")
	p.then = func(a answer) (ending, bool) {
		t.trace.XID, _ = strconv.ParseUint(a.rows[0][0], 10, 64)
		return ending{}, true
	}
	return []part{p}
}
