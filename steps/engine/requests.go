package engine

import (
	"context"
	"errors"
)

// requests are what others ask of the loop: to do something with the journal, in the
// loop's own goroutine.
type requests struct {
	queue chan request
	// asking is called by whoever is about to wait for the loop; nil but in tests, which
	// hold that against what is locked meanwhile.
	asking func()
}

type request struct {
	do    func() error
	reply chan error
}

func newRequests(asking func()) requests {
	if asking == nil {
		asking = func() {}
	}
	return requests{queue: make(chan request), asking: asking}
}

// errOver is what a step is told that still speaks when the run is over.
var errOver = errors.New("the run is over")

// do has the loop do something and waits for it, whatever becomes of who asks: a step
// that ends writes down how, also when its context is gone. The loop answers until the
// step has ended.
func (q requests) do(f func() error) error {
	q.asking()
	r := request{do: f, reply: make(chan error, 1)}
	q.queue <- r
	return <-r.reply
}

// try is do for who may be left behind: false where the engine is leaving.
func (q requests) try(ctx context.Context, f func() error) bool {
	q.asking()
	r := request{do: f, reply: make(chan error, 1)}
	select {
	case q.queue <- r:
		return <-r.reply == nil
	case <-ctx.Done():
		return false
	}
}

// answerUntil does what is asked until done is closed. It is the loop's.
func (q requests) answerUntil(done <-chan struct{}) {
	for {
		select {
		case r := <-q.queue:
			r.reply <- r.do()
		case <-done:
			return
		}
	}
}

// aside runs f, which asks the database, beside the loop: a step in hand may have
// the connection, and wait for the loop itself. Nothing is written down meanwhile.
func (q requests) aside(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		select {
		case r := <-q.queue:
			r.reply <- errOver
		case <-done:
			return
		}
	}
}
