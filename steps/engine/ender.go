package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/steps/journal"
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
	g.answerUntil(e.done)
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

// lookAt reads a session for whoever is about to end it.
func (g *engine) lookAt(pid int) {
	if g.env == nil || !g.env.Sessions.Watched() {
		return
	}
	g.ender.post(func(ctx context.Context) {
		seen := g.see(ctx, pid)
		g.request(ctx, func() error { return g.recordUnlessOver("", seen) })
	})
}

// see looks at a session on the escape connection.
func (g *engine) see(ctx context.Context, pid int) (seen journal.SessionSeen) {
	seen.Session.PID = pid
	err := g.env.Sessions.Spare(ctx, func(c *db.Conn) error {
		s, there, err := watch.Session(ctx, c, pid)
		if err == nil && there {
			seen.Session = s
		}
		seen.Gone = err == nil && !there
		return err
	})
	if err != nil {
		seen.Error, _ = db.Explain(err)
	}
	return seen
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
		ended := g.endSession(ctx, s, w)
		after := g.see(ctx, s.PID)
		g.request(ctx, func() error {
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

// recordUnlessOver keeps the end of a run the last that its journal says.
func (g *engine) recordUnlessOver(by string, body journal.Body) error {
	if g.phase == over {
		return nil
	}
	return g.record("", by, body)
}

// How long a session may take to be gone after the signal, and how often it is asked.
// A backend looks for the signal where it waits and between two rows: 3 s is long.
const (
	gonePatience = 3 * time.Second
	gonePoll     = 100 * time.Millisecond
)

// endSession sends the signal and sees what becomes of it.
func (g *engine) endSession(ctx context.Context, s activity.Session, w activity.Way) journal.SessionEnded {
	out := journal.SessionEnded{PID: s.PID, Way: w, Key: s.Key()}
	var sent bool
	var hint string
	began := time.Now()
	err := g.env.Sessions.Spare(ctx, func(c *db.Conn) (err error) {
		sent, err = db.End(ctx, c, s, w)
		if db.SQLState(err) == insufficientPrivilege {
			if may, why := db.MayEnd(ctx, c, s); why == nil {
				hint = may
			}
		}
		return err
	})
	switch {
	case db.SQLState(err) == insufficientPrivilege:
		out.Fate, out.SQLState, out.Hint = journal.NotAllowed, insufficientPrivilege, hint
		out.Why = "this role may not end it (SQLSTATE 42501)"
		return out
	case db.SQLState(err) != "":
		out.Fate, out.SQLState = journal.NotSent, db.SQLState(err)
		out.Why, out.Hint = db.Explain(err)
		return out
	case err != nil:
		out.Fate = journal.FateUnknown
		out.Why, _ = db.Explain(err)
		out.Why = "whether the signal arrived is not known: " + out.Why
		return out
	case !sent:
		return g.missed(ctx, s, out)
	}
	return g.await(ctx, s, out, began)
}

const insufficientPrivilege = "42501"

// missed says why nothing was sent: the session is not what it was.
func (g *engine) missed(ctx context.Context, s activity.Session, out journal.SessionEnded) journal.SessionEnded {
	now := g.see(ctx, s.PID)
	out.Fate = journal.NotSent
	switch {
	case now.Error != "":
		out.Why = "it was not what it was any more, and now nobody can look: " + now.Error
	case now.Gone:
		out.Why = "it had ended by itself before"
	case !now.Session.Same(s):
		out.Why = "it had ended by itself before, and its pid belongs to another session now"
	case now.Session.Key() != s.Key():
		out.Why = "it had ended that transaction by itself before; look again at what it does now"
	default:
		out.Why = "it ran nothing that could be cancelled at that moment; look again"
	}
	return out
}

// await watches what becomes of a session after the signal.
func (g *engine) await(ctx context.Context, s activity.Session, out journal.SessionEnded,
	began time.Time) journal.SessionEnded {
	for {
		now := g.see(ctx, s.PID)
		out.MS = time.Since(began).Milliseconds()
		out.Fate, out.Why = fate(s, now, out.Way)
		if out.Fate == journal.Gone || out.Fate == journal.LetGo || time.Since(began) >= gonePatience {
			if out.Fate == journal.StillThere && out.Way == activity.Cancel {
				out.Hint = s.Consent(activity.Terminate) + " ends its connection"
			}
			return out
		}
		select {
		case <-ctx.Done():
			out.Fate, out.Why = journal.FateUnknown, "the signal was sent; the engine ended before anybody could look"
			return out
		case <-time.After(gonePoll):
		}
	}
}

// fate says what a session has become.
func fate(s activity.Session, now journal.SessionSeen, w activity.Way) (journal.Fate, string) {
	switch {
	case now.Error != "":
		return journal.FateUnknown, "the signal was sent; now nobody can look: " + now.Error
	case now.Gone || !now.Session.Same(s):
		return journal.Gone, "the session is not there any more"
	case w == activity.Cancel && now.Session.Key() != s.Key():
		return journal.LetGo, "what it ran has ended; the connection stays"
	case w == activity.Cancel && now.Session.State != "active" && !now.Session.InTheWay():
		return journal.LetGo, "its statement has ended and it holds nothing; the connection stays"
	case w == activity.Cancel && now.Session.State != "active":
		return journal.StillThere, "its statement has ended, but its transaction holds on to its locks"
	case now.Session.State == "active":
		return journal.StillThere, "it still runs: it has not looked for the signal yet"
	}
	return journal.StillThere, "it is still connected: it has not looked for the signal yet"
}
