package checklist

import (
	"context"
	"strings"
	"time"

	"belay/db"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/campaign"
	"belay/steps/execute"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Tripwire reads what is to be taken out of reach for a while.
var Tripwire = steps.Step{
	ID: "tripwire", Title: "tripwire", Looks: true,
	Doc: `**The advice.** Drop the old when nothing uses it any more.

**In practice.** No source knows of every use: a job that runs once a week, a query that an ORM makes, a psql in a
drawer. So before the drop the thing gets another name for a while, under the same short waits for its lock as any
change; what keeps columns in step goes on under the new name, so nothing is lost. Who still needs it fails then, and
shows: as a session whose statement names it, in the application's log, at the health URL, in the rollbacks. The way
back is the rename, at once: by a key, by ` + "`belay stop`" + `, at the end of the time, or by itself where you agreed to that
before. The ledger has who did it, when, and what missed it; a tripwire whose process is gone is said by every
` + "`belay due`" + ` and ` + "`belay campaign show`" + `, with the command that brings it back.

**Measured.** A view, a foreign key and a BEGIN ATOMIC function follow a rename silently: they are asked of the catalog
before, and no tripwire finds them. It is a rename and no REVOKE: the owner and a superuser reach what is revoked from
them, and a column of which SELECT is revoked breaks each SELECT * of code that does not need it. Who reads on a standby
misses what is away too; sessions there are not watched, which is said before and in the verdict. A session is seen only while what failed is its latest statement: one that goes on at
once shows in the rollbacks and in the application's log alone.`,
}

// RunTripwire judges what is taken away and how it comes back: a plan of two units, or of
// the second alone where it is away already.
func RunTripwire(ctx context.Context, e *steps.Env, target steps.Target) (
	plan *steps.Plan, judged steps.Judgement, out steps.Outcome, err error) {
	if target.Offline() {
		return nil, judged, steps.Outcome{Status: journal.Todo, Summary: "not connected"}, nil
	}
	if err := sameDatabase(e.Run, e.Confirmed, target.Identity); err != nil {
		return nil, judged, out, err
	}
	folder := tripFolder(*e.Tripwire)
	if judged, err = judgeFiles(ctx, e, target, folder); err != nil {
		return nil, judged, out, err
	}
	if plan, err = planOf(judged); err != nil {
		return nil, judged, out, err
	}
	f := fact.Tripwire{What: e.Tripwire.Says, Does: e.Tripwire.Tells(), Itself: e.Tripwire.Itself}
	for _, v := range []fact.Value{f, planFact(e, plan), heartNow(ctx, e, target, folder, plan)} {
		if err := e.Fact(ctx, "tripwire", v); err != nil {
			return plan, judged, out, err
		}
	}
	return plan, judged, steps.Done("%s", e.Tripwire.Tells()), nil
}

// tripFolder has the two units as files would be.
func tripFolder(t steps.Tripwire) steps.Folder {
	var f steps.Folder
	add := func(version, title string, all []string) {
		text := []byte(strings.Join(all, ";\n") + ";\n")
		f.Chosen = append(f.Chosen, migration.Migration{
			Version: version, Title: title, Up: migration.NewFile(title, text, migration.TxFile),
		})
	}
	if !t.Only {
		add(steps.TripwireAway, "tripwire: away", t.Away)
	}
	add(steps.TripwireBack, "tripwire: back", t.Back)
	return f
}

// RunTripwireAway takes it away. The ledger knows of it first.
func RunTripwireAway(ctx context.Context, e *steps.Env, target steps.Target, plan *steps.Plan) (steps.Outcome, error) {
	t := e.Tripwire
	if _, done := e.Engine.UnitOutcome(steps.TripwireAway); t.Only || done == journal.OutcomeApplied {
		t.Only = true // nobody has watched it meanwhile
		return steps.Done("it is away already"), nil
	}
	by, _, _ := strings.Cut(e.Engine.Opening().Run.Owner, " ")
	other := ""
	err := noteTrip(ctx, e, func(trip *campaign.Trip, now time.Time) {
		if trip.State == campaign.Away && trip.Run != e.Run {
			other = trip.Run // it went meanwhile
			return
		}
		*trip = campaign.Trip{
			Parking: trip.Parking, Run: e.Run, By: by, Itself: t.Itself, For: t.For, State: campaign.Meant, At: now,
		}
	})
	if err == nil && other != "" {
		err = &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: t.Says + " was taken away by run " + other + " meanwhile: nothing has changed",
			Advice:  "`belay campaign show` says how it stands",
		}
	}
	if err != nil {
		return steps.Outcome{}, err
	}
	first := *plan
	first.Units = plan.Units[:1]
	_, out, err := execute.Run(ctx, e, target, steps.Folder{Confirmed: e.Confirmed}, &first)
	_, came := e.Engine.UnitOutcome(steps.TripwireAway)
	after := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		// The catalog tells it too: without this line nobody is led astray.
		if lost := noteTrip(after, e, func(trip *campaign.Trip, now time.Time) {
			trip.State, trip.Out, t.Since = campaign.Away, now, now
		}); lost != nil {
			_ = e.Note(after, "run", "the ledger could not be told that it is away: %v", lost)
		}
	case came == journal.OutcomeNotApplied || came == "":
		why := err.Error()
		_ = noteTrip(after, e, func(trip *campaign.Trip, _ time.Time) {
			trip.State, trip.Why = campaign.Returned, why
		})
	}
	return out, err
}

// noteTrip keeps what becomes of the tripwire in the campaign, by the server's clock.
func noteTrip(ctx context.Context, e *steps.Env, change func(*campaign.Trip, time.Time)) error {
	cfg, err := e.Project.Database()
	if err != nil {
		return err
	}
	if err := e.Sessions.Look(ctx, cfg, e.Run); err != nil {
		return steps.Database("the ledger", err)
	}
	err = e.Sessions.Write(ctx, func(c *db.Conn) error {
		id, err := db.Identify(ctx, c)
		if err != nil {
			return err
		}
		return campaign.NoteTrip(ctx, c, id.Key(), *e.Tripwire, change)
	})
	return steps.Database("the ledger", err)
}
