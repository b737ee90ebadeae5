// Package playbook puts steps in order: one list for each kind of change. A line says
// what its step is given of what was found before, and what it finds; only lines write
// into Found.
package playbook

import (
	"context"
	"slices"

	"belay/db/history"
	"belay/sqlview/activity"
	"belay/steps"
	"belay/steps/checklist"
	"belay/steps/execute"
	"belay/steps/fact"
	"belay/steps/fix"
	"belay/steps/journal"
	"belay/steps/rehearsal"
)

// Playbook is an ordered list of steps. The steps that only look come first;
// the others run once the plan was confirmed.
type Playbook struct {
	Name  string
	Doc   string
	Lines []Line
}

// Plain is the way of a folder's pending migrations.
var Plain = Playbook{
	Name: "plain",
	Doc: "Runs what is pending in the team's migrations folder, one file after the other, and stops at the first " +
		"failure.",
	Lines: []Line{
		target,
		preflight,
		backup,
		rehearse,
		review,
		rollback,
		estimate,
		run,
		verify,
		smoke,
		monitor,
		report,
	},
}

// Rollback is the way back of what is applied, newest version first.
var Rollback = Playbook{
	Name: "rollback",
	Doc: "Takes the newest applied versions back by their down files, with the same review, dialog, executor and " +
		"proof as the way forward.",
	Lines: []Line{
		target,
		preflight,
		review,
		rollback,
		estimate,
		run,
		verify,
		smoke,
		monitor,
		report,
	},
}

// Backfill is the way of `belay backfill`: one table, in batches.
var Backfill = Playbook{
	Name: "backfill",
	Doc: "Fills a column of a live table in batches that take a set time, each row exactly once, with pause and " +
		"resume from any host.",
	Lines: []Line{
		target,
		backfill,
		runAlone,
		report,
	},
}

// Tripwire is the way of `belay campaign tripwire`: away, watched, and back.
var Tripwire = Playbook{
	Name: "tripwire",
	Doc: "Takes what a campaign drops next out of reach for a while, under another name, and watches who misses it; " +
		"then it is brought back, whatever happens.",
	Lines: []Line{
		target,
		tripwire,
		takeAway,
		askBefore,
		watchAway,
		report,
	},
}

// Of is the playbook of a command: run, rollback, backfill or tripwire; "" = run.
func Of(command string) Playbook {
	switch command {
	case Rollback.Name:
		return Rollback
	case Backfill.Name:
		return Backfill
	case Tripwire.Name:
		return Tripwire
	}
	return Plain
}

// Until is the playbook up to a step, for a look that wants no more; "" = all of it.
func (p Playbook) Until(step string) Playbook {
	if i := slices.IndexFunc(p.Lines, func(l Line) bool { return l.ID == step }); i >= 0 {
		p.Lines = p.Lines[:i+1]
	}
	return p
}

// All lists every playbook.
func All() []Playbook { return []Playbook{Plain, Rollback, Backfill, Tripwire} }

// Chosen is the event that tells screens the steps of the playbook.
func (p Playbook) Chosen() journal.PlaybookChosen {
	names := make([]journal.StepName, len(p.Lines))
	for i, s := range p.Lines {
		names[i] = journal.StepName{ID: s.ID, Title: s.Title}
	}
	return journal.PlaybookChosen{Name: p.Name, Steps: names}
}

// Find returns the step of an id in any playbook.
func Find(id string) (steps.Step, bool) {
	for _, p := range All() {
		for _, s := range p.Lines {
			if s.ID == id {
				return s.Step, true
			}
		}
	}
	return steps.Step{}, false
}

// Found is what the steps of one engine have found so far. It is made again by every
// engine; nothing of it outlives the process. Each field is written by one step, in
// the line of that step below. The zero value is nothing found.
type Found struct {
	Target    steps.Target
	Folder    steps.Folder
	Judgement steps.Judgement
	Backup    steps.Backup
	Rehearsal *rehearsal.Record
	// Plan is what would run; nil until the review made it. Proposed are the safe forms
	// that could be written instead.
	Plan     *steps.Plan
	Proposed []fix.Proposal
	// Way is the way back in one sentence; "" = none is known.
	Way string
	// History is the tool's table as the run left it.
	History *history.Table
	// Smoke is what the probes answered so far.
	Smoke fact.Smoke
}

// Line is one step of a playbook with what it is given and what it finds.
type Line struct {
	steps.Step
	// Run does the step, with what was found before, and gives that back with what it
	// has found itself, also beside an error. An error is the step's failure; a
	// *steps.Exit is how a step asks the engine to end. A step that looks never waits
	// for a person.
	Run Func
	// Look is what a step that does not only look finds out beforehand: it runs
	// with the looks, and Run runs in its place once the run is open. Its status
	// stands in nobody's way; only a question of it that is not optional does. nil
	// = nothing to find out.
	Look Func
	// Sampled judges a step that looked again by a newer sample of locks and
	// sizes, until the run opens. It is pure and quick. A nil Value = nothing to
	// say. nil = the step has no use for samples.
	Sampled func(e *steps.Env, f Found, s activity.Sample) (fact.Value, steps.Outcome)
}

// Func is how the engine calls a step.
type Func func(ctx context.Context, e *steps.Env, f Found) (Found, steps.Outcome, error)

var target = Line{
	Step: checklist.Target,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Target, out, err = checklist.RunTarget(ctx, e, f.Target)
		return f, out, err
	},
}

// The preflight writes the rewrite that the review of the look before proposed.
var preflight = Line{
	Step: checklist.Preflight,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Folder, f.Judgement, out, err = checklist.RunPreflight(ctx, e, f.Target, f.Folder, f.Proposed)
		return f, out, err
	},
}

var backup = Line{
	Step: checklist.Backup,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Backup, out, err = checklist.RunBackup(ctx, e, f.Target, f.Folder, f.Judgement, f.Backup)
		return f, out, err
	},
}

var rehearse = Line{
	Step: checklist.Rehearse,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Rehearsal, out, err = checklist.RunRehearse(ctx, e, f.Target, f.Folder, f.Judgement, f.Rehearsal)
		return f, out, err
	},
}

var review = Line{
	Step: checklist.Review,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Plan, f.Proposed, out, err = checklist.RunReview(ctx, e, f.Target, f.Folder, f.Judgement)
		return f, out, err
	},
}

var rollback = Line{
	Step: checklist.Rollback,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Way, out, err = checklist.RunRollback(ctx, e, f.Target, f.Folder, f.Judgement)
		return f, out, err
	},
}

var estimate = Line{
	Step: checklist.Estimate,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		out, err = checklist.RunEstimate(ctx, e, f.Target, f.Judgement, f.Plan)
		return f, out, err
	},
	Sampled: func(e *steps.Env, f Found, s activity.Sample) (fact.Value, steps.Outcome) {
		return checklist.SampledEstimate(e, f.Target, f.Judgement, f.Plan, s)
	},
}

var run = Line{
	Step: checklist.Run,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.History, out, err = execute.Run(ctx, e, f.Target, f.Folder, f.Plan)
		return f, out, err
	},
}

var verify = Line{
	Step: checklist.Verify,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		out, err = checklist.RunVerify(ctx, e, f.Target, f.Folder, f.Judgement, f.Plan, f.History)
		return f, out, err
	},
}

var smoke = Line{
	Step: checklist.Smoke,
	Look: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Smoke, out, err = checklist.LookSmoke(ctx, e, f.Target, f.Smoke)
		return f, out, err
	},
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Smoke, out, err = checklist.RunSmoke(ctx, e, f.Target, f.Smoke)
		return f, out, err
	},
}

var monitor = Line{
	Step: checklist.Monitor,
	Look: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		out, err = checklist.LookMonitor(ctx, e, f.Target)
		return f, out, err
	},
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		out, err = checklist.RunMonitor(ctx, e, f.Target, f.Judgement, f.Smoke, f.Way)
		return f, out, err
	},
}

var report = Line{
	Step: checklist.Report,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		out, err = checklist.RunReport(ctx, e)
		return f, out, err
	},
}

var backfill = Line{
	Step: checklist.Backfill,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Plan, out, err = checklist.RunBackfill(ctx, e, f.Target)
		return f, out, err
	},
}

// A backfill alone has no folder, and no history table.
var runAlone = Line{
	Step: checklist.Run,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		_, out, err = execute.Run(ctx, e, f.Target, steps.Folder{Confirmed: e.Confirmed}, f.Plan)
		return f, out, err
	},
}

var tripwire = Line{
	Step: checklist.Tripwire,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Plan, f.Judgement, out, err = checklist.RunTripwire(ctx, e, f.Target)
		return f, out, err
	},
}

var takeAway = Line{
	Step: checklist.Run,
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		out, err = checklist.RunTripwireAway(ctx, e, f.Target, f.Plan)
		return f, out, err
	},
}

// What the probes answer while it is away, the watch asks itself.
var askBefore = Line{
	Step: checklist.Smoke,
	Look: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		f.Smoke, out, err = checklist.LookSmoke(ctx, e, f.Target, f.Smoke)
		return f, out, err
	},
	Run: func(_ context.Context, _ *steps.Env, f Found) (Found, steps.Outcome, error) {
		return f, steps.Done("asked again while it is watched"), nil
	},
}

var watchAway = Line{
	Step: checklist.Monitor,
	Look: func(_ context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		out, err = checklist.LookTripwireWatch(e)
		return f, out, err
	},
	Run: func(ctx context.Context, e *steps.Env, f Found) (_ Found, out steps.Outcome, err error) {
		out, err = checklist.RunTripwireWatch(ctx, e, f.Target, f.Judgement, f.Plan, f.Smoke)
		return f, out, err
	},
}
