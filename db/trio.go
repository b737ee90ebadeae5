package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Trio is the three connections of a run. All are open before the first
// statement, because a server without a free slot would leave a run blind and
// without a second way to cancel. One goroutine uses Executor, one Monitor;
// Cancel may be called by any.
type Trio struct {
	Executor *Conn
	Monitor  *Conn

	cfg Config
	// executor is who to cancel, also while Executor is busy.
	pid   int
	start int64

	mu     sync.Mutex // guards escape
	escape *Conn
	closed bool
}

// OpenTrio opens executor, monitor and escape, or none of them. step names the
// executor's first step.
func OpenTrio(ctx context.Context, cfg Config, run, step string) (*Trio, error) {
	t := &Trio{cfg: cfg}
	var err error
	if t.Executor, err = Connect(ctx, cfg, Session{Kind: Executor, Run: run, Step: step}); err != nil {
		return nil, err
	}
	if t.Monitor, err = Connect(ctx, cfg, Session{Kind: Monitor, Run: run}); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	if t.escape, err = Connect(ctx, cfg, Session{Kind: Escape, Run: run}); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	if err = t.know(ctx); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// A backend is its pid and its start: the pid alone is given out again.
func (t *Trio) know(ctx context.Context) error {
	err := t.Executor.QueryRow(ctx, `SELECT pid, (extract(epoch FROM backend_start) * 1000000)::bigint
		FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()`).Scan(&t.pid, &t.start)
	if err != nil {
		return fmt.Errorf("backend of the executor: %w", err)
	}
	return nil
}

// Backend is the executor's pid and the start of its backend in microseconds
// since 1970, by the server's clock: what a later probe looks for.
func (t *Trio) Backend() (pid int, startMicros int64) { return t.pid, t.start }

// Close closes all three. The server undoes what the executor had open.
func (t *Trio) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	var errs []error
	for _, c := range []*Conn{t.Executor, t.Monitor, t.escape} {
		if c != nil && !c.IsClosed() {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
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
	t.mu.Lock()
	defer t.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, escapeTimeout, errors.New("the escape connection does not answer"))
	defer cancel()
	first, err := t.running(ctx)
	if err != nil {
		return t.unseen(asked, err)
	}
	if asked == nil {
		gone, err := t.watchEnd(ctx, first)
		if err != nil {
			return t.unseen(asked, err)
		}
		if gone {
			return CanceledByRequest, nil
		}
	} else if first == 0 {
		return CanceledNothing, nil
	}
	return t.cancelBackend(ctx, first)
}

// A firewall that forgot us lets a new connection hang for minutes.
func (t *Trio) request(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, errors.New("the cancel request got no answer"))
	defer cancel()
	return t.Executor.PgConn().CancelRequest(ctx)
}

func (t *Trio) unseen(asked, err error) (Canceled, error) {
	if asked != nil {
		return CanceledNothing, fmt.Errorf("cancel: no way to the server: %w", errors.Join(asked, err))
	}
	return CanceledUnseen, nil
}

// running is the start of the executor's current statement in microseconds; 0 =
// it runs none.
func (t *Trio) running(ctx context.Context) (int64, error) {
	if t.escape == nil || t.escape.IsClosed() {
		return 0, errors.New("escape connection is closed")
	}
	var at int64
	err := t.escape.QueryRow(ctx, `SELECT coalesce(max((extract(epoch FROM query_start) * 1000000)::bigint), 0)
		FROM pg_catalog.pg_stat_activity
		WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2 AND state = 'active'`,
		t.pid, t.start).Scan(&at)
	return at, err
}

func (t *Trio) watchEnd(ctx context.Context, first int64) (bool, error) {
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
		if now, err = t.running(ctx); err != nil {
			return false, err
		}
	}
}

// The statement's own start stands in the condition, so that a later one is not hit.
func (t *Trio) cancelBackend(ctx context.Context, statement int64) (Canceled, error) {
	var sent bool
	err := t.escape.QueryRow(ctx, `SELECT coalesce(pg_catalog.bool_or(pg_catalog.pg_cancel_backend(pid)), false)
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

// ReopenMonitor replaces a monitor that was lost. Call it from the goroutine
// that uses Monitor.
func (t *Trio) ReopenMonitor(ctx context.Context) error {
	c, err := Connect(ctx, t.cfg, t.Monitor.Session)
	if err != nil {
		return err
	}
	_ = t.Monitor.Close()
	t.Monitor = c
	return nil
}

// ReopenEscape replaces an escape connection that was lost. There is no such
// way for the executor: what it had sent is unknown and must be asked for first.
func (t *Trio) ReopenEscape(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, err := Connect(ctx, t.cfg, t.escape.Session)
	if err != nil {
		return err
	}
	_ = t.escape.Close()
	t.escape = c
	return nil
}

// Spare lends the escape connection for something short: a cancel that needs it
// waits for f. One that was lost is opened again first.
func (t *Trio) Spare(ctx context.Context, f func(*Conn) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return errors.New("the run's connections are closed")
	}
	if t.escape.IsClosed() {
		c, err := Connect(ctx, t.cfg, t.escape.Session)
		if err != nil {
			return err
		}
		t.escape = c
	}
	return f(t.escape)
}

// EscapeAlive asks the escape connection whether it still answers.
func (t *Trio) EscapeAlive(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := t.running(ctx)
	return err
}

// Escape is the connection through which the executor's statement is cancelled
// where a cancel request does not get through.
func (t *Trio) Escape() *Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.escape
}
