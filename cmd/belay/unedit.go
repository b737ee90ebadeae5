package main

import (
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/judge"
	"belay/steps/project"
	"belay/steps/unedit"
)

func (a *app) uneditCommand() *cobra.Command {
	var answers string
	c := &cobra.Command{
		Use:   "unedit [FILE...]",
		Short: "Take back the edit of a merged or applied migration, and put what it changed into the next one",
		Long: `A migration that is merged, or has run anywhere, is never edited: databases that ran it will not run it again, and
those that run it for the first time get something else. This gives such a file the text that was merged, by git, or that
a run made from here applied; and writes what the edit changed as the next migration, in the style of the tool: statements
that came, and columns and constraints that a CREATE TABLE got, as an ALTER TABLE. What no statement is known for stands
in it as a comment, for you to write.

It shows what it would do and asks (unedit.write in an answers file). The edited text is kept as a copy. Nothing is
committed; a message is proposed.`,
		Example: `  belay unedit
  belay unedit migrations/000042_add_note.up.sql`,
		RunE: command(func(_ *cobra.Command, files []string) error { return a.unedit(files, answers) }),
	}
	c.Flags().StringVar(&answers, "answers", "", "answer questions from this TOML `FILE`")
	return c
}

func (a *app) unedit(files []string, answers string) error {
	given, err := readAnswers(answers)
	if err != nil {
		return err
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	if p.PickError != nil {
		return p.PickError
	}
	standing, err := judge.Stand(a.ctx, p, false)
	if err != nil {
		return err
	}
	c := unedit.Case{
		Standing: standing, Named: files, Now: time.Now().UTC().Format("20060102150405"),
		Ran: engine.AppliedOf(p.Dir, p.Shown()),
		Load: func(texts map[string][]byte) (migration.Folder, error) {
			return p.ReadFolderWith(standing.Format, texts)
		},
	}
	proposal, err := unedit.Propose(a.ctx, c)
	switch {
	case err != nil:
		return err
	case proposal == nil && standing.Git.Unknown != "":
		a.out.say("nothing to take back in %s that a run made from here knows; git cannot tell: %s", p.Shown(),
			standing.Git.Unknown)
		return nil
	case proposal == nil:
		a.out.say("nothing to take back in %s: no file was edited since it was merged, or ran from here", p.Shown())
		return nil
	}
	return a.uneditAll(p, c, proposal, a.answering(given, answers != ""))
}

// uneditAll shows the proposal, asks, and writes it.
func (a *app) uneditAll(p *project.Project, c unedit.Case, proposal *unedit.Proposal,
	ask func(journal.QuestionAsked) (string, bool)) error {
	for _, e := range proposal.Edits {
		a.out.say("%s was edited after %s; it gets the text of then", path.Join(p.Picked.Dir, e.Path), e.Why)
		if e.Merged != nil {
			a.out.say("  the edit is merged too (%s): a database that ran the file since has the change already, "+
				"and the "+
				"next migration fails there", e.Merged)
		}
		if e.Back {
			a.out.say("  it is a way back: what the edit changed there goes into no migration, only into the copy")
		}
	}
	if next := proposal.Next; next != nil {
		a.out.say("%s holds the difference:", path.Join(p.Picked.Dir, next.Up.Path))
		for line := range strings.Lines(strings.TrimSpace(string(next.Up.Bytes))) {
			a.out.say("  %s", strings.TrimRight(line, "\r\n"))
		}
	} else {
		a.out.say("nothing that a server runs forward has changed: there is no next migration to write")
	}
	q := journal.QuestionAsked{
		ID: "unedit.write", Text: "take back " + measure.Plural(len(proposal.Edits), "file") + "?",
		Options: []string{"no", "yes"}, Default: "no",
	}
	switch answer, ok := ask(q); {
	case !ok:
		return unanswered(q)
	case answer != "yes":
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "declined: nothing was written",
		}
	}
	dir := filepath.Join(p.Dir, filepath.FromSlash(p.Picked.Dir))
	written, copies, err := unedit.Write(dir, c, proposal)
	if err != nil {
		return err
	}
	a.out.say("took back %s; the edited text is kept in %s", measure.Plural(len(proposal.Edits), "file"), copies)
	for _, name := range written {
		a.out.say("wrote %s", path.Join(p.Picked.Dir, name))
	}
	switch next := proposal.Next; {
	case next == nil:
	case proposal.Unclear:
		a.out.say("a part of the difference is a comment there, and nothing runs before it is written: write it as " +
			"statements, delete the line that says \"Not written yet\"; then: belay review")
	case !next.BackKnown:
		a.out.say("no way back is certain for it: write what takes it back; then: belay review")
	default:
		a.out.say("its way back is written too; look at both, then: belay review")
	}
	a.out.put(uncommitted(proposal.Commit))
	return nil
}
