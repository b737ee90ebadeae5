package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	found "belay/db/evidence"
	"belay/steps"
	"belay/steps/evidence"
	"belay/steps/project"
)

// evidenceOptions are the flags of `belay evidence`.
type evidenceOptions struct {
	standbys, code []string
	watch          time.Duration
	output         string
}

func (a *app) evidenceCommand() *cobra.Command {
	var o evidenceOptions
	c := &cobra.Command{
		Use:   "evidence RELATION[.COLUMN]",
		Short: "Say who still uses a column, a table, a view or an index, and what nobody could look at",
		Long: `Asks every source that knows of uses: the catalog, the texts of functions, triggers and cron jobs, the statements
that pg_stat_statements counted, the sessions of now, the counters, the subscribers; on the primary, and on each standby
that is given; and the code of repositories that are given. Each says since when it knows anything, and what it cannot
see. It changes nothing. What belay and pg_dump read is no use.

It never says that a thing is unused: "no use seen in these sources since ...; not covered: ...".

Exit code 3: a use was seen. 4: nobody could look at a source that is needed. 0: neither.`,
		Example: `  belay evidence users.email
  belay evidence public.old_orders --standby "host=replica dbname=shop" --code ../app
  belay evidence orders_note_idx --output json`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error { return a.evidence(args[0], o) }),
	}
	f := c.Flags()
	f.StringArrayVar(&o.standbys, "standby", nil,
		"ask this standby too, by its `DSN`; may be given several times; others on this host see a password in it")
	f.StringArrayVar(&o.code, "code", nil, "search the git repository of this `DIR`; may be given several times")
	f.DurationVar(&o.watch, "watch", 0, "look at the sessions again and again for this `TIME`, such as 30s")
	f.StringVar(&o.output, "output", "text", "text or json")
	return c
}

// lookEvery is how far apart two looks at the sessions are.
const lookEvery = 500 * time.Millisecond

func (a *app) evidence(name string, o evidenceOptions) error {
	if err := checkOutput(o.output, "text", "json"); err != nil {
		return err
	}
	p, err := a.target()
	if err != nil {
		return err
	}
	if !p.HasDSN() {
		return noDatabase()
	}
	c, err := evidence.Database(a.ctx, p)
	if err != nil {
		return err
	}
	defer c.Close()
	report, err := evidence.Look(a.ctx, c, evidence.Request{
		Name: name, Standbys: o.standbys, Code: o.code, Migrations: migrationsIn(p), Samples: 1 +
			int(o.watch/lookEvery),
		Pause: lookEvery,
	})
	if err != nil {
		return askedFor("who uses "+name, err)
	}
	if o.output == "json" {
		err = a.out.value(report, true)
	} else if paper, ok := a.paper(); ok {
		a.out.draw(paper.Evidence(report))
	} else {
		a.printEvidence(report)
	}
	if err != nil {
		return err
	}
	switch report.Verdict {
	case found.Red:
		return &exited{code: steps.ExitHazards}
	case found.CouldNot:
		return &exited{code: steps.ExitPerson}
	}
	return nil
}

// migrationsIn is the absolute path of the project's migrations; "" = it has none.
func migrationsIn(p *project.Project) string {
	if p.Picked.Tool == "" {
		return ""
	}
	return filepath.Join(p.Dir, filepath.FromSlash(p.Picked.Dir))
}

func noDatabase() error {
	return &steps.Refused{Problem: "no database is named", Advice: "set $DATABASE_URL, or give --dsn or --target"}
}

func (a *app) printEvidence(r evidence.Report) {
	a.out.say("%s, %s", r.Subject, r.Kind)
	for _, s := range r.Shown() {
		a.out.say("%s: %s", s.Name, s.Verdict)
		if s.Period != "" {
			a.out.say("  period: %s", s.Period)
		}
		for _, f := range s.Found {
			a.out.say("  %s", f)
		}
		for _, b := range s.Blind {
			a.out.say("  cannot see: %s", b)
		}
	}
	a.out.say("%s", r.Says)
}
