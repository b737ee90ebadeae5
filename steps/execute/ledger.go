package execute

import (
	"context"
	"errors"
	"fmt"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/handover"
	"belay/steps/journal"
	"belay/steps/state"
)

// stillOurs makes sure, before a run is taken up again or goes on after a lost
// connection, that no other host did so meanwhile.
func (r *runner) stillOurs(ctx context.Context) error {
	c := r.env.Engine.Claim()
	if c.Run == "" {
		return nil
	}
	claim := r.claim(c)
	err := claim.Fence(ctx, r.trio.Executor)
	if noLedger(err) {
		return r.env.Note(ctx, "run",
			"the ledger is gone from the database: the history table alone tells what is applied, and no other host "+
				"can take this run over")
	}
	var taken *ledger.TakenOverError
	if errors.As(err, &taken) {
		return r.takenOver(ctx, taken)
	}
	if err == nil {
		r.marks, err = ledger.Marks(ctx, r.trio.Executor, c.Run)
	}
	if err != nil {
		return steps.Database("whose run this is", err)
	}
	r.x.Ledger = claim
	return nil
}

// takenOver ends the life of an engine whose run is another's: nothing more is sent.
func (r *runner) takenOver(ctx context.Context, e *ledger.TakenOverError) error {
	if e.Owner == "" {
		return &steps.Exit{
			Code: steps.ExitUnknown, Outcome: journal.OutcomeUnknown, Summary: e.Error(),
			Advice: "make sure which server this is and what of the run is there; nothing more was sent",
		}
	}
	if err := r.env.Engine.Record(ctx, "run", journal.RunTakenOver{By: e.Owner}); err != nil {
		return err
	}
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "taken over by " + e.Owner + "; nothing more was sent from here", Advice: e.Hint(),
	}
}

func (r *runner) claim(c state.Claim) *ledger.Claim {
	claim := &ledger.Claim{Run: c.Run, Epoch: c.Epoch, Files: map[string]ledger.File{}}
	by := r.env.Engine.Opening().Run.Owner
	for _, u := range r.plan.Units {
		up := u.Migration.Up
		claim.Files[u.Name] = ledger.File{
			Identity: r.target.Identity.Key(), Tool: r.folder.Format.Name, Version: u.Migration.Version, Name: up.Path,
			SHA256: up.SHA256, Normalized: up.Normalized(), Environment: r.target.Environment, By: by, Back: r.env.Back,
		}
	}
	return claim
}

// quietPatience is how long the sessions of the host before are waited for: those
// of another that wanted the same go within moments.
const quietPatience = 5 * time.Second

// takeOver makes this host the owner of another's run. The caller holds belay's
// lock of the database, and a person has typed its name.
func (r *runner) takeOver(ctx context.Context) error {
	o := r.ledger.Adopts
	if err := r.quiet(ctx, o); err != nil {
		return err
	}
	owner := r.env.Engine.Opening().Run.Owner
	epoch, err := ledger.TakeOver(ctx, r.trio.Executor.Conn, o.ID, o.Epoch, owner)
	var taken *ledger.TakenOverError
	if errors.As(err, &taken) {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: taken.Error() + " at the same moment; nothing was sent from here", Advice: taken.Hint(),
		}
	}
	if err != nil {
		return steps.Database("the take-over of run "+o.Short(), err)
	}
	return r.adopted(ctx, o, epoch)
}

// quiet waits until no session of the run lives but our own.
func (r *runner) quiet(ctx context.Context, o *ledger.Open) error {
	for deadline := time.Now().Add(quietPatience); ; {
		own := map[int]bool{}
		for _, pid := range r.env.Sessions.PIDs() {
			own[pid] = true
		}
		all, err := ledger.SessionsOf(ctx, r.trio.Executor, o.Short())
		if err != nil {
			return steps.Database("the sessions of run "+o.Short(), err)
		}
		who := ""
		for _, s := range all {
			if !own[s.PID] {
				who = s.String()
			}
		}
		switch {
		case who == "":
			return nil
		case time.Now().After(deadline):
			return &steps.Exit{
				Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
				Summary: fmt.Sprintf("run %s of %s still has a session: %s", o.Short(), o.Owner, who),
				Advice:  "wait until it is gone, or have it ended by pg_terminate_backend; nothing was taken over",
			}
		}
		if err := r.pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// adopted writes down what was taken over: the claim, and how far the journal of
// the host before came by its copy. The database is asked about all of it.
func (r *runner) adopted(ctx context.Context, o *ledger.Open, epoch int) error {
	events, err := ledger.Events(ctx, r.trio.Executor, o.ID)
	if err != nil {
		return steps.Database("the story of run "+o.Short(), err)
	}
	story, last, err := handover.Story(o.Run, events)
	if err != nil {
		return err
	}
	err = r.env.Engine.Record(ctx, "run", journal.RunAdopted{Run: o.ID, From: o.Owner, Seq: last, Epoch: epoch})
	for _, body := range copiedUnits(story, o.Owner) {
		if err == nil {
			err = r.env.Engine.Record(ctx, "run", body)
		}
	}
	if err != nil {
		return err
	}
	if r.marks, err = ledger.Marks(ctx, r.trio.Executor, o.ID); err != nil {
		return steps.Database("the marks of run "+o.Short(), err)
	}
	r.x.Ledger = r.claim(r.env.Engine.Claim())
	return nil
}

// copiedUnits repeats, in this host's journal, how far the units of another's were.
func copiedUnits(story *state.Run, owner string) []journal.Body {
	var all []journal.Body
	for _, u := range story.Units {
		if u.Intent == nil {
			continue
		}
		all = append(all, *u.Intent)
		if u.Outcome == journal.OutcomeApplied {
			all = append(all, journal.UnitApplied{
				Unit: u.Number, Version: u.Version, Proof: "by the journal of " + owner,
			})
		}
	}
	return all
}

// openLedger puts the run and its plan into the ledger: before the first effect,
// and at the last moment before it. Where something stops the run earlier, not
// even the schema that a person said yes to is made.
func (r *runner) openLedger(ctx context.Context) error {
	l := &r.ledger
	if why, hold := r.env.Engine.HoldNext(); hold {
		return r.held(why)
	}
	switch {
	case r.x.Ledger != nil:
		owner := r.env.Engine.Opening().Run.Owner
		if err := ledger.Resume(ctx, r.trio.Executor.Conn, r.x.Ledger, owner); err != nil {
			return r.notKept(ctx, err)
		}
		return nil
	case !l.Use:
		return nil
	}
	if l.Create {
		if err := r.makeLedger(ctx); err != nil || !l.Use {
			return err
		}
	}
	o := r.env.Engine.Opening()
	ended := func(short string) bool { return r.env.Engine.Here(short).Ended() }
	if err := ledger.Begin(ctx, r.trio.Executor.Conn, o.Run, o.Plan, ended); err != nil {
		return r.notKept(ctx, err)
	}
	if err := r.env.Engine.Record(ctx, "run", journal.LedgerOpened{Run: o.Run.ID, Epoch: 1}); err != nil {
		return err
	}
	r.x.Ledger = r.claim(r.env.Engine.Claim())
	return nil
}

// makeLedger creates the schema, or goes on without where it may not be made.
func (r *runner) makeLedger(ctx context.Context) error {
	_, err := ledger.Create(ctx, r.trio.Executor.Conn)
	var refused *ledger.RefusedError
	switch {
	case errors.As(err, &refused):
		r.ledger.Use = false
		return r.env.Note(ctx, "run", "%v; this run goes on without: no other host can take it over", refused)
	case err != nil:
		return r.notKept(ctx, err)
	}
	r.made = append(r.made, "the ledger (schema belay)")
	return r.env.Note(ctx, "run", "created the ledger (schema belay), version %d", ledger.Version)
}

// notKept ends a run whose plan did not get into the ledger: nothing has changed.
func (r *runner) notKept(ctx context.Context, err error) error {
	var other *ledger.OtherRunError
	var taken *ledger.TakenOverError
	switch {
	case errors.As(err, &other):
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: other.Says("is open on this database"),
			Advice: other.Hint(),
		}
	case errors.As(err, &taken):
		return r.takenOver(ctx, taken)
	case steps.HintOf(err) != "":
		return err
	}
	return steps.Database("the ledger (schema belay)", err)
}

// noLedger reports whether an error is about a ledger that is not there any more.
func noLedger(err error) bool {
	state := db.SQLState(err)
	return state == "42P01" || state == "3F000" || errors.Is(err, ledger.ErrMissing)
}
