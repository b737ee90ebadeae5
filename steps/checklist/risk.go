package checklist

import (
	"context"
	"slices"

	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/steps"
	"belay/steps/journal"
)

// lowRisk reports whether the plan is routine: every unit is over at once, no
// hazard of level warn or stop, every statement can be taken back at once and
// breaks no code that runs now.
func lowRisk(judged steps.Judgement) bool {
	if len(judged.Unseen) > 0 {
		return false
	}
	for _, f := range judged.Review.Files {
		for _, h := range f.Hazards {
			if h.Severity == lint.Stop.String() || h.Severity == lint.Warn.String() {
				return false
			}
		}
	}
	for _, f := range judged.Files {
		for i, s := range f.Statements {
			eff := f.Effects[i]
			switch {
			case ownTables(f, i):
			case slices.Contains([]string{"BEGIN", "START TRANSACTION", "COMMIT", "END"}, s.Kind):
			case !eff.Known || eff.Duration != effect.Instant || eff.Reversible != effect.ReversibleInstant ||
				eff.Breaks == effect.BreaksOld:
				return false
			}
		}
	}
	return true
}

// ownTables reports whether a statement reaches only tables that the run itself makes:
// nobody else uses them yet, and they go with their CREATE.
func ownTables(f *lint.File, i int) bool {
	made := func(on effect.On) bool {
		r := f.Catalogs[i].Relation(on.Relation)
		if table, index := f.Catalogs[i].Indexed(on.Relation); index != nil {
			r = table
		}
		return r != nil && r.CreatedHere
	}
	locks := f.Effects[i].Locks
	return len(locks) > 0 && !slices.ContainsFunc(locks, func(on effect.On) bool { return !made(on) })
}

// routine reports whether a preset answer may stand for a person's: at low
// risk, and outside production.
func routine(target steps.Target, judged steps.Judgement) bool {
	return lowRisk(judged) || !target.Production()
}

// early is how a step ends that has nothing to do with this plan, or not now.
func early(target steps.Target, folder steps.Folder, judged steps.Judgement, nothing string) (steps.Outcome, bool) {
	switch {
	case target.Offline():
		return steps.Outcome{Status: journal.Todo, Summary: "not connected"}, true
	case len(judged.Files) == 0:
		return steps.Done("%s", nothing), true
	case folder.Confirmed != nil:
		return steps.Done("decided before the run began"), true
	}
	return steps.Outcome{}, false
}

// waived asks for the reason to go on without, or takes the one that was given.
func waived(e *steps.Env, routine bool, step, without string) steps.Outcome {
	if routine {
		return steps.Outcome{Status: journal.Waived, Summary: without}
	}
	if reason, ok := e.Engine.Answered(step + ".waive"); ok {
		return steps.Outcome{Status: journal.Waived, Summary: without + ": " + reason}
	}
	return steps.Outcome{Status: journal.Asking, Summary: without, Questions: []journal.QuestionAsked{{
		ID: step + ".waive", Text: without + " for this migration on production: why is that acceptable?",
		Why: "it is asked because the migration takes time, was warned of, breaks running code, or cannot be taken " +
			"back at once; the reason goes into the report",
		Wants: journal.Words,
	}}}
}

// offer asks a question whose default comes with the confirm where the plan is
// routine.
func offer(routine bool, q journal.QuestionAsked, preset string) steps.Outcome {
	out := steps.Outcome{Status: journal.Asking, Summary: q.Text, Questions: []journal.QuestionAsked{q}}
	if routine {
		out.Questions[0].Preset = true
		out.Status, out.Summary = journal.Look, preset
	}
	return out
}

// progress tells how far a step is; a screen that cannot be told stops nothing.
func progress(ctx context.Context, e *steps.Env, step string) func(string) {
	return func(text string) { _ = e.Progress(ctx, step, "%s", text) }
}
