package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LockKey is belay's own session advisory lock: who holds it on the executor's
// session owns the database's run. It is one constant, "belay" in ASCII and a
// number, because an advisory lock is already per database.
const LockKey int64 = 0x62656c6179_000001

// Holder is the session that has an advisory lock.
type Holder struct {
	// PID is 0 for a prepared transaction, which holds locks without a session.
	PID         int    `json:"pid"`
	Application string `json:"application"`
	User        string `json:"user"`
	// Address is client_addr; "" = a socket, or the role may not see it.
	Address string `json:"address,omitempty"`
	// Since is when the session began, by the server's clock; zero = the role may
	// not see it.
	Since time.Time `json:"since,omitzero"`
}

// String is one line for a person: "PID 4411 (belay/7f3c/run, deploy from
// 10.0.0.7 since 14:02:11 +00:00)".
func (h Holder) String() string {
	if h.PID == 0 {
		return "a prepared transaction"
	}
	s := fmt.Sprintf("PID %d (%s, %s", h.PID, h.Application, h.User)
	if h.Address != "" {
		s += " from " + h.Address
	}
	if !h.Since.IsZero() {
		s += h.Since.Format(" since 15:04:05 -07:00")
	}
	return s + ")"
}

// TryLock tries once, without waiting, to take a session advisory lock. Nobody
// of ours ever waits in line for one: a waiter's snapshot stops CREATE INDEX
// CONCURRENTLY. Where another has it, ok is false and the Holder says who; it
// is nil where the lock was let go in between. A session may take a lock it
// already has; it must then be let go as often.
func TryLock(ctx context.Context, c *Conn, key int64) (ok bool, holder *Holder, err error) {
	if err := c.QueryRow(ctx, "SELECT pg_catalog.pg_try_advisory_lock($1)", key).Scan(&ok); err != nil {
		return false, nil, fmt.Errorf("advisory lock %d: %w", key, err)
	}
	if ok {
		return true, nil, nil
	}
	holder, err = LockHolder(ctx, c, key)
	return false, holder, err
}

// Unlock lets a session advisory lock go; held is false where the session did
// not have it.
func Unlock(ctx context.Context, c *Conn, key int64) (held bool, err error) {
	if err := c.QueryRow(ctx, "SELECT pg_catalog.pg_advisory_unlock($1)", key).Scan(&held); err != nil {
		return false, fmt.Errorf("advisory unlock %d: %w", key, err)
	}
	return held, nil
}

// A bigint key stands in pg_locks as two halves, with objsubid 1. The locks are read before
// the sessions: a session that is not there any more has ended in between, and holds nothing.
const holderSQL = `
SELECT coalesce(l.pid, 0), coalesce(a.application_name, ''), coalesce(a.usename, '')::text,
       coalesce(pg_catalog.host(a.client_addr), ''),
       (extract(epoch FROM a.backend_start) * 1000)::bigint
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_database d ON d.oid = l.database AND d.datname = pg_catalog.current_database()
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted = $2
  AND (l.classid::bigint << 32) | l.objid::bigint = ANY ($1::bigint[])
  AND (l.pid IS NULL OR a.pid IS NOT NULL)
ORDER BY a.backend_start NULLS LAST`

// LockHolder says who has an advisory lock of this database; nil = nobody.
func LockHolder(ctx context.Context, c *Conn, key int64) (*Holder, error) {
	all, err := LockHolders(ctx, c, key)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// QueueHolder asks for LockHolder with other questions, of a session that has the login's
// own rights.
func QueueHolder(b *pgx.Batch, key int64, to **Holder) {
	b.Queue(holderSQL, []int64{key}, true).Query(func(rows pgx.Rows) error {
		all, err := pgx.CollectRows(rows, ScanHolder)
		if len(all) > 0 {
			*to = &all[0]
		}
		return err
	})
}

// LockHolders lists the sessions that have one of the advisory locks, the oldest first.
func LockHolders(ctx context.Context, c *Conn, keys ...int64) ([]Holder, error) {
	return lockSessions(ctx, c, keys, true)
}

// LockWaiters lists the sessions that wait for an advisory lock: a team's tool
// that does so can break a CONCURRENTLY of ours.
func LockWaiters(ctx context.Context, c *Conn, key int64) ([]Holder, error) {
	return lockSessions(ctx, c, []int64{key}, false)
}

func lockSessions(ctx context.Context, c *Conn, keys []int64, granted bool) ([]Holder, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var out []Holder
	err := c.As(ctx, "", func() error { // the login sees its own sessions
		rows, err := c.Query(ctx, holderSQL, keys, granted)
		if err == nil {
			out, err = pgx.CollectRows(rows, ScanHolder)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("holders of advisory locks %d: %w", keys, err)
	}
	return out, nil
}

// ScanHolder reads a row of pid, application, user, address and the backend's
// start in milliseconds since 1970, NULL = hidden.
func ScanHolder(r pgx.CollectableRow) (h Holder, err error) {
	var ms *int64
	err = r.Scan(&h.PID, &h.Application, &h.User, &h.Address, &ms)
	if ms != nil {
		h.Since = time.UnixMilli(*ms).UTC()
	}
	return h, err
}
