package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Trio is the three connections of a run. All are open before the first
// statement, because a server without a free slot would leave a run blind and
// without a second way to cancel. One goroutine uses Executor; Monitor is lent,
// and Cancel may be called by any.
//
// Monitor and escape come back by themselves. The executor never does: what it had
// sent is unknown and must be asked for first.
type Trio struct {
	Executor *Conn
	Monitor  *Shared

	escape *Shared
	// executor is who to cancel, also while Executor is busy.
	pid   int
	start int64
}

// OpenTrio opens executor, monitor and escape, or none of them. step names the
// executor's first step.
func OpenTrio(ctx context.Context, cfg Config, run, step string) (*Trio, error) {
	t := &Trio{
		Monitor: NewShared(cfg, Session{Kind: Monitor, Run: run}),
		escape:  NewShared(cfg, Session{Kind: Escape, Run: run}),
	}
	var err error
	if t.Executor, err = Connect(ctx, cfg, Session{Kind: Executor, Run: run, Step: step}); err != nil {
		return nil, err
	}
	t.know()
	for _, open := range []func(context.Context) error{t.Monitor.Open, t.escape.Open} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	return t, nil
}

// know keeps whom to cancel, and where all three belong. A backend is its pid and its
// start: the pid alone is given out again.
func (t *Trio) know() {
	t.pid, t.start = t.Executor.Backend, t.Executor.Started.UnixMicro()
	for _, s := range []*Shared{t.Monitor, t.escape} {
		s.Belongs(t.Executor.Whose())
		s.On(t.Executor.Server)
	}
}

// Server is what is behind the executor.
func (t *Trio) Server() Instance { return t.Executor.Server }

// Backend is the executor's pid and the start of its backend in microseconds
// since 1970, by the server's clock: what a later probe looks for.
func (t *Trio) Backend() (pid int, startMicros int64) { return t.pid, t.start }

// Close closes all three. The server undoes what the executor had open.
func (t *Trio) Close() error {
	var err error
	if t.Executor != nil && !t.Executor.IsClosed() {
		err = t.Executor.Close()
	}
	return errors.Join(err, t.Monitor.Close(), t.escape.Close())
}

// PIDs are the backends of the three, as far as they are there.
func (t *Trio) PIDs() []int {
	pids := []int{t.pid}
	for _, l := range []*Shared{t.Monitor, t.escape} {
		if pid := l.Standing().PID; pid != 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Canceled says which way a cancel took.
type Canceled string

// The ways. None of them means that the statement is undone: a COMMIT that
// waits for a standby is committed all the same, so its answer must be read.
const (
	// CanceledNothing: the executor's backend ran nothing, or is gone.
	CanceledNothing Canceled = "nothing was running"
	// CanceledByRequest: a cancel request was sent, and the executor runs nothing
	// now, or another statement than before.
	CanceledByRequest Canceled = "cancel request"
	// CanceledByEscape: pg_cancel_backend from the escape connection was sent.
	CanceledByEscape Canceled = "pg_cancel_backend"
	// CanceledUnseen: the request was sent; nobody could look whether it worked.
	CanceledUnseen Canceled = "cancel request, not seen to work"
)

// cancelPatience is how long a cancel request may take before pg_cancel_backend
// is tried: a request can end at another host behind a load balancer.
const cancelPatience = 300 * time.Millisecond

// requestTimeout and escapeTimeout bound the two ways.
const (
	requestTimeout = time.Second
	escapeTimeout  = 3 * time.Second
)

// Cancel ends what the executor runs: by a cancel request, which needs no
// connection slot, and where the statement still runs after 300 ms, by
// pg_cancel_backend from the escape connection. Close the gate to the next
// statement first, or that one may be hit. The error is nil where either way
// was open. It returns within about 4 s.
func (t *Trio) Cancel(ctx context.Context) (Canceled, error) {
	asked := t.request(ctx)
	ctx, cancel := context.WithTimeoutCause(ctx, escapeTimeout, errors.New("the escape connection does not answer"))
	defer cancel()
	way := CanceledNothing
	err := t.escape.Lend(ctx, 0, func(c *Conn) (err error) {
		way, err = t.end(ctx, c, asked == nil)
		return err
	})
	switch {
	case err == nil:
		return way, nil
	case asked == nil:
		return CanceledUnseen, nil
	}
	return CanceledNothing, fmt.Errorf("cancel: no way to the server: %w", errors.Join(asked, err))
}

// end sees to it that what the executor runs ends: by the request, where it was
// sent, else by pg_cancel_backend.
func (t *Trio) end(ctx context.Context, c *Conn, requested bool) (Canceled, error) {
	first, err := t.running(ctx, c)
	if err != nil {
		return CanceledNothing, err
	}
	if requested {
		gone, err := t.watchEnd(ctx, c, first)
		if gone {
			return CanceledByRequest, nil
		}
		if err != nil {
			return CanceledNothing, err
		}
	} else if first == 0 {
		return CanceledNothing, nil
	}
	return t.cancelBackend(ctx, c, first)
}

// A firewall that forgot us lets a new connection hang for minutes.
func (t *Trio) request(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, errors.New("the cancel request got no answer"))
	defer cancel()
	return t.Executor.PgConn().CancelRequest(ctx)
}

// running is the start of the executor's current statement in microseconds; 0 =
// it runs none.
func (t *Trio) running(ctx context.Context, c *Conn) (int64, error) {
	var at int64
	err := c.QueryRow(ctx, `SELECT coalesce(max((extract(epoch FROM query_start) * 1000000)::bigint), 0)
		FROM pg_catalog.pg_stat_activity
		WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2 AND state = 'active'`,
		t.pid, t.start).Scan(&at)
	return at, err
}

func (t *Trio) watchEnd(ctx context.Context, c *Conn, first int64) (bool, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	patience, cancel := context.WithTimeout(ctx, cancelPatience)
	defer cancel()
	for now := first; ; {
		if now == 0 || now != first {
			return true, nil
		}
		select {
		case <-patience.Done():
			return false, ctx.Err()
		case <-tick.C:
		}
		var err error
		if now, err = t.running(ctx, c); err != nil {
			return false, err
		}
	}
}

// The statement's own start stands in the condition, so that a later one is not hit.
func (t *Trio) cancelBackend(ctx context.Context, c *Conn, statement int64) (Canceled, error) {
	var sent bool
	err := c.QueryRow(ctx, `SELECT coalesce(pg_catalog.bool_or(pg_catalog.pg_cancel_backend(pid)), false)
		FROM pg_catalog.pg_stat_activity
		WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2 AND state = 'active'
		  AND (extract(epoch FROM query_start) * 1000000)::bigint = $3`,
		t.pid, t.start, statement).Scan(&sent)
	if err != nil {
		return CanceledNothing, fmt.Errorf("cancel by pg_cancel_backend: %w", err)
	}
	if !sent {
		return CanceledNothing, nil
	}
	return CanceledByEscape, nil
}

// Spare lends the escape connection for something short: a cancel that needs it
// waits for f.
func (t *Trio) Spare(ctx context.Context, f func(*Conn) error) error {
	return t.escape.Lend(ctx, spareLimit, f)
}

// spareLimit is what something short may take.
const spareLimit = 10 * time.Second
