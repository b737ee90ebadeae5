package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Shared is one connection that comes back: it is lent to one borrower at a time,
// and where it was lost it is opened again for the next one, after any length of
// absence. How it stands can be read at any time without waiting.
type Shared struct {
	session Session
	// turn holds the connection while nobody has it, nil where there is none.
	turn chan *Conn
	// life ends with Close.
	life context.Context
	over context.CancelCauseFunc
	once sync.Once

	mu    sync.Mutex // guards below; never held over a question or a connect
	cfg   Config
	stand Standing
	conn  *Conn // also while it is lent
	whose Whose
	// server is what was behind the last connection; see [Shared.On].
	server Instance
	tries  int
}

// Standing is how a shared connection stands at a moment.
type Standing struct {
	Connected bool
	// Since is when it was connected, or when it was lost; zero = it was never
	// tried.
	Since time.Time
	// Err is why there is no connection; Next is before when none is tried.
	Err  error
	Next time.Time
	// PID is the backend's; 0 = there is none.
	PID int
	// Lost counts the connections that were lost.
	Lost int
}

// AwayError says that a shared connection is lost now, since when, and why.
type AwayError struct {
	Since time.Time
	Err   error
}

// Error says how long it is away.
func (e *AwayError) Error() string {
	m, _ := Explain(e.Err)
	if away := time.Since(e.Since).Round(time.Second); away > 0 {
		return fmt.Sprintf("away for %s: %s", away, m)
	}
	return m
}

// Hint is that of the cause.
func (e *AwayError) Hint() string { _, h := Explain(e.Err); return h }

// Unwrap gives the cause.
func (e *AwayError) Unwrap() error { return e.Err }

// ErrClosed is returned by a shared connection that was closed.
var ErrClosed = errors.New("the connection is closed for good")

// NewShared makes a shared connection that is not connected yet.
func NewShared(cfg Config, session Session) *Shared {
	s := &Shared{session: session, cfg: cfg, turn: make(chan *Conn, 1)}
	s.life, s.over = context.WithCancelCause(context.Background())
	s.turn <- nil
	return s
}

// Use connects by another configuration from the next connect on: of the same
// place, such as after a password was changed.
func (s *Shared) Use(cfg Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg = cfg
}

// Whose names the database that the connection belongs to; "" = it was never connected.
func (s *Shared) Whose() Whose {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whose
}

// Belongs binds the connection to a database; "" = to the next that answers.
func (s *Shared) Belongs(w Whose) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whose = w
	if w == "" {
		s.server = Instance{}
	}
}

// Server is what was behind the last connection; zero = it was never connected.
func (s *Shared) Server() Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.server
}

// On binds the connection to a server that was met: to no copy of its database.
func (s *Shared) On(i Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = i
}

// Standing is how it stands now.
func (s *Shared) Standing() Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stand
}

// Open connects now, or asks the connection that there is whether it answers.
func (s *Shared) Open(ctx context.Context) error {
	c, err := s.take(ctx)
	if err != nil {
		return err
	}
	if c != nil {
		limited, cancel := context.WithTimeout(ctx, Slack)
		err = c.Ping(limited)
		cancel()
	}
	if c == nil || err != nil || c.IsClosed() {
		c, err = s.connect(ctx, c)
	}
	s.put(c)
	return err
}

// Lend gives the connection to f for as long as it runs, limit at most; a limit of
// 0 is none. Whoever has it before is waited for until ctx ends. A shared connection that is
// away is tried again, but for a moment after a try that failed: then the error
// is an *AwayError at once. f must not use the connection after it has returned.
func (s *Shared) Lend(ctx context.Context, limit time.Duration, f func(*Conn) error) error {
	c, err := s.take(ctx)
	if err != nil {
		return err
	}
	if c == nil || c.Gone() {
		if c, err = s.comeBack(ctx, c); err != nil {
			s.put(c)
			return err
		}
	}
	if limit > 0 {
		late := time.AfterFunc(limit, func() { c.GiveUp(&SilentError{For: limit}) })
		defer late.Stop()
	}
	defer func() {
		if c.IsClosed() {
			s.lost(err)
		}
		s.put(c)
	}()
	err = c.cause(f(c))
	return err
}

// Await returns once the connection is connected, however long that takes; tried hears of
// each try that failed. The error is that of ctx, or ErrClosed.
func (s *Shared) Await(ctx context.Context, tried func(error)) error {
	for {
		err := s.Lend(ctx, Slack, func(c *Conn) error { return c.Ping(ctx) })
		if err == nil || errors.Is(err, ErrClosed) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		tried(err)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(max(time.Until(s.Standing().Next), shortest)):
		}
	}
}

// Close gives the connection back for good. One that somebody has is ended under
// them within a second.
func (s *Shared) Close() error {
	var err error
	s.once.Do(func() {
		s.over(ErrClosed)
		select {
		case c := <-s.turn:
			err = end(c)
		case <-time.After(closeTimeout):
			s.mu.Lock()
			c := s.conn
			s.mu.Unlock()
			if c != nil {
				c.GiveUp(ErrClosed) // its borrower puts it back, and that closes it
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stand = Standing{Since: time.Now(), Err: ErrClosed, Lost: s.stand.Lost}
	})
	return err
}

func end(c *Conn) error {
	if c == nil || c.IsClosed() {
		return nil
	}
	return c.Close()
}

// take waits for its turn.
func (s *Shared) take(ctx context.Context) (*Conn, error) {
	if s.life.Err() != nil {
		return nil, ErrClosed
	}
	select {
	case c := <-s.turn:
		return c, nil
	case <-s.life.Done():
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// put gives the turn on. What was taken from a shared connection that was closed meanwhile is
// closed here.
func (s *Shared) put(c *Conn) {
	if s.life.Err() != nil {
		_ = end(c)
		return
	}
	s.turn <- c
}

// How long a shared connection is not tried after a try that failed: longer from try to try.
const (
	shortest = 250 * time.Millisecond
	longest  = 5 * time.Second
)

// comeBack opens the connection again where it is time to.
func (s *Shared) comeBack(ctx context.Context, old *Conn) (*Conn, error) {
	if old != nil {
		s.lost(errEnded)
	}
	if now := s.Standing(); time.Now().Before(now.Next) {
		return old, &AwayError{Since: now.Since, Err: now.Err}
	}
	return s.connect(ctx, old)
}

var errEnded = errors.New("the server ended the connection")

// connect opens a connection in place of old.
func (s *Shared) connect(ctx context.Context, old *Conn) (*Conn, error) {
	_ = end(old)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.life, func() { cancel(ErrClosed) })()
	s.mu.Lock()
	cfg := s.cfg
	s.mu.Unlock()
	c, err := Connect(ctx, cfg, s.session)
	if err == nil {
		if err = s.same(c); err != nil {
			_ = c.Close()
		}
	}
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn, s.tries = c, 0
	s.stand = Standing{Connected: true, Since: time.Now(), PID: int(c.PgConn().PID()), Lost: s.stand.Lost}
	return c, nil
}

// lost notes why there is no connection any more, once.
func (s *Shared) lost(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stand.Connected {
		s.stand, s.conn = Standing{Since: time.Now(), Err: why, Lost: s.stand.Lost + 1}, nil
	}
}

// canceledError is a try that was given up from here: its own words, and the reason
// for whoever asks.
type canceledError struct{ err, why error }

func (e *canceledError) Error() string { return e.err.Error() }

func (e *canceledError) Unwrap() []error { return []error{e.err, e.why} }

// failed notes a try that failed and when the next one is due.
func (s *Shared) failed(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return &canceledError{err: err, why: context.Cause(ctx)} // nobody waited for its end
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stand.Since.IsZero() || s.stand.Connected {
		s.stand.Since = time.Now()
	}
	s.conn, s.stand.Connected, s.stand.PID, s.stand.Err = nil, false, 0, err
	s.stand.Next = time.Now().Add(min(shortest<<min(s.tries, 5), longest))
	s.tries++
	return &AwayError{Since: s.stand.Since, Err: err}
}
