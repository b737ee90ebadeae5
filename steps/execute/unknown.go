package execute

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// askPatience bounds the questions that find an outcome out, and how long a server
// is waited for by a run that was told to stop.
const askPatience = time.Minute

// detached is a context that outlives a stop: also a stopped run must know how
// it ended.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), askPatience)
}

// unknown asks the database what became of a unit whose session was lost. It is
// never guessed, and nothing is sent again but by a person's word. It reports
// whether the unit is to be tried again.
func (r *runner) unknown(ctx context.Context, i int, u *steps.Unit, res apply.Result) (again bool, err error) {
	if err := r.recordEnd(ctx, i, *u, res); err != nil {
		return false, err
	}
	now, err := r.reconnect(ctx)
	if err != nil && res.Outcome == apply.NotApplied {
		return false, r.ended(*u, res) // nothing was sent: that needs no asking
	}
	if err != nil {
		return false, &steps.Exit{
			Code: steps.ExitUnknown, Outcome: journal.OutcomeUnknown,
			Summary: fmt.Sprintf("%s: outcome unknown: the server's answer was lost, and the server cannot be "+
				"asked: %v", u.Migration.Up.Path, err),
			Advice: "`belay attach " + r.env.Run +
				"` asks the database as soon as it can be reached; run nothing again before",
		}
	}
	if err := r.stillOurs(ctx); err != nil {
		return false, err
	}
	p, err := r.probe(ctx, i, u, res.Trace)
	if err != nil {
		return false, err
	}
	// The lost session may not know yet that nobody is there: it would keep belay's lock
	// from the run that comes next.
	if err := r.endLeftSessions(ctx); err != nil {
		return false, err
	}
	if err := r.stillThere(ctx); err != nil {
		return false, err
	}
	if p.Outcome != apply.Applied {
		if again, err = r.undone(ctx, u, p); err != nil || !again {
			return false, err
		}
	}
	if err := r.promoted(ctx, r.target.Identity.Timeline, now.Timeline); err != nil {
		return false, err
	}
	return again, r.ownAgain(ctx)
}

// undone is a unit that the database says is not applied. What a lost build left
// behind is offered to be dropped; then the unit may go on. So may one of which
// only the record is missing.
func (r *runner) undone(ctx context.Context, u *steps.Unit, p apply.Evidence) (again bool, err error) {
	if r.word[u.Migration.Version] != "" || p.From > 0 && p.From == len(u.Statements) {
		return true, nil
	}
	if len(p.Invalid) > 0 {
		if err := r.own(ctx); err != nil {
			return false, err
		}
		if again, err = r.dropInvalid(ctx, apply.Result{Invalid: p.Invalid}); err != nil || again {
			return again, err
		}
	}
	said := u.Migration.Up.Path + ": the connection was lost; the database says: not applied, "
	left := leftBehind(u, p)
	if len(left) == 0 {
		return false, &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
			Summary: said + r.unchanged(), Advice: "run it again",
		}
	}
	return false, &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: said + "left behind: " + strings.Join(left, ", "),
		Advice:  "`belay attach " + r.env.Run + "` goes on from there",
	}
}

// leftBehind names what of a unit is there although it is not applied.
func leftBehind(u *steps.Unit, p apply.Evidence) []string {
	var left []string
	for _, x := range p.Invalid {
		left = append(left, x.String())
	}
	if p.From > 0 {
		left = append(left, fmt.Sprintf("%d of %d statements are applied", p.From, len(u.Statements)))
	}
	if p.Dirty {
		left = append(left, "the history row of "+u.Migration.Version+" says that it was begun (dirty)")
	}
	return left
}

// ownAgain takes belay's lock and the tool's keys on the session that replaced
// the one which held them.
func (r *runner) ownAgain(ctx context.Context) error {
	if err := r.own(ctx); err != nil {
		return err
	}
	if err := r.takeKeys(ctx); err != nil {
		return err
	}
	return r.env.Note(ctx, "run", "a new session holds belay's lock; the one before was lost")
}

// reconnect opens three fresh connections to the same database, as soon as it is
// there again. A run that was stopped before waits for a while: also it must know
// how it ended. One that is stopped meanwhile does not.
func (r *runner) reconnect(ctx context.Context) (db.Identity, error) {
	if ctx.Err() != nil {
		limited, cancel := detached(ctx)
		defer cancel()
		ctx = limited
	}
	_ = r.env.Sessions.CloseTrio()
	return r.open(ctx)
}

// open opens the three connections where the run's own database answers and takes
// writes. It waits for a server that is away.
func (r *runner) open(ctx context.Context) (db.Identity, error) {
	for o := r.env.Outage("run"); ; {
		id, err := r.connect(ctx)
		if err == nil {
			return id, o.Over(ctx)
		}
		if ctx.Err() != nil {
			return id, context.Cause(ctx)
		}
		if !passes(err) {
			return id, err
		}
		if err := o.Wait(ctx, err); err != nil {
			return id, err
		}
	}
}

// passes reports whether an error of connecting may go away by waiting.
func passes(err error) bool {
	switch db.Classify(err) {
	case db.Unknown, db.ConnectionLost, db.TooManyConnections, db.AdminShutdown, db.StatementCanceled, db.Resources:
		return true
	}
	return errors.Is(err, errStandby)
}

var errStandby = errors.New("a standby answers there now: it takes no writes")

// connect opens the three connections once.
func (r *runner) connect(ctx context.Context) (db.Identity, error) {
	t, err := r.env.Sessions.Open(ctx, r.env.Run, "run")
	if err != nil {
		return db.Identity{}, err
	}
	now, err := db.Identify(ctx, t.Executor)
	was := r.target.Identity
	switch {
	case err != nil:
	case now.InRecovery:
		err = errStandby
	case now.SystemIdentifier != was.SystemIdentifier || now.DatabaseOID != was.DatabaseOID:
		err = &db.OtherError{Was: was.Whose(), Is: now.Whose()}
	case was.Instance().Other(now.Instance()):
		err = &db.OtherError{Was: was.Whose(), Is: now.Whose(), Before: was.Instance(), Now: now.Instance()}
	}
	if err != nil {
		return now, errors.Join(err, r.env.Sessions.CloseTrio())
	}
	r.trio, r.x.Trio, r.server = t, t, now.Instance()
	return now, nil
}

// probe asks the database about a unit until it knows, or a person decides. Where
// only some of its statements are applied, the unit goes on from the first that
// is not.
func (r *runner) probe(ctx context.Context, i int, u *steps.Unit, trace apply.Trace) (apply.Evidence, error) {
	for {
		p, err := r.evidence(ctx, u, trace)
		if err != nil {
			return p, err
		}
		if err := r.env.Engine.Record(ctx, "run", probed(i, u, p)); err != nil {
			return p, err
		}
		switch {
		case len(p.Ghosts) > 0:
			if err := r.ghost(ctx, u, p.Ghosts[0], trace); err != nil {
				return p, err
			}
		case p.Sent != nil:
			return r.sent(ctx, u, p)
		case p.Outcome == apply.Unknown:
			return p, &steps.Exit{
				Code: steps.ExitUnknown, Outcome: journal.OutcomeUnknown,
				Summary: fmt.Sprintf("%s: outcome unknown: %s", u.Migration.Up.Path, p.Why),
				Advice:  "look at what is named there; belay runs nothing again by itself",
			}
		default:
			u.From = p.From
			return p, nil
		}
	}
}

// evidence asks the database once.
func (r *runner) evidence(ctx context.Context, u *steps.Unit, trace apply.Trace) (apply.Evidence, error) {
	ctx, cancel := detached(ctx)
	defer cancel()
	p, err := apply.Probe(ctx, r.trio.Executor, u.Unit, trace)
	if err != nil {
		return p, steps.Database("asking what became of "+u.Migration.Version, err)
	}
	return p, nil
}

// probed is what the database answered, in the journal's words.
func probed(i int, u *steps.Unit, p apply.Evidence) journal.UnitProbed {
	said := journal.UnitProbed{
		Unit: i, Version: u.Migration.Version, Outcome: journal.Outcome(p.Outcome), Evidence: p.Why,
	}
	if len(p.Ghosts) > 0 {
		said.Outcome, said.PID = "running", p.Ghosts[0].PID
	}
	if len(u.Statements) > 1 {
		for _, s := range p.Statements {
			said.Statements = append(said.Statements, journal.StatementProbed{
				Statement: s.Index, SQL: fact.SQL(u.Statements[s.Index].SQL, u.Hidden),
				Outcome:  journal.Outcome(s.Outcome),
				Evidence: s.Why,
			})
		}
	}
	return said
}
