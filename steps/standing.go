package steps

import "belay/db"

// Watched reports whether there is a monitor, be it away or not.
func (s *Sessions) Watched() bool { return s.sight() != nil }

// Standing is how the monitor stands now; its zero value = there is none.
func (s *Sessions) Standing() db.Standing {
	e := s.sight()
	if e == nil {
		return db.Standing{}
	}
	return e.conn.Standing()
}

// Away is why there is no connection though there should be; nil = it is there, or
// nobody wants one now.
func (s *Sessions) Away() error {
	if now := s.Standing(); !now.Connected {
		return now.Err
	}
	return nil
}

// Losses counts the monitor's connections that were lost. What was read while it
// changed may lack something.
func (s *Sessions) Losses() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.eyes == nil {
		return s.lost
	}
	return s.lost + s.eyes.conn.Standing().Lost
}

// PIDs are the backends of the engine's own sessions.
func (s *Sessions) PIDs() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.trio != nil:
		return s.trio.PIDs()
	case s.eyes != nil && s.eyes.conn.Standing().PID != 0:
		return []int{s.eyes.conn.Standing().PID}
	}
	return nil
}
