package steps

import (
	"sync"

	"belay/sqlview/activity"
	"belay/steps/fact"
)

// Baseline gathers the server's health before a run. The engine adds, a step
// reads.
type Baseline struct {
	mu sync.Mutex
	b  fact.Baseline
}

// NewBaseline goes on from what an earlier engine saw.
func NewBaseline(from fact.Baseline) *Baseline { return &Baseline{b: from} }

// Add takes a moment.
func (b *Baseline) Add(h activity.Health) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b.Add(h)
}

// Logged keeps what the application's log said before the run.
func (b *Baseline) Logged(l fact.Logged) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b.Log = l
}

// Now is what was gathered so far.
func (b *Baseline) Now() fact.Baseline {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b
}
