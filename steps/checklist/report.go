package checklist

import (
	"context"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/report"
)

// Report says where the story of the run stands.
var Report = steps.Step{
	ID: "report", Title: "report",
	Doc: `**The advice.** Tell the team what ran.

**In practice.** Who, what, on which database, with which bytes, who stood in the way and how often,
what was waived and why: it is all in the journal, so the report writes itself, in Markdown for people
and in JSON for machines. It holds no row data and no passwords.`,
}

// RunReport names the files; the engine writes them once more at the very end,
// with the outcome in them.
func RunReport(ctx context.Context, e *steps.Env) (steps.Outcome, error) {
	markdown, json := report.Paths(e.Folder())
	if err := e.Fact(ctx, "report", fact.Written{Markdown: markdown, JSON: json}); err != nil {
		return steps.Outcome{}, err
	}
	return steps.Done("%s", markdown), nil
}
