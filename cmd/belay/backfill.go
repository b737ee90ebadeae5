package main

import (
	"strings"

	"github.com/spf13/cobra"

	"belay/db/backfill"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/playbook"
)

// backfillOptions are the flags of `belay backfill`.
type backfillOptions struct {
	spec            backfill.Spec
	list            bool
	pause, resume   string
	answers, output string
}

func (a *app) backfillCommand() *cobra.Command {
	var o backfillOptions
	c := &cobra.Command{
		Use:   "backfill --table T --set SQL",
		Short: "Fill a column of a live table in small batches, each row exactly once",
		Long: `Runs UPDATE T SET SQL WHERE … in batches that take a set time, waits when the server or the application
is under strain, and verifies at the end. It is a run like any other: a review of the table, the run dialog, a screen
that may come and go. The cursor is committed with its rows, in a schema belay of the database: however it ends,
--resume ID goes on, from any host, and no row is filled twice.

Without a screen, Ctrl+C pauses at the end of the batch and leaves nothing open.`,
		Example: `  belay backfill --table public.users --set "token = gen_random_uuid()" --where "token IS NULL"
  belay backfill --list
  belay backfill --resume 3f6c0d1e-9a55-4b7e-8c11-0d2f6a9b7c10`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error { return a.backfill(o) }),
	}
	f := c.Flags()
	f.StringVar(&o.spec.Relation, "table", "", "the table `T`, such as public.users")
	f.StringVar(&o.spec.Set, "set", "", "the SET list in `SQL`, such as \"status = 'active'\"")
	f.StringVar(&o.spec.Where, "where", "", "the rows to change, in `SQL`; empty = every row")
	f.StringSliceVar(&o.spec.Key, "key", nil, "walk by these `COLS`; empty = the best key is chosen")
	f.DurationVar(&o.spec.BatchTime, "batch-time", 0,
		"how long one batch should take, 10ms to 1s (default 50ms, or what belay.toml says)")
	f.Float64Var(&o.spec.Nice, "nice", 0, "pause `N` times as long as each batch took")
	f.BoolVar(&o.spec.Vacuum, "vacuum", false, "allow a gentle VACUUM after every tenth of the rows")
	f.BoolVar(&o.spec.DualWrite, "dual-write", false, "the application itself fills new and changed rows")
	f.BoolVar(&o.list, "list", false, "list the backfills of this database")
	f.StringVar(&o.pause, "pause", "", "pause the backfill, or run, of this `ID`, also one that runs on another host")
	f.StringVar(&o.resume, "resume", "", "go on with the backfill of this `ID`, from any host, or of a run of this one")
	f.StringVar(&o.answers, "answers", "", "answer questions from this TOML `FILE`")
	f.StringVar(&o.output, "output", "text", "text, or json: the journal's lines, backfill.done last")
	return c
}

func (a *app) backfill(o backfillOptions) error {
	if err := checkOutput(o.output, "text", "json"); err != nil {
		return err
	}
	answers, err := readAnswers(o.answers)
	if err != nil {
		return err
	}
	p, err := a.target()
	if err != nil {
		return err
	}
	if !p.HasDSN() {
		return &steps.Refused{Problem: "no database is named", Advice: "set $DATABASE_URL, or give --dsn or --target"}
	}
	for _, id := range []*string{&o.pause, &o.resume} {
		if *id, err = backfillOf(*id); err != nil {
			return err
		}
	}
	switch {
	case o.list:
		return a.listBackfills(p, o.output)
	case o.pause != "":
		return a.pauseBackfill(p, o.pause)
	case o.resume == "" && (o.spec.Relation == "" || o.spec.Set == ""):
		return &usageError{
			problem: "--table and --set are needed", advice: "such as --table public.users --set \"status = 'active'\"",
		}
	}
	if o.resume == "" {
		if err := o.spec.Check(a.ctx); err != nil {
			return &usageError{problem: err.Error(), advice: steps.HintOf(err)}
		}
	}
	if o.resume != "" {
		if done, err := a.finishedBackfill(p, o.resume, o.output); done || err != nil {
			return err
		}
	}
	headless := o.answers != "" || o.output == "json"
	w, err := a.begin(p, request{
		command: playbook.Backfill.Name, answers: answers, headless: headless,
		backfill: &steps.Backfill{ID: o.resume, Spec: o.spec},
	})
	if err != nil {
		return err
	}
	w.pauses, w.last = true, journal.BackfillDone{}.Kind()
	return a.follow(w, o.output, headless)
}

// backfillOf is the backfill that an id means: its own, as the ledger has it, or that of a
// run of this host.
func backfillOf(id string) (string, error) {
	if id == "" || strings.Contains(id, "-") {
		return id, nil
	}
	k, err := engine.FindRun(id)
	if err != nil {
		return id, nil // whoever looks into the ledger says that there is none
	}
	if k.Plan.Command != playbook.Backfill.Name {
		return "", &steps.Refused{
			Problem: "run " + k.ID + " is of files, not a backfill alone",
			Advice:  "`belay attach " + k.ID + "` goes on",
		}
	}
	for _, f := range k.Plan.Files {
		if f.Backfill != nil {
			id = f.Backfill.ID
		}
	}
	return id, nil
}

// follow follows an engine the way the output wants.
func (a *app) follow(w watched, output string, headless bool) error {
	a.followed = true
	switch {
	case output == "json":
		return a.followJSON(w)
	case headless || !a.onTerminal():
		return a.followPlain(w, !headless)
	}
	return a.screen(w)
}

// pausedBackfill says what a pause came to.
func (a *app) pausedBackfill(id, text string) error {
	a.out.say("backfill %s: %s; go on with: belay backfill --resume %s", id, text, id)
	return nil
}
