package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"belay/sqlview/activity"
	"belay/steps/journal"
	"belay/steps/sessions"
)

// ender looks at sessions of others and ends them by a person's word, one question
// after the other, beside the loop: neither the loop nor a step waits for it.
type ender struct {
	cancel context.CancelFunc
	jobs   chan func(context.Context)
	done   chan struct{}
	// busy is the pid that is being ended; 0 = none. It belongs to the loop.
	busy int
}

// enderJobs is how many looks may wait. Further ones are left out: a screen asks again.
const enderJobs = 8

func startEnder(ctx context.Context) *ender {
	ctx, cancel := context.WithCancel(ctx)
	e := &ender{cancel: cancel, jobs: make(chan func(context.Context), enderJobs), done: make(chan struct{})}
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
func (e *ender) stop(g *engine) {
	e.cancel()
	g.requests.answerUntil(e.done)
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
func (g *engine) sessions() sessions.Server { return sessions.Server{Lend: g.env.Sessions.Spare} }

// lookAt reads a session for whoever is about to end it.
func (g *engine) lookAt(pid int) {
	if g.env == nil || !g.env.Sessions.Watched() {
		return
	}
	g.ender.post(func(ctx context.Context) {
		seen := g.sessions().See(ctx, pid)
		g.requests.try(ctx, func() error { return g.recordUnlessOver("", seen) })
	})
}

// end ends a session by a typed consent. Everything is checked again here: who speaks,
// what was typed, what it was typed for, and by the database whether that is still so.
func (g *engine) end(m journal.Received, by string) error {
	seen, looked := g.run.Looked[m.PID]
	s := seen.Session
	w, why := s.Ending(g.run.Canceled(s))
	word, _, _ := strings.Cut(m.Answer, " ")
	refuse := func(why string) error {
		return g.record("", by, journal.SessionEnded{
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
	case g.own(m.PID):
		return refuse("it is this run's own session: `belay stop` stops the run")
	case w == "":
		return refuse(why)
	case m.Bound != s.Key():
		return refuse("it is not what it was when the words were typed: look again")
	case m.Answer != s.Consent(w):
		return refuse(fmt.Sprintf("%q is not %q: %s", m.Answer, s.Consent(w), why))
	case g.ender.busy != 0:
		return refuse(fmt.Sprintf("pid %d is being ended at this moment: one after the other", g.ender.busy))
	}
	intent := journal.SessionEnding{
		PID: s.PID, Way: w, Key: s.Key(), Application: s.Application, User: s.User, State: s.State,
	}
	if err := g.record("", by, intent); err != nil {
		return err
	}
	g.ender.busy = s.PID
	if !g.ender.post(func(ctx context.Context) {
		ended := g.sessions().End(ctx, s, w)
		after := g.sessions().See(ctx, s.PID)
		g.requests.try(ctx, func() error {
			g.ender.busy = 0
			return errors.Join(g.recordUnlessOver(by, ended), g.recordUnlessOver("", after))
		})
	}) {
		g.ender.busy = 0
		return refuse("too much is asked at this moment: once more, please")
	}
	return nil
}

// own reports whether a pid is one of this engine's sessions.
func (g *engine) own(pid int) bool {
	if g.env == nil {
		return false
	}
	for _, p := range g.env.Sessions.PIDs() {
		if p == pid {
			return true
		}
	}
	return false
}
