package main

import (
	"path"

	"github.com/spf13/cobra"

	"belay/db/ledger"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/adopt"
	"belay/steps/journal"
	"belay/steps/project"
)

func (a *app) adoptCommand() *cobra.Command {
	var answers string
	c := &cobra.Command{
		Use:   "adopt",
		Short: "Keep the hashes of what is applied, so that an edit of it is told from now on, on every host",
		Long: `A database that another tool has run until now has no hash of what ran. This keeps those of the files that
the history table has, in the ledger, as assumed: nobody saw these bytes run. From then on an edited file is told on
every host, also without git. A file that git says was edited after it was merged is left out.

It shows what it would keep and asks (adopt.keep in an answers file, and ledger.create where there is no ledger).
A file that has a hash already keeps it. No file and no table of yours is changed.`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error { return a.adopt(answers) }),
	}
	c.Flags().StringVar(&answers, "answers", "", "answer questions from this TOML `FILE`")
	return c
}

func (a *app) adopt(answers string) error {
	p, ask, err := a.asking(answers)
	if err != nil {
		return err
	}
	c, err := adopt.Open(a.ctx, p, whoHere())
	if err != nil {
		return err
	}
	defer c.Close()
	a.showAdopted(p, c)
	if len(c.Files) == 0 {
		return nil
	}
	if c.Create {
		if err := yes(ask, journal.QuestionAsked{
			ID: steps.LedgerCreate, Text: "hashes are kept in the database, in a schema belay. Create that schema?",
			Why: ledger.DDL(),
		}); err != nil {
			return err
		}
	}
	if err := yes(ask, journal.QuestionAsked{
		ID: "adopt.keep", Text: "keep the hashes of " + measure.Plural(len(c.Files), "applied file") + "?",
	}); err != nil {
		return err
	}
	n, err := c.Keep(a.ctx)
	if err != nil {
		return err
	}
	a.out.say("kept %s by hash, as assumed: an edit is told from now on", measure.Plural(n, "file"))
	return nil
}

func (a *app) showAdopted(p *project.Project, c *adopt.Case) {
	for _, f := range c.Files {
		a.out.say("%s  sha256 %.12s  assumed: nobody saw these bytes run", path.Join(p.Picked.Dir, f.Name), f.SHA256)
	}
	for _, e := range c.Edited {
		a.out.say("%s is left out: it was edited after it was merged (%s); `belay unedit` gives it its text back",
			path.Join(p.Picked.Dir, e.Path), e.Since)
	}
	for _, m := range c.Status.Doubtful {
		a.out.say("%s is left out: it is new, and the one row of %s does not say whether it ran",
			path.Join(p.Picked.Dir, m.Up.Path), c.Format.Name)
	}
	if c.Known > 0 {
		a.out.say("%s have a hash already", measure.Plural(c.Known, "applied file"))
	}
	if len(c.Files)+c.Known+len(c.Edited) == 0 {
		a.out.say("nothing of %s is applied on this database", p.Shown())
	}
}
