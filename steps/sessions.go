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

// errNotConnected is returned where a session is wanted and there is none.
var errNotConnected = errors.New("not connected")

// Sessions are the engine's connections to the target: one monitor while it
// looks, three while it runs. The monitor is shared by the steps and by the
// sampler, one question at a time.
type Sessions struct {
	mu      sync.Mutex
	config  db.Config
	monitor *db.Conn
	watcher *watch.Watcher
	pulse   watch.Pulse
	trio    *db.Trio
}

// Look connects the monitor of a look, or keeps the one that still answers.
func (s *Sessions) Look(ctx context.Context, cfg db.Config, run string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trio != nil || s.answers(ctx) {
		return nil
	}
	err := s.closeMonitor()
	c, cerr := db.Connect(ctx, cfg, db.Session{Kind: db.Monitor, Run: run})
	if cerr != nil {
		return cerr
	}
	s.config, s.monitor, s.watcher = cfg, c, watch.New(c)
	return err
}

// answers reports whether there is a monitor that still answers.
func (s *Sessions) answers(ctx context.Context) bool {
	if s.monitor == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, sampleLimit)
	defer cancel()
	return s.monitor.Ping(ctx) == nil
}

// Open opens the three connections of a run and closes the look's.
func (s *Sessions) Open(ctx context.Context, run, step string) (*db.Trio, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trio != nil {
		return s.trio, nil
	}
	// The look's own connection goes first: never more than three on the target.
	if err := s.closeMonitor(); err != nil {
		return nil, err
	}
	t, err := db.OpenTrio(ctx, s.config, run, step)
	if err != nil {
		return nil, err
	}
	s.trio, s.monitor, s.watcher = t, t.Monitor, watch.New(t.Monitor)
	return t, nil
}

// CloseTrio gives the run's connections back and leaves nothing open.
func (s *Sessions) CloseTrio() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trio == nil {
		return nil
	}
	t := s.trio
	s.trio, s.monitor, s.watcher = nil, nil, nil
	return t.Close()
}

// Close gives everything back.
func (s *Sessions) Close() error {
	err := s.CloseTrio()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(err, s.closeMonitor())
}

func (s *Sessions) closeMonitor() error {
	if s.monitor == nil || s.trio != nil {
		return nil
	}
	c := s.monitor
	s.monitor, s.watcher = nil, nil
	return c.Close()
}

// How long the monitor may take for a moment's sample, and for all that a step
// asks. The server's own timeout does not end a wait for an answer that was lost.
const (
	sampleLimit = 5 * time.Second
	stepLimit   = time.Minute
)

// bound gives a connection up that does not answer in time. The returned function
// ends the watch.
func bound(c *db.Conn, limit time.Duration) (stop func()) {
	timer := time.AfterFunc(limit, func() { _ = c.PgConn().Conn().Close() })
	return func() { timer.Stop() }
}

// Connected reports whether the target can be asked.
func (s *Sessions) Connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.monitor != nil
}

// Monitor runs f with the monitor connection; nobody else uses it meanwhile.
func (s *Sessions) Monitor(f func(*db.Conn) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.monitor == nil {
		return errNotConnected
	}
	defer bound(s.monitor, stepLimit)()
	return f(s.monitor)
}

// Write lends a connection that may write, for something short: a run's escape
// connection, else the look's. f begins its own transaction.
func (s *Sessions) Write(ctx context.Context, f func(*db.Conn) error) error {
	s.mu.Lock()
	t := s.trio
	if t != nil {
		s.mu.Unlock()
		return t.Spare(ctx, f)
	}
	defer s.mu.Unlock()
	if s.monitor == nil {
		return errNotConnected
	}
	return f(s.monitor)
}

// Reconnect opens a look's connection to the same server again, where there is
// none.
func (s *Sessions) Reconnect(ctx context.Context, run string) error {
	s.mu.Lock()
	cfg := s.config
	s.mu.Unlock()
	return s.Look(ctx, cfg, run)
}

// Locker is held around each question on the monitor connection.
func (s *Sessions) Locker() sync.Locker { return &s.mu }

// Sample reads one moment of locks and sizes, and how long to wait for the next.
func (s *Sessions) Sample(ctx context.Context, relations []string) (activity.Sample, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watcher == nil {
		return activity.Sample{}, 0, errNotConnected
	}
	if s.trio != nil && s.monitor.IsClosed() {
		if err := s.seeAgain(ctx); err != nil {
			return activity.Sample{}, 0, err
		}
	}
	defer bound(s.monitor, sampleLimit)()
	sample, err := s.watcher.Sample(ctx, relations)
	return sample, s.watcher.Interval(), err
}

// SeeAgain replaces a run's monitor connection that was lost.
func (s *Sessions) SeeAgain(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seeAgain(ctx)
}

func (s *Sessions) seeAgain(ctx context.Context) error {
	if s.trio == nil {
		return errNotConnected
	}
	if err := s.trio.ReopenMonitor(ctx); err != nil {
		return err
	}
	s.monitor = s.trio.Monitor
	s.watcher.Use(s.monitor)
	return nil
}

// Health reads one moment of the server's own counters, and of the statements
// that take most time on the relations.
func (s *Sessions) Health(ctx context.Context, relations []string) (h activity.Health, err error) {
	err = s.Monitor(func(c *db.Conn) (err error) {
		h, err = s.pulse.Read(ctx, c, relations)
		return err
	})
	return h, err
}

// PIDs are the backends of the engine's own sessions.
func (s *Sessions) PIDs() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pids []int
	conns := []*db.Conn{s.monitor}
	if s.trio != nil {
		conns = []*db.Conn{s.trio.Executor, s.trio.Monitor, s.trio.Escape()}
	}
	for _, c := range conns {
		if c != nil {
			pids = append(pids, int(c.PgConn().PID()))
		}
	}
	return pids
}
