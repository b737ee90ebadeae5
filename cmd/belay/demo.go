package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"belay/db/demo"
	"belay/sqlview/lane"
	"belay/steps"
	"belay/tui/view"
)

func (a *app) demoCommand() *cobra.Command {
	var rows int64
	var script bool
	var output string
	c := &cobra.Command{
		Use:   "demo",
		Short: "See in two minutes what belay is for, on a throwaway PostgreSQL",
		Long: `Starts a throwaway PostgreSQL with a shop of a million orders under live traffic, and runs the same two
statements three ways: careless, by a runbook, by belay. Then it cuts a connection at COMMIT, and shows
how belay knows what became of it. Nothing outside is touched, no network is used, and everything is gone
afterwards.`,
		Example: `  belay demo
  belay demo --script --output json --rows 100000`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error { return a.demo(rows, script, output) }),
	}
	c.Flags().Int64Var(&rows, "rows", demo.DefaultRows, "the `NUMBER` of orders in the shop")
	c.Flags().BoolVar(&script, "script", false, "play everything without keys and print the table")
	c.Flags().StringVar(&output, "output", "text", "text or json; json plays like --script")
	return c
}

func (a *app) demo(rows int64, script bool, output string) error {
	if err := checkOutput(output, "text", "json"); err != nil {
		return err
	}
	if rows < 1 {
		return &usageError{problem: fmt.Sprintf("--rows is %d", rows), advice: "the shop needs an order at least"}
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
		err = &steps.Exit{Code: steps.ExitFailed, Outcome: steps.OutcomeNotApplied, Summary: "the demo was stopped; everything of it is gone"}
	}
	return err
}

// scripted are the lanes in their order.
var scripted = []lane.Name{lane.Careless, lane.Runbook, lane.Belay, lane.Cut}

// scriptDemo plays every lane without a key.
func (a *app) scriptDemo(d *demo.Demo, output string) error {
	fmt.Fprintln(a.errOut, "starting a throwaway PostgreSQL; no network; everything here is gone when you leave")
	if err := d.Open(a.ctx); err != nil {
		return err
	}
	s := d.State().Server
	fmt.Fprintf(a.errOut, "PostgreSQL %s on %s, in %s\n", s.Version, s.Address, s.Folder)
	for _, name := range scripted {
		fmt.Fprintf(a.errOut, "%s\n", name)
		if err := d.Play(a.ctx, name); err != nil {
			return err
		}
		for _, l := range d.State().Told {
			fmt.Fprintf(a.errOut, "  %5.1f s  %s\n", l.After.Seconds(), view.Clean(l.Text))
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
		Code: steps.ExitFailed, Outcome: steps.OutcomeNotApplied, Summary: "belay's own lane did not end as it should",
		Advice: "this is a fault of belay or of a machine without room: play it again, and report it",
	}
}

func (a *app) printDemo(r lane.Results, output string) error {
	if output == "json" {
		b, err := json.Marshal(r)
		if err == nil {
			fmt.Fprintf(a.out, "%s\n", b)
		}
		return err
	}
	for _, row := range append([][4]string{lane.Head}, r.Table()...) {
		line := fmt.Sprintf("%-26s%-16s%-22s%s", row[0], row[1], row[2], row[3])
		fmt.Fprintln(a.out, strings.TrimRight(line, " "))
	}
	return nil
}
