package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"belay/steps"
	"belay/steps/journal"
)

// errNobody ends a look that nobody watches.
var errNobody = errors.New("nobody watches")

// ErrStopped is the cause of a step's context when a person asked to stop now.
var ErrStopped = steps.ErrStopped

// loop is the one goroutine that writes. It ends when the run is over, and waits
// for the step in hand before it returns.
func (g *engine) loop(ctx context.Context) error {
	tick := time.NewTicker(g.patience.poll)
	defer tick.Stop()
	sampler := g.startSampler(ctx)
	defer func() { sampler.stop(g) }()
	defer func() { g.copier.stop() }()
	for g.phase != over {
		if err := g.advance(ctx); err != nil {
			return g.abort(err)
		}
		if g.phase == over {
			break
		}
		g.keepCopying(ctx)
		select {
		case r := <-g.requests:
			r.reply <- r.do()
		case e := <-g.ended:
			if err := g.stepEnded(e); err != nil {
				return g.abort(err)
			}
		case <-tick.C:
			if err := g.attend(); err != nil {
				return g.abort(err)
			}
		case <-ctx.Done():
			return g.abort(context.Cause(ctx))
		}
	}
	g.drain()
	return nil
}

// errOver is what a step is told that still speaks when the run is over.
var errOver = errors.New("the run is over")

// drain waits for a step that is in hand when a look ends: no program that it
// started outlives the engine. Nothing is written down any more.
func (g *engine) drain() {
	if g.inHand == "" {
		return
	}
	g.cancel(ErrStopped)
	for g.inHand != "" {
		select {
		case r := <-g.requests:
			r.reply <- errOver
		case <-g.ended:
			g.inHand = ""
		}
	}
}

// advance starts the next step of the queue when none is in hand.
func (g *engine) advance(ctx context.Context) error {
	for g.inHand == "" && g.phase != over {
		if g.again && g.phase != running {
			g.again = false
			g.look()
		}
		if len(g.queue) > 0 {
			s := g.queue[0]
			g.queue = g.queue[1:]
			return g.start(ctx, s)
		}
		settled, err := g.settle()
		if err != nil || settled {
			return err
		}
	}
	return nil
}

// start runs a step in a goroutine of its own; its end comes back through ended.
func (g *engine) start(ctx context.Context, s steps.Step) error {
	if err := g.record(s.ID, "", journal.StepStarted{}); err != nil {
		return err
	}
	sctx, cancel := context.WithCancelCause(ctx)
	g.inHand, g.cancel = s.ID, cancel
	go func() {
		out, err := runStep(sctx, s, g.env)
		g.ended <- ended{step: s, outcome: out, err: err}
	}()
	return nil
}

// runStep turns a panic into the step's error: the journal must still be written.
func runStep(ctx context.Context, s steps.Step, e *steps.Env) (out steps.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("step %s: belay itself is wrong: %v\n%s", s.ID, p, debug.Stack())
		}
	}()
	return s.Run(ctx, e)
}

// stepEnded records how a step ended and what it asks.
func (g *engine) stepEnded(e ended) error {
	g.cancel(nil)
	g.inHand, g.cancel = "", nil
	if err := g.recordEnd(e); err != nil {
		return err
	}
	if g.phase == running && (e.err != nil || e.outcome.Status == journal.Failed) {
		return g.runEnded(e)
	}
	if g.phase == running && len(g.queue) == 0 {
		return g.complete()
	}
	return nil
}

func (g *engine) recordEnd(e ended) error {
	if e.err != nil {
		e.outcome = failure(e.err)
	}
	if err := g.withdraw(e); err != nil {
		return err
	}
	for _, q := range e.outcome.Questions {
		if err := g.ask(e.step.ID, q); err != nil {
			return err
		}
	}
	return g.record(e.step.ID, "", journal.StepFinished{
		Status: e.outcome.Status, Summary: e.outcome.Summary, Hint: e.outcome.Hint,
	})
}

// failure is the outcome of a step that returned an error.
func failure(err error) steps.Outcome {
	status := journal.Failed
	var exit *steps.Exit
	if errors.As(err, &exit) {
		switch exit.Code {
		case steps.ExitUnknown:
			status = journal.Unknown
		case steps.ExitPerson:
			status = journal.Paused
		}
	}
	return steps.Outcome{Status: status, Summary: err.Error(), Hint: steps.HintOf(err)}
}

// withdraw closes the questions of a step that it does not ask any more.
func (g *engine) withdraw(e ended) error {
	still := map[string]bool{}
	for _, q := range e.outcome.Questions {
		still[q.ID] = true
	}
	for _, q := range append(g.run.Questions[:0:0], g.run.Questions...) {
		if q.Step == e.step.ID && !still[q.ID] {
			if err := g.record(q.Step, "", journal.QuestionWithdrawn{ID: q.ID, Why: "it no longer matters"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// abort waits for the step in hand and gives the reason back. Requests are still
// answered, so that a step can write down how it ended.
func (g *engine) abort(cause error) error {
	if g.cancel != nil {
		g.cancel(cause)
	}
	for g.inHand != "" {
		select {
		case r := <-g.requests:
			r.reply <- r.do()
		case e := <-g.ended:
			g.inHand = ""
			if err := g.recordEnd(e); err != nil && cause == nil {
				cause = err
			}
			g.noteEnd(e)
		}
	}
	if errors.Is(cause, errNobody) {
		return nil
	}
	return cause
}
