package checklist

import (
	"context"

	"belay/sqlview/activity"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Estimate says what the run would meet.
var Estimate = steps.Step{
	ID: "estimate", Title: "estimate", Looks: true,
	Doc: `**The advice.** Look how large the table is before you change it: pg_size_pretty(pg_total_relation_size(…)).

**In practice.** Size decides how long a rewrite takes; traffic decides how much one moment of waiting costs. A small
table that every request reads is more dangerous than a large one at rest. So belay measures both, from statistics
that wait for no lock: size, rows, scans and writes a second, and how many statements a second would queue behind
the lock. It also names what hangs on the table: foreign keys both ways, triggers, replicas.

**Measured.** pg_total_relation_size waits behind an ACCESS EXCLUSIVE lock like any reader; relpages does not. At
2 000 statements/s a wait of 200 ms queues 400 of them, more than most pools have connections.`,
}

// RunEstimate reads sizes and traffic of what the plan locks.
func RunEstimate(
	ctx context.Context, e *steps.Env, target steps.Target, judged steps.Judgement, plan *steps.Plan,
) (steps.Outcome, error) {
	if len(judged.Files) == 0 || plan == nil {
		return steps.Done("nothing pending: nothing to estimate"), e.Fact(ctx, "estimate", fact.Estimate{})
	}
	if target.Offline() {
		return steps.Outcome{Status: journal.Look, Summary: "not connected: sizes and traffic are unknown"}, nil
	}
	sample, _, err := e.Sessions.Sample(ctx, touched(judged))
	if err != nil {
		return steps.Outcome{}, steps.Database("sizes and traffic", err)
	}
	// The baseline begins with the first look.
	if h, err := e.Sessions.Health(ctx, touched(judged)); err == nil {
		e.Baseline.Add(h)
	}
	f := estimate(e.Project.Limits, judged, sample)
	return judgeEstimate(f), e.Fact(ctx, "estimate", f)
}

// SampledEstimate judges again by a newer sample: the first has no rates yet.
func SampledEstimate(
	e *steps.Env, target steps.Target, judged steps.Judgement, plan *steps.Plan, s activity.Sample,
) (fact.Value, steps.Outcome) {
	if plan == nil || len(judged.Files) == 0 || target.Offline() {
		return nil, steps.Outcome{}
	}
	f := estimate(e.Project.Limits, judged, s)
	return f, judgeEstimate(f)
}

// judgeEstimate never stops a run: the ladder and the hold budget stand between
// a hot table and harm.
func judgeEstimate(f fact.Estimate) steps.Outcome {
	worst := fact.Item{Level: fact.OK, Text: "takes no table lock that others would notice"}
	for _, i := range f.Items {
		if worst.ID == "" || rank[i.Level] > rank[worst.Level] {
			worst = i
		}
	}
	out := steps.Outcome{Status: journal.Done, Summary: worst.Text}
	if worst.Level != fact.OK {
		out.Status, out.Hint = journal.Look, worst.Hint
	}
	return out
}

var rank = map[fact.Level]int{fact.OK: 0, fact.Look: 1, fact.Stop: 2}
