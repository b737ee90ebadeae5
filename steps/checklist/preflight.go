package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/steps"
	"belay/steps/doctor"
	"belay/steps/fact"
	"belay/steps/fix"
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
}

// RunPreflight finds out what would run, judges it, and looks at what goes on where it
// would run. was is the folder of the look before, proposed the rewrites that its
// review proposed: one that a person said yes to is written first.
func RunPreflight(ctx context.Context, e *steps.Env, target steps.Target, was steps.Folder, proposed []fix.Proposal) (
	folder steps.Folder, judged steps.Judgement, out steps.Outcome, err error,
) {
	if folder, err = writeMends(ctx, e, target, was); err != nil {
		return folder, judged, out, err
	}
	folder.Previews = was.Previews
	folder.Wrote, err = writeRewrite(ctx, e, target, was, proposed)
	if err != nil {
		return folder, judged, out, err
	}
	shown, questions, err := readSettled(ctx, e, target, &folder)
	if err != nil {
		return folder, judged, out, err
	}
	if len(questions) > 0 {
		out = steps.Outcome{Status: journal.Asking, Summary: questions[0].Text, Questions: questions}
		return folder, judged, out, nil
	}
	if err := previews(ctx, e, &folder, folder.UnderReview(target)); err != nil {
		return folder, judged, out, err
	}
	shown.Problems = append(shown.Problems, previewItems(&folder)...)
	if judged, err = judgeFiles(ctx, e, target, folder); err != nil {
		return folder, judged, out, err
	}
	if out, err = checkNow(ctx, e, target, folder, judged, shown); err != nil {
		return folder, judged, out, err
	}
	mends, err := proposeMends(ctx, e, target, &folder)
	out.Questions = append(out.Questions, mends...)
	return folder, judged, out, err
}

// readSettled reads the folder, and once more after a tool that was at work on the
// database has ended.
func readSettled(
	ctx context.Context, e *steps.Env, target steps.Target, b *steps.Folder,
) (fact.Folder, []journal.QuestionAsked, error) {
	for {
		shown, questions, err := readFolder(ctx, e, target, b)
		if err != nil || len(questions) > 0 {
			return shown, questions, err
		}
		if waited, err := awaitTool(ctx, e, target, b); err != nil || !waited {
			return shown, nil, err
		}
	}
}

// checkNow looks at what goes on now, and says what stands against a run.
func checkNow(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, judged steps.Judgement,
	shown fact.Folder) (
	steps.Outcome, error,
) {
	check := fact.Preflight{At: e.Now().UTC(), Items: append(shown.Problems, doctor.Host(e.Folder())...)}
	var questions []journal.QuestionAsked
	if !target.Offline() {
		live, at, err := liveItems(ctx, e, target, folder, judged)
		if err != nil {
			return steps.Outcome{}, err
		}
		check.At, check.Items = at, append(check.Items, live...)
		var same []fact.Item
		if same, questions, err = duplicateItems(ctx, e, target, judged); err != nil {
			return steps.Outcome{}, err
		}
		check.Items = append(check.Items, same...)
		rows, more, err := rowItems(ctx, e, target, judged)
		if err != nil {
			return steps.Outcome{}, err
		}
		check.Items, questions = append(check.Items, rows...), append(questions, more...)
	}
	for _, v := range []fact.Value{shown, check} {
		if err := e.Fact(ctx, "preflight", v); err != nil {
			return steps.Outcome{}, err
		}
	}
	out, err := judgePreflight(e, target, &folder, shown, check)
	out.Questions = append(out.Questions, questions...)
	return out, err
}

// judgePreflight turns the items into the step's outcome. What a reason may
// override is asked; what no reason can lift is a failure.
func judgePreflight(
	e *steps.Env, target steps.Target, b *steps.Folder, f fact.Folder, p fact.Preflight,
) (steps.Outcome, error) {
	if f.Read && f.Tool == "" {
		return steps.Done("the folder is empty: nothing is pending"), nil
	}
	if target.Asked {
		return steps.Outcome{Status: journal.Todo, Summary: "not connected"}, nil
	}
	if target.Offline() {
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
	if b.ToolRuns != "" {
		return toolQuestion(e, b), nil
	}
	if hard := hardest(stops); hard != nil {
		return steps.Outcome{Status: journal.Failed, Summary: hard.Text, Hint: hard.Hint}, nil
	}
	if other := b.Ledger.Refusal; other != nil && len(f.Chosen) > 0 {
		return steps.Outcome{Status: journal.Paused, Summary: other.Summary, Hint: other.Advice}, nil
	}
	questions, err := folderQuestions(e, b)
	if err != nil {
		return steps.Outcome{}, err
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
	case slices.ContainsFunc(questions, func(q journal.QuestionAsked) bool { return !q.Preset }):
		return steps.Outcome{Status: journal.Asking, Summary: questions[0].Text, Questions: questions}, nil
	case len(questions) > 0:
		return steps.Outcome{Status: journal.Look, Summary: "proposed: belay runs the files, not the team's " +
			"command", Questions: questions}, nil
	case len(looks) > 0:
		return steps.Outcome{Status: journal.Look, Summary: summed(looks), Hint: looks[0].Hint}, nil
	}
	if f.Dirty != "" {
		return steps.Done("%d applied, %d pending, %s begun by this run", f.Applied, len(f.Pending), f.Dirty), nil
	}
	return steps.Done("%d applied, %d pending, not dirty", f.Applied, len(f.Pending)), nil
}

// folderQuestions are what is asked of the folder itself: who runs it, and what is made
// for it.
func folderQuestions(e *steps.Env, b *steps.Folder) ([]journal.QuestionAsked, error) {
	may, questions, err := mayCommand(e, b)
	if err == nil && !may && len(questions) == 0 {
		err = &steps.Refused{
			Problem: "the command " + lineOf(b.Command) + " may not run here: nothing else runs these files",
			Advice:  "answer trust.commands with yes, or take command out of belay.toml",
		}
	}
	questions = append(questions, historyQuestion(e, b)...)
	if len(b.Chosen) > 0 {
		questions = append(questions, b.Ledger.Asks...)
	}
	return questions, err
}

func hardest(stops []fact.Item) *fact.Item {
	if i := slices.IndexFunc(stops, func(i fact.Item) bool { return i.Hard }); i >= 0 {
		return &stops[i]
	}
	return nil
}

// summed is the first of what is to look at, and how many there are beside it.
func summed(looks []fact.Item) string {
	if more := len(looks) - 1; more > 0 {
		return fmt.Sprintf("%s; and %d more to look at", looks[0].Text, more)
	}
	return looks[0].Text
}

func waiveQuestion(step string, stops []fact.Item) journal.QuestionAsked {
	texts := make([]string, len(stops))
	for i, s := range stops {
		texts[i] = s.Text
	}
	return journal.QuestionAsked{
		ID: step + ".waive", Text: strings.Join(texts, "; ") + ". Why go on all the same?",
		Why: "the reason goes into the report", Wants: journal.Words,
	}
}

// historyQuestion asks before the tool's own table is made. What the answers file says of it
// counts without being asked: else all would be looked at once more for the answer.
func historyQuestion(e *steps.Env, b *steps.Folder) []journal.QuestionAsked {
	if b.Table == nil || b.Table.Exists || len(b.Chosen) == 0 || b.Command != nil {
		return nil
	}
	text := fmt.Sprintf("%s has no history table %s here yet. Create it in the run?", b.Format.Owner(), b.Table.Quoted)
	switch answer, _, _ := e.Engine.Given("history.create"); answer {
	case "yes":
		return nil
	case "no":
		text = fmt.Sprintf("no file runs while %s has no history table %s, and the answer was no. "+
			"Create it in the run?", b.Format.Owner(), b.Table.Quoted)
	}
	return []journal.QuestionAsked{{
		ID: "history.create", Options: []string{"no", "yes"}, Default: "no", Text: text,
		Why: strings.TrimSpace(b.Table.Create()),
	}}
}
