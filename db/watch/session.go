package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/sqlview/activity"
	"belay/sqlview/lock"
)

// Session reads one backend, what it holds and who waits for it, in one round trip.
// ok is false where no backend has the pid.
func Session(ctx context.Context, c *db.Conn, pid int) (s activity.Session, ok bool, err error) {
	major := c.ServerMajor()
	var batch pgx.Batch
	batch.Queue(sql("session", major), pid)
	batch.Queue(sql("session_holds", major), pid)
	batch.Queue(sql("session_waiters", major))
	results := c.SendBatch(ctx, &batch)
	s, err = scanSession(results)
	err = closed(results, err)
	if errors.Is(err, pgx.ErrNoRows) {
		return activity.Session{}, false, nil
	}
	if err != nil {
		return activity.Session{}, false, fmt.Errorf("session %d: %w", pid, err)
	}
	return s, true, nil
}

func scanSession(r pgx.BatchResults) (s activity.Session, err error) {
	var at int64
	var backend, transaction, statement, state *int64
	err = r.QueryRow().Scan(&at, &s.PID, &backend, &transaction, &statement, &state, &s.Application, &s.User,
		&s.Database,
		&s.Client, &s.BackendType, &s.State, &s.Leader, &s.Query, &s.Cut, &s.Wraparound)
	if err != nil {
		return s, err
	}
	s.At, s.BackendStart, s.TransactionStart = micro(&at), micro(backend), micro(transaction)
	s.StatementStart, s.StateSince, s.Query = micro(statement), micro(state), db.ShownQuery(s.Query)
	if s.Holds, err = rows(r, "locks", scanHeld); err != nil {
		return s, err
	}
	slices.SortStableFunc(s.Holds, func(a, b activity.Held) int { return cmp.Compare(b.Mode, a.Mode) })
	waiters, err := rows(r, "waiters", func(r pgx.CollectableRow) (w waiter, err error) {
		return w, r.Scan(&w.pid, &w.behind)
	})
	s.Blocks = behind(int32(s.PID), waiters)
	return s, err
}

func scanHeld(r pgx.CollectableRow) (h activity.Held, err error) {
	var mode string
	err = r.Scan(&mode, &h.Relation)
	h.Mode = lock.FromPgLocks(mode)
	return h, err
}

// micro is a time of the server; nil = zero.
func micro(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return time.UnixMicro(*us).UTC()
}

// waiter is a session that waits, and for whom.
type waiter struct {
	pid    int32
	behind []int32
}

// behind lists who waits for a session, directly or behind others that do.
func behind(pid int32, all []waiter) []int {
	waits := map[int32]bool{}
	for found := true; found; {
		found = false
		for _, w := range all {
			if waits[w.pid] || w.pid == pid {
				continue
			}
			if slices.ContainsFunc(w.behind, func(p int32) bool { return p == pid || waits[p] }) {
				waits[w.pid], found = true, true
			}
		}
	}
	var out []int
	for _, w := range all {
		if waits[w.pid] {
			out = append(out, int(w.pid))
		}
	}
	return out
}
