// Package sessions looks at sessions of others and ends them, for whoever has a typed
// word for it: a run's engine, and belay watch.
package sessions

import (
	"context"
	"time"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/steps/journal"
)

// Server is where they are. Lend gives a connection for one question.
type Server struct {
	Lend func(ctx context.Context, use func(*db.Conn) error) error
}

// See looks at a session.
func (v Server) See(ctx context.Context, pid int) (seen journal.SessionSeen) {
	seen.Session.PID = pid
	err := v.Lend(ctx, func(c *db.Conn) error {
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

// How long a session may take to be gone after the signal, and how often it is asked.
// A backend looks for the signal where it waits and between two rows: 3 s is long.
const (
	gonePatience = 3 * time.Second
	gonePoll     = 100 * time.Millisecond
)

// End sends the signal and sees what becomes of it.
func (v Server) End(ctx context.Context, s activity.Session, w activity.Way) journal.SessionEnded {
	out := journal.SessionEnded{PID: s.PID, Way: w, Key: s.Key()}
	var sent bool
	var hint string
	began := time.Now()
	err := v.Lend(ctx, func(c *db.Conn) (err error) {
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
		return v.missed(ctx, s, out)
	}
	return v.await(ctx, s, out, began)
}

const insufficientPrivilege = "42501"

// missed says why nothing was sent: the session is not what it was.
func (v Server) missed(ctx context.Context, s activity.Session, out journal.SessionEnded) journal.SessionEnded {
	now := v.See(ctx, s.PID)
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
func (v Server) await(ctx context.Context, s activity.Session, out journal.SessionEnded,
	began time.Time) journal.SessionEnded {
	for {
		now := v.See(ctx, s.PID)
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
