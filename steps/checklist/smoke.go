package checklist

import (
	"context"
	"fmt"
	"time"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/probe"
)

// Smoke asks the application whether it is well, before and after.
var Smoke = steps.Step{
	ID: "smoke", Title: "smoke", Reads: true,
	Doc: `**The advice.** After the run, ask the application's health URL.

**In practice.** A probe that was red before says nothing after, so each is asked before too, and both answers stand
side by side. A health URL often touches no table at all: an SQL probe or a command that takes one real path
through the application says more. SQL probes run READ ONLY, on a connection of their own; commands of
belay.toml run only after your yes to exactly those bytes. A red probe takes nothing back by itself.

**Measured.** Prepared statements of a pool fail with "cached plan must not change result type" only at their next
use: a probe in the first second may be green, so a red one is asked again, and the monitor goes on asking.`,
}

// The tries of a probe that is red after the run: pools connect again, caches
// are built anew.
const (
	smokeTries = 3
	smokePause = time.Second
	// lookLimit keeps the looking quick where an application hangs.
	lookLimit = 2 * time.Second
	// slower is when an answer counts as slower than before.
	slower     = 3
	slowerPast = 250
)

// LookSmoke asks before. It never stands in the way of a run, but for commands
// that nobody has allowed yet.
func LookSmoke(
	ctx context.Context, e *steps.Env, target steps.Target, was fact.Smoke,
) (fact.Smoke, steps.Outcome, error) {
	probes, questions, err := probesOf(e)
	if err != nil {
		return was, steps.Outcome{}, err
	}
	if e.Resumed && !was.BeforeAt.IsZero() {
		// What was asked now would no longer be before.
		return was, steps.Outcome{Status: journal.Todo, Summary: "before: " + green(was.Before), Questions: questions},
			nil
	}
	f := fact.Smoke{
		Before: askAll(ctx, e, target.Roles, short(probes)), After: []fact.Probed{}, BeforeAt: e.Now().UTC(),
		Items: []fact.Item{},
	}
	for _, p := range f.Before {
		f.Items = append(f.Items, beforeItem(p))
	}
	if err := e.Fact(ctx, "smoke", f); err != nil {
		return f, steps.Outcome{}, err
	}
	out := steps.Outcome{Status: journal.Todo, Summary: "before: " + green(f.Before), Questions: questions}
	switch {
	case len(questions) > 0 && !questions[0].Preset:
		out.Status, out.Summary = journal.Asking, questions[0].Text
	case len(probes) == 0:
		out.Summary = "no health URL: the application is not asked"
	case anyRed(f.Before):
		out.Status, out.Hint = journal.Look,
			"red already, before anything ran: fix it first, or know that it says nothing afterwards"
	}
	return f, out, nil
}

// short bounds what a look may take.
func short(probes []probe.Probe) []probe.Probe {
	out := append([]probe.Probe{}, probes...)
	for i := range out {
		out[i].Limit = min(out[i].Limit, lookLimit)
	}
	return out
}

func beforeItem(p fact.Probed) fact.Item {
	i := fact.Item{ID: "before", Level: fact.OK, Text: fmt.Sprintf("%s: %s, %d ms, before", p.Name, p.Said, p.MS)}
	if !p.OK {
		i.Level, i.Text = fact.Look, fmt.Sprintf("%s is red already: %s", p.Name, p.Problem)
	}
	return i
}

// RunSmoke asks after the run, beside what was answered before.
func RunSmoke(
	ctx context.Context, e *steps.Env, target steps.Target, was fact.Smoke,
) (fact.Smoke, steps.Outcome, error) {
	if out, waived := waivedBy(e, "smoke"); waived {
		return was, out, nil
	}
	probes, _, err := probesOf(e)
	if err != nil {
		return was, steps.Outcome{}, err
	}
	if len(probes) == 0 {
		return was, steps.Outcome{Status: journal.Waived, Summary: "no probe: the application was not asked"}, nil
	}
	for {
		f, err := askAfter(ctx, e, target.Roles, was, probes)
		if err != nil {
			return f, steps.Outcome{}, err
		}
		if out := judgeSmoke(f); len(broken(f)) == 0 {
			return f, out, nil
		}
		out, again, err := redSmoke(ctx, e, f)
		if err != nil || !again {
			return f, out, err
		}
	}
}

// askAfter asks until all is well, or the tries are used up.
func askAfter(
	ctx context.Context, e *steps.Env, roles steps.Roles, f fact.Smoke, probes []probe.Probe,
) (fact.Smoke, error) {
	for try := 1; ; try++ {
		f.After, f.AfterAt = askAll(ctx, e, roles, probes), e.Now().UTC()
		f.Items = []fact.Item{}
		for _, p := range f.After {
			f.Items = append(f.Items, afterItem(f, p))
		}
		if len(broken(f)) == 0 || try == smokeTries {
			break
		}
		select {
		case <-ctx.Done():
			return f, context.Cause(ctx)
		case <-time.After(smokePause):
		}
	}
	return f, e.Fact(ctx, "smoke", f)
}

func afterItem(f fact.Smoke, p fact.Probed) fact.Item {
	was, asked := fact.Find(f.Before, p.Name)
	i := fact.Item{ID: "after", Level: fact.OK, Text: fmt.Sprintf("%s: %s, %d ms", p.Name, p.Said, p.MS)}
	if asked {
		i.Text += fmt.Sprintf(" (before: %s, %d ms)", was.Said, was.MS)
	}
	switch {
	case !p.OK && asked && !was.OK:
		i.Level, i.Text = fact.Look, fmt.Sprintf("%s is red as it was before: %s", p.Name, p.Problem)
	case !p.OK:
		i.Level, i.Text = fact.Stop, fmt.Sprintf("%s is red: %s", p.Name, p.Problem)
		i.Hint = "look at the application; `belay rollback` is the way back"
	case asked && was.OK && p.MS > slowerPast && p.MS > slower*was.MS:
		i.Level = fact.Look
	}
	return i
}

// broken are the probes that are red and were not red before.
func broken(f fact.Smoke) []fact.Probed {
	var out []fact.Probed
	for _, p := range f.After {
		if was, asked := fact.Find(f.Before, p.Name); !p.OK && (!asked || was.OK) {
			out = append(out, p)
		}
	}
	return out
}

func judgeSmoke(f fact.Smoke) steps.Outcome {
	out := steps.Outcome{Status: journal.Done, Summary: green(f.After)}
	for _, i := range f.Items {
		if i.Level != fact.OK {
			out.Status, out.Summary, out.Hint = journal.Look, green(f.After)+"; "+i.Text, i.Hint
			break
		}
	}
	return out
}

// redSmoke asks what to do about a probe that turned red. Without a person the
// run ends: applied, and not well.
func redSmoke(ctx context.Context, e *steps.Env, f fact.Smoke) (out steps.Outcome, again bool, err error) {
	out = judgeSmoke(f)
	red := broken(f)[0]
	if e.Headless {
		return out, false, afterwards(e, fmt.Sprintf("applied, but %s is red: %s", red.Name, red.Problem))
	}
	answer, err := e.Engine.Ask(ctx, "smoke", journal.QuestionAsked{
		ID: "smoke.resolve", Options: []string{"again", "monitor", "rollback"}, Default: "again",
		Text: fmt.Sprintf("%s was well before and is red now: %s", red.Name, red.Problem),
		Why: "again: asks once more; monitor: goes on and watches; rollback: ends here, and says the command that " +
			"takes it back",
	})
	if answer == "rollback" {
		return out, false, afterwards(e, fmt.Sprintf("applied; to be taken back: %s is red: %s", red.Name, red.Problem))
	}
	return out, answer == "again", err
}

// afterwards ends a run that is applied, and after which the application is not
// well.
func afterwards(e *steps.Env, summary string) error {
	return &steps.Exit{
		Code: steps.ExitFailed, Outcome: journal.OutcomeApplied, Summary: summary,
		Advice: "roll back the code first if that is enough; `belay rollback " + e.Run + "` takes the schema back",
	}
}

func anyRed(all []fact.Probed) bool { return wells(all) < len(all) }

func wells(all []fact.Probed) int {
	n := 0
	for _, p := range all {
		if p.OK {
			n++
		}
	}
	return n
}

func green(all []fact.Probed) string {
	return fmt.Sprintf("%d of %d green", wells(all), len(all))
}
