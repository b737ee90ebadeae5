package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	"belay/sqlview/parse"
	"belay/steps"
	"belay/steps/checklist"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/rehearsal"
)

func (a *app) rehearseCommand() *cobra.Command {
	var from, on, answers string
	c := &cobra.Command{
		Use:   "rehearse",
		Short: "Apply what is pending where nobody is hurt, roll it back, apply it again",
		Long: `Rehearses what is pending with the executor of the real run, and writes what it saw beside what was
predicted into REHEARSAL-<sha12>.json. ` + "`belay run`" + ` finds that file in the project folder, or takes it by
--rehearsal, and believes it only for the same files, the same major version and the same schema.

Without a flag the target's schema is restored into a throwaway cluster on this machine (grade C).
Whatever it runs, it runs without a superuser: what only one may make is left out and named.
--from restores a dump with its rows there (grade B). --on rehearses on a server: a local or disposable
one is taken back and run again, a shared one goes forward only, and only by consent.`,
		Example: `  belay rehearse
  belay rehearse --from shop.dump
  belay rehearse --on postgres://staging/shop`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error { return a.rehearse(from, on, answers) }),
	}
	c.Flags().StringVar(&from, "from", "", "restore this `DUMP` of pg_dump's custom or directory format")
	c.Flags().StringVar(&on, "on", "", "rehearse on the server of this `DSN`")
	c.Flags().StringVar(&answers, "answers", "", "answer questions from this TOML `FILE`")
	return c
}

func (a *app) rehearse(from, on, answersFile string) error {
	if from != "" && on != "" {
		return &usageError{problem: "--from and --on are two places", advice: "give one of them"}
	}
	given, err := readAnswers(answersFile)
	if err != nil {
		return err
	}
	p, err := a.target()
	if err != nil {
		return err
	}
	if empty, err := checkFolder(p); err != nil || empty {
		if empty {
			a.out.say("%s", nothingPending(p))
		}
		return err
	}
	if on != "" {
		p.DSN, p.DSNFrom = on, "--on"
	}
	if from != "" {
		delete(given, "target.environment") // nobody keeps a pin of a throwaway cluster
	}
	r, err := a.rehearseIn(p, from, on, given)
	if err != nil {
		return err
	}
	return a.tellRehearsal(r)
}

// rehearseIn makes the environment of the steps, without an engine's process:
// nothing here outlives the command.
func (a *app) rehearseIn(p *project.Project, from, on string, given map[string]string) (rehearsal.Record, error) {
	desk := &rehearsalDesk{app: a, answers: given, asked: !a.onTerminal()}
	e := &steps.Env{
		Project: p, Now: time.Now, Parser: &parse.Parser{}, Run: "rehearse", Headless: !a.onTerminal(),
		Sessions: steps.NewSessions(), Engine: desk,
	}
	defer e.Parser.Close()
	defer func() { _ = e.Sessions.Close() }()
	switch {
	case from != "":
		return checklist.RehearseDump(a.ctx, e, from)
	case on != "":
		return checklist.RehearseOn(a.ctx, e)
	}
	return checklist.RehearseSchema(a.ctx, e)
}

// tellRehearsal keeps the record and prints it.
func (a *app) tellRehearsal(r rehearsal.Record) error {
	r.By = userName()
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	path, err := r.Save(dir)
	if err != nil {
		return err
	}
	a.out.put(r.Text())
	a.out.say("record: %s", path)
	if r.Passed() {
		return nil
	}
	if r.Beyond {
		return &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: r.Verdict(),
			Advice: rehearsal.BeyondHint,
		}
	}
	return &steps.Exit{
		Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: r.Verdict(),
		Advice: "fix the file and rehearse again; the target was only read",
	}
}
