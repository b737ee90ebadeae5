package main

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/judge"
	"belay/steps/project"
	"belay/steps/renumber"
)

// renumberOptions are the flags of `belay renumber`.
type renumberOptions struct {
	offline bool
	answers string
}

func (a *app) renumberCommand() *cobra.Command {
	var o renumberOptions
	c := &cobra.Command{
		Use:   "renumber [FILE...]",
		Short: "Give migrations of this branch later versions: two of one version, or one that comes too late",
		Long: `Finds the migrations of this branch that have the version of another one, or a lower version than what is
merged or applied, and gives them versions above everything that is known: in the folder, on the default branch, in the
database's history, in the runs made from here. Those of the branch behind them move too: their order stays.
A file that you name moves behind all others where nothing is wrong with its version: name it only where those behind it do
not need it.

Ways back go along. Lines of the repository that name a file are mended, and so is the tool's file of sums. A file that
is merged, or that has run, is never renamed: others have it under its old version.

It shows what it would do and asks (renumber.write in an answers file). What git has is moved in its index too. Nothing is
committed; a message is proposed.`,
		Example: `  belay renumber
  belay renumber migrations/000043_add_note.up.sql`,
		RunE: command(func(_ *cobra.Command, files []string) error { return a.renumber(files, o) }),
	}
	c.Flags().BoolVar(&o.offline, "offline", false, "ask no database: go by git and by the runs made from here")
	c.Flags().StringVar(&o.answers, "answers", "", "answer questions from this TOML `FILE`")
	return c
}

func (a *app) renumber(files []string, o renumberOptions) error {
	given, err := readAnswers(o.answers)
	if err != nil {
		return err
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	live := p.HasDSN() && !o.offline
	if live {
		if err := a.checkDSN(p); err != nil {
			return err
		}
	}
	if p.PickError != nil {
		return p.PickError
	}
	standing, err := judge.Stand(a.ctx, p, live)
	if err != nil {
		return err
	}
	ran := engine.AppliedOf(p.Dir, p.Shown())
	c := renumber.Case{Standing: standing, Named: files, Ran: ran, Now: time.Now().UTC().Format("20060102150405")}
	ask := a.answering(given, o.answers != "")
	proposal, err := a.propose(&c, ask)
	if err != nil {
		return err
	}
	if proposal == nil {
		why := "no version is there twice, and none comes late"
		if len(files) > 0 {
			why = strings.Join(files, ", ") + ": above everything else already"
		}
		a.out.say("nothing to renumber in %s: %s%s", p.Shown(), why, askedOf(c))
		return nil
	}
	return a.renumberAll(p, c, proposal, ask)
}

// propose asks what only a person knows, for as long as something is in doubt.
func (a *app) propose(c *renumber.Case, ask func(journal.QuestionAsked) (string, bool)) (*renumber.Proposal, error) {
	for {
		proposal, err := renumber.Propose(*c)
		var doubt *renumber.DoubtError
		if !errors.As(err, &doubt) {
			return proposal, err
		}
		q := journal.QuestionAsked{
			ID: "renumber.ran", Text: "has " + doubt.Path + " itself ever run on " + doubt.Database + "?",
			Why:     doubt.Error(),
			Options: []string{"yes", "no"}, Default: "yes",
		}
		switch answer, ok := ask(q); {
		case !ok:
			return nil, unanswered(q)
		case answer == "no" && !slices.Contains(c.NotRun, doubt.Path):
			c.NotRun = append(c.NotRun, doubt.Path)
		default:
			return nil,
				&project.Refusal{Problem: doubt.Path + " has run on " + doubt.Database + ": it keeps its version",
					Advice: "take it back there first (`belay rollback`), or renumber what comes after it"}
		}
	}
}

// askedOf says who was asked what is applied.
func askedOf(c renumber.Case) string {
	var asked []string
	if c.Database != "" {
		asked = append(asked, c.Database)
	}
	if c.Git.Unknown == "" {
		asked = append(asked, c.Git.Default)
	}
	if len(asked) == 0 {
		return fmt.Sprintf(" (no database was named; git cannot tell: %s)", c.Git.Unknown)
	}
	return " (asked: " + strings.Join(asked, " and ") + ")"
}

// renumberAll shows the renames, asks, and makes them.
func (a *app) renumberAll(p *project.Project, c renumber.Case, proposal *renumber.Proposal,
	ask func(journal.QuestionAsked) (string, bool)) error {
	dir := filepath.Join(p.Dir, filepath.FromSlash(p.Picked.Dir))
	edits, err := renumber.Mentions(a.ctx, dir, c, proposal)
	if err != nil {
		return err
	}
	for i, r := range proposal.Renumbered {
		a.out.say("%s %s", path.Join(p.Picked.Dir, r.Migration.Up.Path), proposal.Why[i])
		for _, m := range r.Moves {
			a.out.say("  %s -> %s", path.Join(p.Picked.Dir, m.From), path.Join(p.Picked.Dir, m.To))
		}
	}
	if n := len(proposal.Past); n > 0 {
		a.out.say("  %s run%s before it then: rename only where nothing of them needs it",
			strings.Join(proposal.Past, ", "), third(n))
	}
	for _, e := range edits {
		word := "names it and is mended"
		if e.Merged {
			word = "names it, is merged, and stays as it is"
		}
		a.out.say("  %s:%s %s", relative(p.Dir, e.Path), lineNumbers(e.Lines), word)
	}
	if c.Database == "" && c.Git.Unknown != "" {
		a.out.say("nobody could be asked whether they have run anywhere: rename only what is applied nowhere")
	}
	if c.Git.Unknown != "" {
		a.out.say("git cannot tell (%s): the files are renamed on the disk alone, and nobody looked who names them",
			c.Git.Unknown)
	}
	q := journal.QuestionAsked{
		ID: "renumber.write", Text: "rename " + measure.Plural(len(proposal.Moves()), "file") + "?",
		Options: []string{"no", "yes"}, Default: "no",
	}
	switch answer, ok := ask(q); {
	case !ok:
		return unanswered(q)
	case answer != "yes":
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "declined: nothing was renamed",
		}
	}
	done, err := renumber.Do(a.ctx, dir, c, proposal, edits)
	if err != nil {
		return err
	}
	a.out.say("renamed %s", measure.Plural(len(proposal.Moves()), "file"))
	for _, line := range done {
		a.out.say("%s", line)
	}
	a.out.put(uncommitted(proposal.Commit))
	return nil
}

// third is the ending of a verb of one thing.
func third(n int) string {
	if n == 1 {
		return "s"
	}
	return ""
}

// relative is a path as a person in dir would write it.
func relative(dir, name string) string {
	if r, err := filepath.Rel(dir, name); err == nil && !strings.HasPrefix(r, "../../") {
		return r
	}
	return name
}

// lineNumbers lists lines, as 3 or 3,8,12.
func lineNumbers(lines []int) string {
	var all []string
	for _, n := range lines {
		all = append(all, fmt.Sprint(n))
	}
	return strings.Join(all, ",")
}
