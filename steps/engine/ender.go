package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"belay/sqlview/activity"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/sessions"
)

// ender looks at sessions of others and ends them by a person's word, one question
// after the other, beside the loop: neither the loop nor a step waits for it.
type ender struct {
	*diary
	requests requests
	env      *steps.Env
	cancel   context.CancelFunc
	jobs     chan func(context.Context)
	done     chan struct{}
	// busy is the pid that is being ended; 0 = none. It belongs to the loop.
	busy int
}

// enderJobs is how many looks may wait. Further ones are left out: a screen asks again.
const enderJobs = 8

func startEnder(ctx context.Context, d *diary, q requests, env *steps.Env) *ender {
	ctx, cancel := context.WithCancel(ctx)
	e := &ender{
		diary: d, requests: q, env: env, cancel: cancel,
		jobs: make(chan func(context.Context), enderJobs), done: make(chan struct{}),
	}
	go func() {
		defer close(e.done)
		for {
			select {
			case <-ctx.Done():
				return
			case job := <-e.jobs:
				job(ctx)
			}
		}
	}()
	return e
}

// stop ends it and answers what it still asks.
func (e *ender) stop() {
	e.cancel()
	e.requests.answerUntil(e.done)
}

// post hands a job over; false where too many wait already.
func (e *ender) post(job func(context.Context)) bool {
	select {
	case e.jobs <- job:
		return true
	default:
		return false
	}
}

// sessions are asked for on the escape connection.
func (e *ender) sessions() sessions.Server { return sessions.Server{Lend: e.env.Sessions.Spare} }

// lookAt reads a session for whoever is about to end it.
func (e *ender) lookAt(pid int) {
	if !e.env.Sessions.Watched() {
		return
	}
	e.post(func(ctx context.Context) {
		seen := e.sessions().See(ctx, pid)
		e.requests.try(ctx, func() error { return e.recordUnlessOver("", seen) })
	})
}

// end ends a session by a typed consent. Everything is checked again here: who speaks,
// what was typed, what it was typed for, and by the database whether that is still so.
func (e *ender) end(m journal.Received, by string) error {
	seen, looked := e.run.Looked[m.PID]
	s := seen.Session
	w, why := s.Ending(e.run.Canceled(s))
	word, _, _ := strings.Cut(m.Answer, " ")
	refuse := func(why string) error {
		return e.record("", by, journal.SessionEnded{
			PID: m.PID, Way: activity.Way(word), Key: m.Bound, Fate: journal.NotSent, Why: why,
		})
	}
	switch {
	case m.UID != os.Getuid():
		return refuse("only who owns this run may end a session")
	case !looked || seen.Error != "":
		return refuse("nobody has looked at it: look first, then end it")
	case seen.Gone:
		return refuse("it is gone already")
	case e.own(m.PID):
		return refuse("it is this run's own session: `belay stop` stops the run")
	case w == "":
		return refuse(why)
	case m.Bound != s.Key():
		return refuse("it is not what it was when the words were typed: look again")
	case m.Answer != s.Consent(w):
		return refuse(fmt.Sprintf("%q is not %q: %s", m.Answer, s.Consent(w), why))
	case e.busy != 0:
		return refuse(fmt.Sprintf("pid %d is being ended at this moment: one after the other", e.busy))
	}
	intent := journal.SessionEnding{
		PID: s.PID, Way: w, Key: s.Key(), Application: s.Application, User: s.User, State: s.State,
	}
	if err := e.record("", by, intent); err != nil {
		return err
	}
	e.busy = s.PID
	if !e.post(func(ctx context.Context) {
		ended := e.sessions().End(ctx, s, w)
		after := e.sessions().See(ctx, s.PID)
		e.requests.try(ctx, func() error {
			e.busy = 0
			return errors.Join(e.recordUnlessOver(by, ended), e.recordUnlessOver("", after))
		})
	}) {
		e.busy = 0
		return refuse("too much is asked at this moment: once more, please")
	}
	return nil
}

// own reports whether a pid is one of this engine's sessions.
func (e *ender) own(pid int) bool {
	return slices.Contains(e.env.Sessions.PIDs(), pid)
}
