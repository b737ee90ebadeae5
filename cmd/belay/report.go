package main

import (
	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/engine"
	"belay/steps/report"
)

func (a *app) reportCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "report [RUN]", Short: "Print the story of a run, as Markdown or JSON",
		Long: "Prints the story of a run; without RUN of the newest one of this folder, and of the target where one " +
			"is named.",
		Args: cobra.MaximumNArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error { return a.report(first(args), output) }),
	}
	c.Flags().StringVar(&output, "output", "markdown", "markdown or json")
	return c
}

func (a *app) report(id, output string) error {
	if err := checkOutput(output, "markdown", "json"); err != nil {
		return err
	}
	k, err := a.reported(id)
	if err != nil {
		return err
	}
	if k.Run.Opened == nil {
		return &steps.Refused{Problem: "run " + k.ID + " was never opened", Advice: "`belay status` lists the runs"}
	}
	whole, err := k.Whole()
	if err != nil {
		return err
	}
	r := report.Of(whole.State)
	if paper, ok := a.paper(); ok && output == "markdown" {
		a.out.draw(paper.Markdown(r.Markdown()))
		return nil
	}
	if output == "markdown" {
		a.out.put(r.Markdown())
		return nil
	}
	b, err := r.JSON()
	if err != nil {
		return err
	}
	_, err = a.out.json().Write(b)
	return err
}

// reported finds the run of an id. Without one it is this project's newest, and this
// target's: a report of something else would be taken for it.
func (a *app) reported(id string) (engine.Known, error) {
	if id != "" {
		return engine.FindRun(id)
	}
	p, err := a.target()
	if err != nil {
		return engine.Known{}, err
	}
	var where engine.Where
	if p.HasDSN() {
		cfg, err := p.Database()
		if err != nil {
			return engine.Known{}, err
		}
		where = engine.WhereOf(cfg)
	}
	if k, found := engine.NewestOf(p.Dir, p.Shown(), where); found {
		return k, nil
	}
	on := ""
	if where.Database != "" {
		on = " on " + where.Database
	}
	return engine.Known{}, &steps.Refused{
		Problem: "there is no run of " + p.Shown() + on,
		Advice:  "name a run: `belay report RUN`; each run's end says its id",
	}
}
