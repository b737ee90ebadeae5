package checklist

import (
	"context"
	"fmt"
	"strings"

	"belay/steps"
	"belay/steps/doctor"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Preflight holds the folder against the database, and looks at what goes on
// there now.
var Preflight = steps.Step{
	ID: "preflight", Title: "preflight", Looks: true,
	Doc: `**The advice.** A migration that has run anywhere is never edited; two with the same timestamp
are settled by renaming yours to a later one. Know what is pending before you run.

**In practice.** Most tools notice neither. golang-migrate answers "no change" both to an edited
file and to a late one, whose number is below the newest applied. So belay compares the files with
git, with the history table and with each other. It also looks at what would stand in the way now:
old transactions, a running pg_dump, a vacuum that will not yield, INVALID indexes, few free
connections. All of it is read again in the moment of the run.

**Measured.** pg_dump holds ACCESS SHARE on every table while it runs: an ALTER waits behind it, and
everybody else behind the ALTER (4.8 s in one try).`,
	Run: runPreflight,
}

func runPreflight(ctx context.Context, e *steps.Env) (steps.Outcome, error) {
	if err := writeRewrite(ctx, e); err != nil {
		return steps.Outcome{}, err
	}
	e.Bench.Chosen, e.Bench.Judged, e.Bench.Looked = nil, nil, false
	folder, questions, err := readFolder(ctx, e)
	if err != nil {
		return steps.Outcome{}, err
	}
	if len(questions) > 0 {
		return steps.Outcome{Status: journal.Asking, Summary: questions[0].Text, Questions: questions}, nil
	}
	if err := prepare(ctx, e); err != nil {
		return steps.Outcome{}, err
	}
	e.Bench.Looked = true
	check := fact.Preflight{At: e.Now().UTC(), Items: append(folder.Problems, doctor.Host(e.Folder())...)}
	if !offline(e) {
		live, at, err := liveItems(ctx, e)
		if err != nil {
			return steps.Outcome{}, err
		}
		check.At, check.Items = at, append(check.Items, live...)
		var same []fact.Item
		if same, questions, err = duplicateItems(ctx, e); err != nil {
			return steps.Outcome{}, err
		}
		check.Items = append(check.Items, same...)
	}
	if err := e.Fact(ctx, "preflight", folder); err != nil {
		return steps.Outcome{}, err
	}
	if err := e.Fact(ctx, "preflight", check); err != nil {
		return steps.Outcome{}, err
	}
	out, err := judgePreflight(e, folder, check)
	out.Questions = append(out.Questions, questions...)
	return out, err
}

// judgePreflight turns the items into the step's outcome. What a reason may
// override is asked; what no reason can lift is a failure.
func judgePreflight(e *steps.Env, f fact.Folder, p fact.Preflight) (steps.Outcome, error) {
	if f.Read && f.Tool == "" {
		return steps.Done("the folder is empty: nothing is pending"), nil
	}
	if offline(e) {
		return steps.Outcome{
			Status: journal.Failed, Summary: "not connected: what is pending is unknown",
			Hint: "everything below is judged from the files alone",
		}, nil
	}
	var stops, looks []fact.Item
	for _, i := range p.Items {
		switch i.Level {
		case fact.Stop:
			stops = append(stops, i)
		case fact.Look:
			looks = append(looks, i)
		}
	}
	if hard := hardest(stops); hard != nil {
		return steps.Outcome{Status: journal.Failed, Summary: hard.Text, Hint: hard.Hint}, nil
	}
	if other := e.Bench.Ledger.Refusal; other != nil && len(f.Chosen) > 0 {
		return steps.Outcome{Status: journal.Paused, Summary: other.Summary, Hint: other.Advice}, nil
	}
	questions := historyQuestion(e, f)
	if len(f.Chosen) > 0 {
		questions = append(questions, e.Bench.Ledger.Asks...)
	}
	if len(stops) > 0 {
		reason, given := e.Engine.Answered("preflight.waive")
		if !given {
			questions = append(questions, waiveQuestion("preflight", stops))
		} else if len(questions) == 0 {
			return steps.Outcome{Status: journal.Look, Summary: stops[0].Text + " (waived: " + reason + ")"}, nil
		}
	}
	switch {
	case len(questions) > 0:
		return steps.Outcome{Status: journal.Asking, Summary: questions[0].Text, Questions: questions}, nil
	case len(looks) > 0:
		return steps.Outcome{Status: journal.Look, Summary: fmt.Sprintf("%d to look at: %s", len(looks), looks[0].Text), Hint: looks[0].Hint}, nil
	}
	return steps.Done("%d applied, %d pending, not dirty", f.Applied, len(f.Pending)), nil
}

// hard marks items that no reason lifts.
const hard = "!"

func hardest(stops []fact.Item) *fact.Item {
	for i := range stops {
		if strings.HasSuffix(stops[i].ID, hard) {
			return &stops[i]
		}
	}
	return nil
}

func waiveQuestion(step string, stops []fact.Item) journal.QuestionAsked {
	texts := make([]string, len(stops))
	for i, s := range stops {
		texts[i] = s.Text
	}
	return journal.QuestionAsked{
		ID: step + ".waive", Text: strings.Join(texts, "; ") + ": go on all the same? give the reason",
		Why: "the reason goes into the report", Wants: journal.Words,
	}
}

// historyQuestion asks before the tool's own table is made.
func historyQuestion(e *steps.Env, f fact.Folder) []journal.QuestionAsked {
	t := e.Bench.Table
	if t == nil || t.Exists || len(f.Chosen) == 0 {
		return nil
	}
	switch answer, _ := e.Engine.Answered("history.create"); answer {
	case "yes":
		return nil
	case "no":
		return []journal.QuestionAsked{historyCreate(e)}
	}
	return []journal.QuestionAsked{historyCreate(e)}
}

func historyCreate(e *steps.Env) journal.QuestionAsked {
	t := e.Bench.Table
	return journal.QuestionAsked{
		ID: "history.create", Options: []string{"no", "yes"}, Default: "no",
		Text: fmt.Sprintf("%s has no history table %s yet: create it in the run?", e.Bench.Format.Name, t.Quoted),
		Why:  strings.TrimSpace(t.Variant.Create(t.Quoted)),
	}
}
