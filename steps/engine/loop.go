package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/playbook"
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
	g.ender = startEnder(ctx, g.diary, g.requests, g.env)
	defer g.ender.stop()
	notary := newNotary(ctx, g.diary, g.requests, g.env)
	defer notary.stop()
	g.approvals = newApprovals(notary, g.env.Project, g.keyring.reject)
	defer g.copier.stop()
	for g.phase != over {
		if err := g.advance(ctx); err != nil {
			return g.abort(err)
		}
		if g.phase == over {
			break
		}
		g.copier.begin(ctx)
		if err := g.log.Broken(); err != nil && g.phase != running {
			return g.abort(err)
		} else if err != nil {
			g.speechless(err)
		}
		select {
		case r := <-g.requests.queue:
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

// speechless keeps a run from going on whose journal cannot be written: what is in
// hand ends, and nothing else begins.
func (g *engine) speechless(err error) {
	if g.holdNext != nil {
		return
	}
	g.holdNext = &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: err.Error(),
		Advice: "see that " + g.folder + " can be written and its disk has room; `belay attach " + g.shortID() +
			"` goes on then",
	}
	g.env.Steering.Leave(err, "belay: the journal cannot be written")
}

// drain waits for a step that is in hand when a look ends: no program that it
// started outlives the engine. Nothing is written down any more.
func (g *engine) drain() {
	if g.inHand == "" {
		return
	}
	g.cancel(ErrStopped)
	for g.inHand != "" {
		select {
		case r := <-g.requests.queue:
			r.reply <- errOver
		case <-g.ended:
			g.inHand = ""
		}
	}
}

// advance starts the next step of the queue when none is in hand.
func (g *engine) advance(ctx context.Context) error {
	for g.inHand == "" && g.phase != over {
		if first, is := g.queue.take(); is && g.phase != running {
			g.queue.lookFrom(first)
		}
		if s, is := g.queue.next(); is {
			return g.start(ctx, s)
		}
		settled, err := g.settle()
		if err == nil && settled && g.questions.abandoned && g.phase == idle {
			return g.unattended()
		}
		if err != nil || settled {
			return err
		}
	}
	return nil
}

// start runs a step in a goroutine of its own; its end comes back through ended.
func (g *engine) start(ctx context.Context, s playbook.Line) error {
	if s.ID != g.queue.goesOn {
		if err := g.record(s.ID, "", journal.StepStarted{}); err != nil {
			return err
		}
	}
	g.queue.goesOn = ""
	sctx, cancel := context.WithCancelCause(ctx)
	g.inHand, g.cancel = s.ID, cancel
	found := g.found
	go func() {
		found, out, err := g.outlast(sctx, s, found)
		g.ended <- ended{step: s.Step, found: found, outcome: out, err: err}
	}()
	return nil
}

// outlast runs a step. One that only reads, and whose connection was lost under
// it, is done again once the server is there. One whose question the server cancelled
// asks once more: it may have been busy for a moment, or another may have meant another.
func (g *engine) outlast(ctx context.Context, s playbook.Line,
	found playbook.Found) (playbook.Found, steps.Outcome, error) {
	asked := 0
	for o := g.env.Outage(s.ID); ; {
		before := g.env.Sessions.Losses()
		now, out, err := runStep(ctx, s, g.env, found)
		if asked++; asked == 1 && (s.Looks || s.Reads) && canceledThere(err) && ctx.Err() == nil {
			slog.Warn("asking once more", "step", s.ID, "error", err)
			continue
		}
		lost := g.env.Sessions.Losses() != before || g.env.Sessions.Away() != nil
		if err == nil || !lost || !s.Reads || ctx.Err() != nil {
			_ = o.Over(ctx)
			return now, out, err
		}
		if why := o.Wait(ctx, err); why != nil {
			return now, out, why
		}
	}
}

// canceledThere reports whether the server cancelled a question: by the limit that it has
// from us, or for somebody else.
func canceledThere(err error) bool {
	var r *steps.Refused
	return errors.As(err, &r) && r.Code == "57014"
}

// runStep turns a panic into the step's error: the journal must still be written.
func runStep(ctx context.Context, s playbook.Line, e *steps.Env,
	found playbook.Found) (now playbook.Found, out steps.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			now, err = found, fmt.Errorf("step %s: belay itself is wrong: %v\n%s", s.ID, p, debug.Stack())
		}
	}()
	return s.Run(ctx, e, found)
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
	if g.phase == running && len(g.queue.steps) == 0 {
		return g.complete()
	}
	return nil
}

func (g *engine) recordEnd(e ended) error {
	g.found = e.found
	if e.err != nil {
		e.outcome = failure(e.err)
	}
	if err := g.questions.withdraw(e); err != nil {
		return err
	}
	for _, q := range e.outcome.Questions {
		if err := g.questions.ask(e.step.ID, q); err != nil {
			return err
		}
	}
	if g.phase == looking && g.queue.at(e.step.ID) {
		g.queue.goesOn = e.step.ID
		return nil
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

// abort waits for the step in hand and gives the reason back. Requests are still
// answered, so that a step can write down how it ended.
func (g *engine) abort(cause error) error {
	if g.cancel != nil {
		g.cancel(cause)
	}
	for g.inHand != "" {
		select {
		case r := <-g.requests.queue:
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
