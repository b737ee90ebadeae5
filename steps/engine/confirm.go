package engine

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"time"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/state"
)

// consent is what a yes in the run dialog is bound to. Any change voids it.
type consent struct {
	plan     string // sha256 of the exact bytes in order
	identity string
	// Role, address, timeline, environment and limits are conditions: where one of
	// them changed, the person is asked again.
	conditions string
}

// consentTo is what a yes would be bound to now. plan may be nil.
func consentTo(plan *steps.Plan, run *state.Run, l project.Limits) consent {
	t, _, _ := state.Get[fact.Target](run)
	a := consent{
		identity:   fmt.Sprintf("%s/%d", t.SystemID, t.DatabaseOID),
		conditions: fmt.Sprint(t.Role, t.Address, t.Timeline, t.Environment, l),
	}
	if plan != nil {
		a.plan = plan.SHA256
	}
	return a
}

func (g *engine) consentNow() consent { return consentTo(g.found.Plan, g.run, g.env.Project.Limits) }

// unapproved reports whether a second person must approve first.
func (g *engine) unapproved() (waits bool, err error) {
	waits, end, err := g.approvals.missing(g.found.Plan)
	if end != nil {
		g.finish(g.leftOpen(*end))
	}
	return waits, err
}

// confirmed takes the answer of the run dialog. After a person's the facts are read
// once more, now: only then does the run open. An answers file takes no time to
// think: what was looked at a moment ago still holds.
func (g *engine) confirmed(text, by string) error {
	if text == "no" {
		if g.order.Headless {
			return g.declined("declined: nothing has changed")
		}
		// A no in the dialog closes it; it may be opened again.
		return g.askConfirm()
	}
	if g.approvals.sameVoice(g.found.Plan, by) {
		return errors.Join(g.record("run", "", journal.Noted{
			Text: "the yes of " + by + " does not count: who approved a run does not confirm it too",
		}), g.askConfirm())
	}
	now := g.consentNow()
	g.approved, g.fresh = &now, false
	if by != fileVoice {
		g.queue.from(0)
	}
	g.move(confirms)
	return g.questions.takePresets()
}

// approvalHolds reports whether the dialog was answered with a yes and nothing
// that it was bound to has changed since. A void one is forgotten, and said.
func (g *engine) approvalHolds() (bool, error) {
	if g.approved == nil || g.run.Opened != nil {
		return false, nil
	}
	was := *g.approved
	g.approved = nil
	if len(g.missing()) > 0 {
		return false,
			g.record("run", "", journal.Noted{
				Text: "your yes does not count any more: a step before the run needs you again",
			})
	}
	if was != g.consentNow() {
		return false,
			g.record("run", "", journal.Noted{
				Text: "your yes does not count any more: the files or the database changed after it. Look again",
			})
	}
	return true, nil
}

// openRun makes the look a run and puts the steps with effects into the queue.
func (g *engine) openRun() error {
	if waits, err := g.unapproved(); err != nil || waits {
		return err
	}
	if g.run.Opened == nil {
		if k, there := g.inTheWay(); there {
			g.finish(journal.RunFinished{
				Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
				Summary: fmt.Sprintf("run %s of %s, since %s, is open on this database: nothing has changed",
					k.ID, k.Plan.By, k.Plan.At.Format(time.DateTime+" UTC")),
				Hint: "`belay attach " + k.ID + "` shows it, or finds out what became of it",
			})
			return nil
		}
		if end := g.approvals.use(g.found.Plan); end != nil {
			g.finish(*end)
			return nil
		}
		if err := g.become(); err != nil {
			return err
		}
	}
	g.approvals.forget(g.found.Plan)
	g.move(opens)
	g.queue.effects()
	return nil
}

// become writes the plan, renames the folder and opens the run, in this order:
// a folder that is named as a run has its plan.
func (g *engine) become() error {
	target, _, _ := state.Get[fact.Target](g.run)
	plan := g.found.Plan
	if plan == nil {
		return fmt.Errorf("run: %w", &steps.Refused{Problem: "there is no plan", Advice: "look again with `belay`"})
	}
	if err := writePlan(g.folder, g.savedPlan(target)); err != nil {
		return err
	}
	look := g.folder
	run, err := g.takeover.place()
	if err != nil {
		return err
	}
	g.folder = run
	if err := g.opened(target, plan.SHA256); err != nil {
		// Whoever follows knows the look alone, and reads there why it ended.
		if os.Rename(run, look) == nil {
			g.folder = look
		}
		return err
	}
	return nil
}

// opened says that the folder is a run's now.
func (g *engine) opened(target fact.Target, plan string) (err error) {
	if g.inbox, err = journal.NewInbox(g.folder); err != nil {
		return err
	}
	g.env.Run = g.shortID()
	g.env.Baseline.Logged(g.env.Log.Before())
	if err := g.recordFact("monitor", g.env.Baseline.Now()); err != nil {
		return err
	}
	return g.record("", "", journal.RunOpened{
		ID: g.id(), Folder: g.folder, Database: target.Database, Environment: target.Environment,
		Tool: cmp.Or(g.found.Folder.Format.Name, g.order.Command), Migrations: g.chosen(), PlanSHA256: plan,
		Adopts: g.takeover.adopted(),
	})
}

// chosen names what would run, in order.
func (g *engine) chosen() []string {
	if g.env.Backfill == nil && g.env.Tripwire == nil {
		folder, _, _ := state.Get[fact.Folder](g.run)
		return folder.Chosen
	}
	var names []string
	if plan := g.found.Plan; plan != nil {
		for _, u := range plan.Units {
			names = append(names, u.Migration.Version)
		}
	}
	return names
}

// declined ends a look by a person's no.
func (g *engine) declined(summary string) error {
	g.finish(journal.RunFinished{Exit: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: summary})
	return nil
}
