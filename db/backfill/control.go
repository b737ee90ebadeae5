package backfill

import (
	"sync"
	"time"
)

// Control steers a running backfill from another goroutine. The zero value is
// ready. Its methods return at once.
type Control struct {
	mu        sync.Mutex
	pausedBy  string
	paused    bool
	batchTime time.Duration
	nice      float64
	niceSet   bool
	cancel    func()
	snapshot  Snapshot
	changed   chan struct{}
}

// Pause stops the backfill at the end of the batch in hand; by says who. Then
// nothing of it is open in the database.
func (c *Control) Pause(by string) {
	c.change(func() { c.paused, c.pausedBy = true, by })
}

// CancelBatch pauses and cancels the batch in hand: the server undoes it.
func (c *Control) CancelBatch(by string) {
	c.change(func() {
		c.paused, c.pausedBy = true, by
		if c.cancel != nil {
			c.cancel()
		}
	})
}

// Resume goes on where the cursor stands.
func (c *Control) Resume() {
	c.change(func() { c.paused, c.pausedBy = false, "" })
}

// SetBatchTime changes the target of a batch and returns it, kept within 10 ms
// and 1 s.
func (c *Control) SetBatchTime(d time.Duration) time.Duration {
	d = clampBatchTime(d)
	c.change(func() { c.batchTime, c.snapshot.Target = d, d })
	return d
}

// SetNice changes the pause after a batch, as a multiple of its time.
func (c *Control) SetNice(nice float64) {
	c.change(func() { c.nice, c.niceSet = max(nice, 0), true })
}

// Paused reports whether it is paused, or will be at the end of its batch.
func (c *Control) Paused() bool {
	_, paused := c.pausing()
	return paused
}

// BatchTime is the target as it stands now; 0 = the backfill has not begun.
func (c *Control) BatchTime() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batchTime != 0 {
		return c.batchTime
	}
	return c.snapshot.Target
}

// Snapshot is the state as of the last batch or sample.
func (c *Control) Snapshot() Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.snapshot.clone()
}

func (c *Control) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// wait is closed at the next change.
func (c *Control) wait() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

func (c *Control) pausing() (by string, paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pausedBy, c.paused
}

// pace is the target and the nice ratio as they stand now.
func (c *Control) pace(s Spec) (time.Duration, float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	target, nice := s.BatchTime, s.Nice
	if c.batchTime != 0 {
		target = c.batchTime
	}
	if c.niceSet {
		nice = c.nice
	}
	return target, nice
}

// holdCancel keeps how the batch in hand is canceled; nil = none is in hand.
func (c *Control) holdCancel(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = f
}

func (c *Control) publish(f func(*Snapshot)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.snapshot)
}
