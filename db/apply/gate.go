package apply

import (
	"context"
	"sync"
)

// gate stands before every send. It is closed before a cancel goes out, so that
// no statement can slip in behind it, and it cannot be closed any more once
// COMMIT is on its way.
type gate struct {
	mu         sync.Mutex
	reason     Reason
	cause      error
	committing bool
	late       bool
	wake       chan struct{}
}

func newGate() *gate { return &gate{wake: make(chan struct{})} }

// shut closes the gate; it reports false where COMMIT was sent before.
func (g *gate) shut(reason Reason, cause error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.committing {
		g.late = true
		return false
	}
	if g.reason == "" {
		g.reason, g.cause = reason, cause
		close(g.wake)
	}
	return true
}

// pass reports why nothing may be sent any more; "" = go on.
func (g *gate) pass(ctx context.Context) Reason {
	if ctx.Err() != nil {
		g.shut(Canceled, context.Cause(ctx))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reason
}

// commit is the last pass: from here on it is too late to stop.
func (g *gate) commit(ctx context.Context) Reason {
	if r := g.pass(ctx); r != "" {
		return r
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.reason == "" {
		g.committing = true
	}
	return g.reason
}

// committed reopens the gate after the answer to COMMIT and reports whether a
// stop came too late for it.
func (g *gate) committed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	late := g.late
	g.committing, g.late = false, false
	return late
}

func (g *gate) why() (Reason, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reason, g.cause
}
