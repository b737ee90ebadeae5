package main

import (
	"encoding/json"
	"path"
	"path/filepath"
	"strings"

	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/fix"
	"belay/steps/journal"
	"belay/steps/judge"
	"belay/steps/project"
)

// fix proposes the safe form of what a review found, and writes it after a yes.
func (a *app) fix(p *project.Project, request judge.Request, o reviewOptions, threshold lint.Severity) error {
	answers, err := readAnswers(o.answers)
	if err != nil {
		return err
	}
	result, proposals, err := judge.Fix(a.ctx, p, request)
	if err != nil {
		return err
	}
	if err := a.showFix(p, result, proposals, o.output); err != nil {
		return err
	}
	if o.write {
		wrote, err := a.writeFix(p, proposals, answers, o)
		if err != nil || wrote {
			return err
		}
	}
	if result.Reaches(threshold) {
		return &exited{code: steps.ExitHazards}
	}
	return nil
}

// showFix prints the review with the proposals: as text below it, as JSON under
// the key fix.
func (a *app) showFix(p *project.Project, result sqlview.Result, proposals []fix.Proposal, output string) error {
	if output == "json" {
		list := []fact.Rewrite{}
		for _, f := range proposals {
			list = append(list, f.Rewrite)
		}
		e := json.NewEncoder(a.out.json())
		e.SetEscapeHTML(false)
		return e.Encode(struct {
			sqlview.Result
			Fix []fact.Rewrite `json:"fix"`
		}{result, list})
	}
	if err := a.writeReview(output, result); err != nil {
		return err
	}
	for _, f := range proposals {
		a.out.put("\n" + fix.Text(f.Rewrite, p.Picked.Dir))
	}
	return nil
}

// writeFix asks for each proposal and writes those that are meant. Only one of
// them can be the newest of the folder.
func (a *app) writeFix(p *project.Project, proposals []fix.Proposal, answers map[string]string,
	o reviewOptions) (wrote bool, err error) {
	var refused error
	ask := a.answering(answers, o.answers != "")
	for _, f := range proposals {
		switch {
		case len(f.Files) == 0:
			continue
		case f.Refused != "":
			refused = &project.Refusal{Problem: f.Refused, Advice: "nothing was written for " + f.Path}
			continue
		}
		q := fix.Question(f.Rewrite)
		answer, ok := ask(q)
		switch {
		case !ok:
			return wrote, unanswered(q)
		case answer != "yes":
			return wrote,
				&steps.Exit{
					Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "declined: nothing was written",
				}
		}
		if err := a.writeOne(p, f, o.output); err != nil {
			return wrote, err
		}
		wrote = true
	}
	if wrote {
		return true, nil
	}
	return false, refused
}

func (a *app) writeOne(p *project.Project, f fix.Proposal, output string) error {
	done, err := fix.Write(filepath.Join(p.Dir, filepath.FromSlash(p.Picked.Dir)), f, nil)
	if err != nil {
		return err
	}
	to := a.out
	if output == "json" {
		to = a.errOut
	}
	for _, line := range done.Lines {
		to.say("%s", " "+path.Join(p.Picked.Dir, line))
	}
	if done.Copies != "" {
		to.say("%s", "a copy of the removed file is in "+done.Copies)
	}
	to.put(uncommitted(f.Commit))
	return nil
}

// uncommitted says that nothing was committed, and proposes a message.
func uncommitted(message string) string {
	return "nothing is committed; a message for it:\n\n    " +
		strings.ReplaceAll(strings.TrimSpace(message), "\n", "\n    ") + "\n"
}
