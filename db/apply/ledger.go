package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"belay/db/ledger"
)

// whole marks the unit, and part one statement of it. They are left in
// belay.unit where the run has a ledger.
func (r *run) whole() *ledger.Mark {
	return &ledger.Mark{Unit: r.u.Name, State: ledger.Applied}
}

func (r *run) part(i int, s Statement, state ledger.MarkState) *ledger.Mark {
	sum := sha256.Sum256([]byte(s.SQL))
	return &ledger.Mark{Unit: ledger.StatementMark(r.u.Name, i), SHA256: hex.EncodeToString(sum[:]), State: state}
}

// enter makes sure, first in a transaction, that the run is still ours, and
// leaves a mark. It speaks as the session's own user and role: those of the unit
// need no rights on the ledger.
func (r *run) enter(ctx context.Context, m *ledger.Mark) error {
	if r.x.Ledger == nil {
		return nil
	}
	_, err := ask(ctx, r.s.conn,
		`select pg_catalog.set_config('session_authorization', $1, true), pg_catalog.set_config('role', $2, true)`,
		r.base["session_authorization"], r.base["role"])
	if err != nil {
		return err
	}
	if err := r.x.Ledger.Fence(ctx, r.s.conn); err != nil || m == nil {
		return err
	}
	m.Attempt = r.attempts
	return r.x.Ledger.Mark(ctx, r.s.conn, *m)
}

// intend commits, before a statement that cannot be in a transaction is sent,
// that it is going to be.
func (r *run) intend(ctx context.Context, i int, s Statement) error {
	if r.x.Ledger == nil {
		return nil
	}
	limited, cancel := r.s.limited(ctx)
	defer cancel()
	defer r.s.rollback()
	if _, err := ask(limited, r.s.conn, "BEGIN"); err != nil {
		return err
	}
	if err := r.enter(limited, r.part(i, s, ledger.Intent)); err != nil {
		return err
	}
	_, err := ask(limited, r.s.conn, "COMMIT")
	return err
}

// fenced is the ending of a transaction that did not get past its fence: nothing
// of the unit was sent.
func fenced(err error) ending {
	var taken *ledger.TakenOverError
	switch c := classify(err); {
	case errors.As(err, &taken):
		return ending{outcome: NotApplied, reason: TakenOver, err: err}
	case c == lockTimeout || c == deadlock:
		return ending{outcome: NotApplied, reason: Held, class: c, err: err}
	}
	return unsentEnding(err)
}
