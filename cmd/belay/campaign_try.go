package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"belay/sqlview/measure"
	"belay/sqlview/secret"
	"belay/steps"
	"belay/steps/campaign"
	appsql "belay/steps/shapes"
)

func (a *app) campaignTry() *cobra.Command {
	var o campaignOptions
	var file string
	c := a.campaignOf("try [ID]", "Try the application's statements against the schema after the next phase",
		`Will the code live? Takes the schema, without rows, to a throwaway server on this machine; prepares there what pg_stat_statements counted,
and the statements of a file; makes the changes of the next phase that has files; and prepares all of it again. What fails
then, or gives other columns, is listed with who sends it and how often. The database itself is only read.

Exit code 3: a statement does not live through it. 4: no statement is known. 0: all that could be tried do.`,
		&o, func(d *campaign.Desk, c *campaign.Campaign) error { return a.tryCampaign(d, c, o, file) })
	c.Flags().StringVar(&file, "statements", "", "try the statements of this `FILE` too")
	c.Flags().StringVar(&o.output, "output", "text", "text or json")
	return c
}

func (a *app) tryCampaign(d *campaign.Desk, c *campaign.Campaign, o campaignOptions, file string) error {
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
	t, err := d.Try(a.ctx, c, more)
	if err != nil {
		return err
	}
	if o.output == "json" {
		err = a.out.value(t, true)
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
		a.out.say("%s: %s", word, strings.Join(strings.Fields(secret.SQL(b.SQL)), " "))
		a.out.say("  %s", b.Why)
		if b.Calls > 0 {
			a.out.say("  sent %s, by %s", measure.Plural(int(b.Calls), "time"), b.Who)
		} else {
			a.out.say("  from %s", b.Who)
		}
	}
	if t.Untried > 0 {
		a.out.say("%s could not be prepared as the schema is now, and say nothing", measure.Plural(t.Untried,
			"statement"))
	}
	a.out.say("%d of %s live through it; not tried: what nobody counted, and what an ORM makes later",
		t.Tried-len(t.Broken),
		measure.Plural(t.Tried, "statement"))
}
