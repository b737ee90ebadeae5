package steps

import (
	"context"
	"errors"
	"sync"
	"time"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"
)

// ErrNotConnected is returned where a session is wanted and there is none.
var ErrNotConnected = errors.New("not connected")

// Sessions are the engine's connections to the target: one monitor while it
// looks, three while it runs. The monitor is shared by the steps and by the
// sampler, one question at a time; it comes back by itself.
//
// No lock is held while a question is on its way: how the sessions stand can be
// read at any time, and whoever waits for the monitor waits no longer than its own
// context.
type Sessions struct {
	// moving is the turn of whoever opens and closes.
	moving chan struct{}
	// feeling is the turn of whoever reads the pulse.
	feeling chan struct{}
	pulse   watch.Pulse
	// lending is called when the monitor is lent and when it is back; nil but in tests.
	lending func(bool)

	mu    sync.Mutex // guards below
	cfg   db.Config
	eyes  *eyes
	trio  *db.Trio
	whose db.Whose
	// server is what was behind the last connection.
	server db.Instance
	lost   int // of monitors that are closed
	gave   time.Time
}

// eyes are a monitor with what is watched through it. It is lent to one at
// a time.
type eyes struct {
	conn    *db.Shared
	watcher *watch.Watcher
}

// NewSessions makes sessions that are not connected yet.
func NewSessions() *Sessions {
	return &Sessions{moving: make(chan struct{}, 1), feeling: make(chan struct{}, 1)}
}

// OnLending has f called, in the borrower's goroutine, when the monitor is lent (true)
// and when it is back: tests hold against it what must not be done in between.
func (s *Sessions) OnLending(f func(bool)) { s.lending = f }

// turn waits until nobody else has it.
func turn(ctx context.Context, of chan struct{}) (release func(), err error) {
	select {
	case of <- struct{}{}:
		return func() { <-of }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Meet connects the monitor of a look to whatever database answers: the one that is
// there belongs to these sessions from then on.
func (s *Sessions) Meet(ctx context.Context, cfg db.Config, run string) error {
	s.belong("")
	err := s.Look(ctx, cfg, run)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.eyes != nil {
		s.whose = s.eyes.conn.Whose()
	}
	return err
}

func (s *Sessions) belong(w db.Whose) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trio != nil {
		return
	}
	s.whose, s.server = w, db.Instance{}
	if s.eyes != nil {
		s.eyes.conn.Belongs(w)
	}
}

// Look connects the monitor of a look, or keeps the one that still answers.
func (s *Sessions) Look(ctx context.Context, cfg db.Config, run string) error {
	done, err := turn(ctx, s.moving)
	if err != nil {
		return err
	}
	defer done()
	s.mu.Lock()
	s.cfg = cfg
	if s.eyes == nil {
		s.open(db.NewShared(cfg, db.Session{Kind: db.Monitor, Run: run}))
		s.eyes.conn.Belongs(s.whose)
		s.eyes.conn.On(s.server)
	}
	conn, running := s.eyes.conn, s.trio != nil
	s.mu.Unlock()
	if running {
		return nil
	}
	conn.Use(cfg)
	return s.roomy(ctx, func() error { return conn.Open(ctx) })
}

// slotPatience is how long the slot of a session that was given back may take to be
// free: its backend ends after we have said goodbye.
const slotPatience = 3 * time.Second

// roomy opens again while the slot of a session of ours that was given back is not
// free yet: a role may have no more than a run needs.
func (s *Sessions) roomy(ctx context.Context, open func() error) error {
	s.mu.Lock()
	until := s.gave.Add(slotPatience)
	s.mu.Unlock()
	for {
		err := open()
		if db.Classify(err) != db.TooManyConnections || time.Now().After(until) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// open takes a connection for the monitor. Call it with mu held.
func (s *Sessions) open(c *db.Shared) {
	s.eyes = &eyes{conn: c, watcher: watch.New(nil)}
}

// Open opens the three connections of a run and closes the look's.
func (s *Sessions) Open(ctx context.Context, run, step string) (*db.Trio, error) {
	done, err := turn(ctx, s.moving)
	if err != nil {
		return nil, err
	}
	defer done()
	s.mu.Lock()
	have, cfg, whose, server := s.trio, s.cfg, s.whose, s.server
	if s.eyes != nil {
		server = s.eyes.conn.Server()
	}
	s.mu.Unlock()
	if have != nil {
		return have, nil
	}
	// The look's own connection goes first: never more than three on the target.
	if err := s.closeEyes(); err != nil {
		return nil, err
	}
	var t *db.Trio
	err = s.roomy(ctx, func() (err error) { t, err = db.OpenTrio(ctx, cfg, run, step); return err })
	if err != nil {
		return nil, err
	}
	if is := t.Monitor.Whose(); !whose.Same(is) {
		return nil, errors.Join(&db.OtherError{Was: whose, Is: is}, t.Close())
	} else if now := t.Server(); server.Other(now) {
		return nil, errors.Join(&db.OtherError{Was: is, Is: is, Before: server, Now: now}, t.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trio = t
	s.open(t.Monitor)
	return t, nil
}

// CloseTrio gives the run's connections back and leaves nothing open.
func (s *Sessions) CloseTrio() error {
	done, _ := turn(context.Background(), s.moving) // whoever has it is bounded by the driver
	defer done()
	return s.closeTrio()
}

func (s *Sessions) closeTrio() error {
	s.mu.Lock()
	t := s.trio
	if t != nil {
		s.lost += t.Monitor.Standing().Lost
		s.server = t.Monitor.Server()
		s.trio, s.eyes, s.gave = nil, nil, time.Now()
	}
	s.mu.Unlock()
	if t == nil {
		return nil
	}
	return t.Close()
}

// Close gives everything back.
func (s *Sessions) Close() error {
	done, _ := turn(context.Background(), s.moving)
	defer done()
	return errors.Join(s.closeTrio(), s.closeEyes())
}

func (s *Sessions) closeEyes() error {
	s.mu.Lock()
	e := s.eyes
	if e != nil {
		s.lost += e.conn.Standing().Lost
		s.server = e.conn.Server()
	}
	s.eyes, s.gave = nil, time.Now()
	s.mu.Unlock()
	if e == nil {
		return nil
	}
	return e.conn.Close()
}

// How long the monitor may take for a moment's sample, and for all that a step
// asks at once. Each single answer is bounded by the connection itself.
const (
	sampleLimit = 5 * time.Second
	stepLimit   = 2 * time.Minute
)

func (s *Sessions) sight() *eyes {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.eyes
}

// Monitor runs f with the monitor connection; nobody else uses it meanwhile. f asks
// the database and nobody else: the engine's loop would wait for an answer of it.
func (s *Sessions) Monitor(ctx context.Context, f func(*db.Conn) error) error {
	return s.lend(ctx, stepLimit, func(_ *eyes, c *db.Conn) error { return f(c) })
}

func (s *Sessions) lend(ctx context.Context, limit time.Duration, f func(*eyes, *db.Conn) error) error {
	e := s.sight()
	if e == nil {
		return ErrNotConnected
	}
	return e.conn.Lend(ctx, limit, func(c *db.Conn) error {
		if s.lending != nil {
			s.lending(true)
			defer s.lending(false)
		}
		return f(e, c)
	})
}

// Answers asks whether the monitor answers, and connects it where there is none: a
// try that failed a moment ago is no excuse.
func (s *Sessions) Answers(ctx context.Context) error {
	e := s.sight()
	if e == nil {
		return ErrNotConnected
	}
	return e.conn.Open(ctx)
}

// Spare lends a connection for something short that must not wait for what the steps
// do: a run's escape connection, else the look's. It has the login's rights.
func (s *Sessions) Spare(ctx context.Context, f func(*db.Conn) error) error {
	s.mu.Lock()
	t := s.trio
	s.mu.Unlock()
	if t != nil {
		return t.Spare(ctx, f)
	}
	return s.Monitor(ctx, f)
}

// Write is Spare as whom the session began: f may write, in a transaction of its own.
func (s *Sessions) Write(ctx context.Context, f func(*db.Conn) error) error {
	return s.Spare(ctx, func(c *db.Conn) error { return c.As(ctx, c.Role, func() error { return f(c) }) })
}

// Reconnect opens a look's connection to the same server again, where there is
// none.
func (s *Sessions) Reconnect(ctx context.Context, run string) error {
	s.mu.Lock()
	cfg := s.cfg
	s.mu.Unlock()
	return s.Look(ctx, cfg, run)
}

// Sample reads one moment of locks and sizes, and how long to wait for the next.
func (s *Sessions) Sample(ctx context.Context,
	relations []string) (sample activity.Sample, every time.Duration, err error) {
	err = s.lend(ctx, sampleLimit, func(e *eyes, c *db.Conn) (err error) {
		e.watcher.Use(c)
		sample, err = e.watcher.Sample(ctx, relations)
		every = e.watcher.Interval()
		return err
	})
	return sample, every, err
}

// Health reads one moment of the server's own counters, and of the statements
// that take most time on the relations.
func (s *Sessions) Health(ctx context.Context, relations []string) (h activity.Health, err error) {
	done, err := turn(ctx, s.feeling)
	if err != nil {
		return h, err
	}
	defer done()
	err = s.lend(ctx, sampleLimit, func(_ *eyes, c *db.Conn) (err error) {
		h, err = s.pulse.Read(ctx, c, relations)
		return err
	})
	return h, err
}
