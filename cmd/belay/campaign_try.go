package main

import (
	"os"

	"github.com/spf13/cobra"

	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/campaign"
	appsql "belay/steps/shapes"
)

func (a *app) campaignTry() *cobra.Command {
	var o campaignOptions
	var file, log string
	c := a.campaignOf("try [ID]", "Try the application's statements against the schema after the next phase",
		`Will the code live? Takes the schema, without rows, to a throwaway server on this machine; prepares there what
pg_stat_statements counted, the statements of a file, and those in a log of the server (log_statement,
log_min_duration_statement, auto_explain); makes the changes of the next phase that has files; and prepares all of it
again. What fails then, or gives other columns, is listed with who sends it, how often, and when it was last in the log.
The database itself is only read.

Exit code 3: a statement does not live through it. 4: no statement is known. 0: all that could be tried do.`,
		&o, func(d *campaign.Desk, c *campaign.Campaign) error { return a.tryCampaign(d, c, o, file, log) })
	c.Flags().StringVar(&file, "statements", "", "try the statements of this `FILE` too")
	c.Flags().StringVar(&log, "log", "", "try the statements in this `FILE` too, a log of the server: those that it "+
		"logged, and those of auto_explain")
	c.Flags().StringVar(&o.output, "output", "text", "text or json")
	return c
}

func (a *app) tryCampaign(d *campaign.Desk, c *campaign.Campaign, o campaignOptions, file, log string) error {
	if err := checkOutput(o.output, "text", "json"); err != nil {
		return err
	}
	var more []appsql.Shape
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return &steps.Refused{Problem: "--statements: " + err.Error(),
				Advice: "name a file of SQL that belay may read"}
		}
		more = append(more, appsql.Shape{SQL: string(text), Who: file})
	}
	logged, err := loggedStatements(log, d.Identity.Database)
	if err != nil {
		return err
	}
	more = append(more, logged...)
	t, err := d.Try(a.ctx, c, more)
	if err != nil {
		return err
	}
	if o.output == "json" {
		err = a.out.value(t, true)
	} else if paper, ok := a.paper(); ok {
		a.out.draw(paper.Trial(t))
	} else {
		a.printTrial(t)
	}
	switch {
	case err != nil:
		return err
	case len(t.Broken) > 0:
		return &exited{code: steps.ExitHazards}
	case t.Tried == 0:
		return &exited{code: steps.ExitPerson}
	}
	return nil
}

// loggedStatements are those of a log of the server; "" = there is none.
func loggedStatements(name, database string) ([]appsql.Shape, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, &steps.Refused{
			Problem: "--log: " + err.Error(), Advice: "name a log of the server that belay may read",
		}
	}
	defer f.Close()
	all, err := appsql.Log(f, name, database)
	if err != nil {
		return nil, &steps.Refused{
			Problem: "--log: " + err.Error(), Advice: "name a log of the server: stderr, csvlog or jsonlog",
		}
	}
	return all, nil
}

func (a *app) printTrial(t campaign.Trial) {
	a.out.say("after the phase: %s", t.Phase)
	if t.Why != "" {
		a.out.say("statements of the application: %s", t.Why)
	}
	for _, b := range t.Broken {
		word := "gives other columns"
		if b.Fails {
			word = "fails"
		}
		a.out.say("%s: %s", word, b.Shown())
		a.out.say("  %s", b.Why)
		a.out.say("  %s", b.Sender())
	}
	if t.Untried > 0 {
		a.out.say("%s could not be prepared as the schema is now, and say nothing", measure.Plural(t.Untried,
			"statement"))
	}
	a.out.say("%d of %s live through it; not tried: what nobody counted, and what an ORM makes later",
		t.Tried-len(t.Broken),
		measure.Plural(t.Tried, "statement"))
}
