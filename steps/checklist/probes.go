package checklist

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"belay/db/grant"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/probe"
)

const smokeURL = "smoke.url"

// probesOf are the configured probes, or the URL that a person gave. What nobody
// has answered or allowed yet is asked.
func probesOf(e *steps.Env) ([]probe.Probe, []journal.QuestionAsked, error) {
	c := e.Project.Config.Smoke
	may, questions, err := consent(e)
	if err != nil {
		return nil, nil, err
	}
	if len(steps.Wishes(e.Project.Config)) == 0 {
		questions = nil // what is asked is of the team's command alone, and the preflight asks it
	}
	var all []probe.Probe
	var bad error
	read := func(texts []string, parse func(string) (probe.Probe, error)) {
		for _, text := range texts {
			p, err := parse(text)
			bad = errors.Join(bad, err)
			if may {
				all = append(all, p)
			}
		}
	}
	read(c.URL, probe.ParseHTTP)
	read(c.SQL, probe.ParseSQL)
	read(c.Command, probe.ParseCommand)
	if bad != nil {
		return nil, nil,
			&steps.Refused{Problem: "[smoke] in belay.toml: " + bad.Error(), Advice: "fix the line and look again"}
	}
	if len(c.URL)+len(c.SQL)+len(c.Command) > 0 {
		return all, questions, nil
	}
	p, asked := givenURL(e)
	return p, append(questions, asked...), nil
}

// givenURL is the health URL that a person gave; empty = none. It is asked once,
// and never of nobody.
func givenURL(e *steps.Env) ([]probe.Probe, []journal.QuestionAsked) {
	text, _, ok := e.Engine.Given(smokeURL)
	q := journal.QuestionAsked{
		ID: smokeURL, Preset: true, Text: "what is the application's health URL? (empty = none)",
		Why: "belay requests it before and after the run; 200 to 299 counts as well. [smoke] in belay.toml " +
			"remembers it",
	}
	if strings.TrimSpace(text) != "" {
		p, err := probe.ParseHTTP(text)
		if err == nil {
			return []probe.Probe{p}, nil
		}
		q.Text = err.Error() + ". What is the health URL? (empty = none)"
		return nil, []journal.QuestionAsked{q}
	}
	if ok || e.Headless || e.Resumed {
		return nil, nil
	}
	return nil, []journal.QuestionAsked{q}
}

// askAll asks every probe at once; the answers are in the probes' order.
func askAll(ctx context.Context, e *steps.Env, roles steps.Roles, probes []probe.Probe) []fact.Probed {
	w := probe.Where{Run: e.Run, Dir: e.Project.Dir, Role: roleFor(ctx, e, roles, grant.Smoke)}
	if cfg, err := e.Project.Database(); err == nil {
		w.DB = cfg
	}
	out := make([]fact.Probed, len(probes))
	var asking sync.WaitGroup
	for i, p := range probes {
		asking.Go(func() {
			r := p.Ask(ctx, w)
			out[i] = fact.Probed{
				Kind: string(r.Kind), Name: r.Name, OK: r.OK, Said: r.Said, Problem: r.Problem, MS: r.MS,
			}
		})
	}
	asking.Wait()
	seen := map[string]int{}
	for i, p := range out { // by its name an answer is held against the one before
		if seen[p.Name]++; seen[p.Name] > 1 {
			out[i].Name = fmt.Sprintf("%s (%d)", p.Name, seen[p.Name])
		}
	}
	return out
}

// waivedBy ends a step that a person does without, in their words.
func waivedBy(e *steps.Env, step string) (steps.Outcome, bool) {
	reason, by, ok := e.Engine.Given(step + ".waive")
	if !ok || strings.TrimSpace(reason) == "" {
		return steps.Outcome{}, false
	}
	return steps.Outcome{Status: journal.Waived, Summary: "waived by " + by + ": " + reason}, true
}
