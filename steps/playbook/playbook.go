// Package playbook puts steps in order: one list for each kind of change.
package playbook

import (
	"belay/steps"
	"belay/steps/checklist"
	"belay/steps/journal"
)

// Playbook is an ordered list of steps. The steps that only look come first;
// the others run once the plan was confirmed.
type Playbook struct {
	Name  string
	Doc   string
	Steps []steps.Step
}

// Plain is the way of a folder's pending migrations.
var Plain = Playbook{
	Name: "plain",
	Doc:  "Runs what is pending in the team's migrations folder, one file after the other, and stops at the first failure.",
	Steps: []steps.Step{
		checklist.Target,
		checklist.Preflight,
		checklist.Backup,
		checklist.Rehearse,
		checklist.Review,
		checklist.Rollback,
		checklist.Estimate,
		checklist.Run,
		checklist.Verify,
		checklist.Smoke,
		checklist.Monitor,
		checklist.Report,
	},
}

// Rollback is the way back of what is applied, newest version first.
var Rollback = Playbook{
	Name: "rollback",
	Doc:  "Takes the newest applied versions back by their down files, with the same review, dialog, executor and proof as the way forward.",
	Steps: []steps.Step{
		checklist.Target,
		checklist.Preflight,
		checklist.Review,
		checklist.Rollback,
		checklist.Estimate,
		checklist.Run,
		checklist.Verify,
		checklist.Smoke,
		checklist.Monitor,
		checklist.Report,
	},
}

// Backfill is the way of `belay backfill`: one table, in batches.
var Backfill = Playbook{
	Name: "backfill",
	Doc:  "Fills a column of a live table in batches that take a set time, each row exactly once, with pause and resume from any host.",
	Steps: []steps.Step{
		checklist.Target,
		checklist.Backfill,
		checklist.Run,
		checklist.Report,
	},
}

// Of is the playbook of a command: run, rollback or backfill; "" = run.
func Of(command string) Playbook {
	switch command {
	case Rollback.Name:
		return Rollback
	case Backfill.Name:
		return Backfill
	}
	return Plain
}

// All lists every playbook.
func All() []Playbook { return []Playbook{Plain, Rollback, Backfill} }

// Chosen is the event that tells screens the steps of the playbook.
func (p Playbook) Chosen() journal.PlaybookChosen {
	names := make([]journal.StepName, len(p.Steps))
	for i, s := range p.Steps {
		names[i] = journal.StepName{ID: s.ID, Title: s.Title}
	}
	return journal.PlaybookChosen{Name: p.Name, Steps: names}
}

// Find returns the step of an id in any playbook.
func Find(id string) (steps.Step, bool) {
	for _, p := range All() {
		for _, s := range p.Steps {
			if s.ID == id {
				return s, true
			}
		}
	}
	return steps.Step{}, false
}
