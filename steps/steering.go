package steps

import (
	"slices"
	"sync"
	"time"

	"belay/db/backfill"
)

// Steering is how the engine's loop reaches the backfill that a step runs. Its
// methods return at once; where none runs they do nothing.
type Steering struct {
	mu      sync.Mutex
	control *backfill.Control
	leaving error
}

// Take puts a backfill into the engine's hands until the release is called.
func (s *Steering) Take(c *backfill.Control) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.control, s.leaving = c, nil
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.control, s.leaving = nil, nil
	}
}

func (s *Steering) with(f func(*backfill.Control)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.control == nil {
		return false
	}
	f(s.control)
	return true
}

// Pause stops at the end of the batch in hand. ok is false where no backfill
// runs.
func (s *Steering) Pause(by string) (ok bool) {
	return s.with(func(c *backfill.Control) {
		if !c.Paused() {
			c.Pause(by)
		}
	})
}

// Resume goes on where the cursor stands.
func (s *Steering) Resume() (ok bool) { return s.with((*backfill.Control).Resume) }

// batchTimes are the steps of + and -.
var batchTimes = []time.Duration{
	10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond, 50 * time.Millisecond, 75 * time.Millisecond,
	100 * time.Millisecond,
	150 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond,
	750 * time.Millisecond, time.Second,
}

// Longer and Shorter move the batch time by one step.
func (s *Steering) Longer() (ok bool) {
	return s.with(func(c *backfill.Control) {
		for _, d := range batchTimes {
			if d > c.BatchTime() {
				c.SetBatchTime(d)
				return
			}
		}
	})
}

// Shorter is Longer the other way.
func (s *Steering) Shorter() (ok bool) {
	return s.with(func(c *backfill.Control) {
		for _, d := range slices.Backward(batchTimes) {
			if d < c.BatchTime() {
				c.SetBatchTime(d)
				return
			}
		}
	})
}

// Leave pauses and then ends the step with why, once nothing is open.
func (s *Steering) Leave(why error, by string) (ok bool) {
	return s.with(func(c *backfill.Control) {
		if s.leaving == nil {
			s.leaving = why
		}
		if !c.Paused() {
			c.Pause(by)
		}
	})
}

// Leaving is why the step is to end once it is paused; nil = it is not.
func (s *Steering) Leaving() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leaving
}

// Paused reports whether a backfill is paused, or will be at the end of its
// batch.
func (s *Steering) Paused() bool {
	paused := false
	s.with(func(c *backfill.Control) { paused = c.Paused() })
	return paused
}
