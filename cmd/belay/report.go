package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/engine"
	"belay/steps/report"
)

func (a *app) reportCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "report [RUN]", Short: "Print the story of a run, as Markdown or JSON",
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
	k, err := engine.FindRun(id)
	if err != nil {
		return err
	}
	if k.Run.Opened == nil {
		return &steps.Refused{Problem: "run " + k.ID + " was never opened", Advice: "`belay status` lists the runs"}
	}
	r := report.Of(k.Run)
	if output == "markdown" {
		fmt.Fprint(a.out, r.Markdown())
		return nil
	}
	b, err := r.JSON()
	if err != nil {
		return err
	}
	_, err = a.out.Write(b)
	return err
}
