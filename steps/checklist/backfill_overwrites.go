package checklist

import (
	"belay/db/backfill"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// overwritesQuestion asks where a batch may replace what the application wrote: a
// trigger cannot tell which rows are still to come, so only a condition helps.
func overwritesQuestion(e *steps.Env, p *backfill.Plan, f *fact.Backfill) []journal.QuestionAsked {
	safe := p.SafeWhere()
	if safe == "" {
		return nil
	}
	column := p.Statement.Targets[0].Column
	q := journal.QuestionAsked{
		ID: steps.BackfillOverwrites, Options: []string{"no", "yes"}, Default: "no",
		Text: "the WHERE does not look at " + column +
			": what the application writes there before its row's batch comes is replaced. WHERE " + safe +
			" replaces nothing. Run it as it is?",
		Why: "the rows behind the cursor are safe, those before it are not, and nothing tells afterwards which value " +
			"was replaced",
	}
	switch answer, _ := e.Engine.Answered(steps.BackfillOverwrites); {
	case answer == "yes":
		return nil
	case answer == "no" && !e.Headless:
		q.Text = "you said no, and nothing has changed. Leave with q and begin again with WHERE " + safe +
			", which replaces nothing; or run it as it is after all?"
	case answer == "no":
		f.Items = append(f.Items, fact.Item{ID: steps.BackfillOverwrites, Level: fact.Stop, Hard: true,
			Text: "you declined that values of " + column + " are overwritten. Nothing has changed",
			Hint: "make the condition: WHERE " + safe})
		return nil
	}
	return []journal.QuestionAsked{q}
}
