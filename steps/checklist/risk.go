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
func lowRisk(e *steps.Env) bool {
	for _, f := range e.Bench.Review.Files {
		for _, h := range f.Hazards {
			if h.Severity == lint.Stop.String() || h.Severity == lint.Warn.String() {
				return false
			}
		}
	}
	for _, f := range e.Bench.Judged {
		for i, s := range f.Statements {
			eff := f.Effects[i]
			switch {
			case slices.Contains([]string{"BEGIN", "START TRANSACTION", "COMMIT", "END"}, s.Kind):
			case !eff.Known || eff.Duration != effect.Instant || eff.Reversible != effect.ReversibleInstant || eff.Breaks == effect.BreaksOld:
				return false
			}
		}
	}
	return true
}

// routine reports whether a preset answer may stand for a person's: at low
// risk, and outside production.
func routine(e *steps.Env) bool { return lowRisk(e) || !e.Bench.Target.Production() }

// early is how a step ends that has nothing to do with this plan, or not now.
func early(e *steps.Env, nothing string) (steps.Outcome, bool) {
	switch {
	case offline(e):
		return steps.Outcome{Status: journal.Todo, Summary: "not connected"}, true
	case len(e.Bench.Judged) == 0:
		return steps.Done("%s", nothing), true
	case e.Confirmed != nil:
		return steps.Done("settled before the run was opened"), true
	}
	return steps.Outcome{}, false
}

// waived asks for the reason to go on without, or takes the one that was given.
func waived(e *steps.Env, step, without string) steps.Outcome {
	if routine(e) {
		return steps.Outcome{Status: journal.Waived, Summary: without}
	}
	if reason, ok := e.Engine.Answered(step + ".waive"); ok {
		return steps.Outcome{Status: journal.Waived, Summary: without + ": " + reason}
	}
	return steps.Outcome{Status: journal.Asking, Summary: without, Questions: []journal.QuestionAsked{{
		ID: step + ".waive", Text: without + ", and this migration is not a routine one: give the reason", Why: "the reason goes into the report", Wants: journal.Words,
	}}}
}

// offer asks a question whose default comes with the confirm where the plan is
// routine.
func offer(e *steps.Env, q journal.QuestionAsked, preset string) steps.Outcome {
	out := steps.Outcome{Status: journal.Asking, Summary: q.Text, Questions: []journal.QuestionAsked{q}}
	if routine(e) {
		out.Questions[0].Preset = true
		out.Status, out.Summary = journal.Look, preset
	}
	return out
}

// progress tells how far a step is; a screen that cannot be told stops nothing.
func progress(ctx context.Context, e *steps.Env, step string) func(string) {
	return func(text string) { _ = e.Progress(ctx, step, "%s", text) }
}
