package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/steps"
	"belay/tui/view"
)

func (a *app) watchCommand() *cobra.Command {
	var once bool
	var output string
	c := &cobra.Command{
		Use:   "watch [RELATION...]",
		Short: "Show who waits for whom, table sizes and traffic, live",
		Long: `Samples the server: who waits for whom, and the size and traffic of the relations named. It takes no
table lock and runs at most once a second.`,
		RunE: command(func(_ *cobra.Command, relations []string) error { return a.watch(relations, once, output) }),
	}
	c.Flags().BoolVar(&once, "once", false, "print one sample and end")
	c.Flags().StringVar(&output, "output", "text", "text or json")
	return c
}

func (a *app) watch(relations []string, once bool, output string) error {
	if err := checkOutput(output, "text", "json"); err != nil {
		return err
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	if !p.HasDSN() {
		return &steps.Refused{Problem: "no database is named", Advice: "set $DATABASE_URL, or give --dsn or --target"}
	}
	cfg, err := db.ParseConfig(p.DSN, p.DSNFrom)
	if err != nil {
		return err
	}
	c, err := db.Connect(a.ctx, cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		return err
	}
	defer c.Close()
	return a.sample(watch.New(c), relations, once, output)
}

// sample prints moments until the person ends it. Rates need two moments, so the
// first of --once is taken and kept for the second.
func (a *app) sample(w *watch.Watcher, relations []string, once bool, output string) error {
	if once {
		if _, err := w.Sample(a.ctx, relations); err != nil {
			return err
		}
		if err := wait(a.ctx, w.Interval()); err != nil {
			return nil
		}
	}
	for {
		s, err := w.Sample(a.ctx, relations)
		if a.ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := a.printSample(s, output); err != nil || once {
			return err
		}
		if wait(a.ctx, w.Interval()) != nil {
			return nil
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (a *app) printSample(s activity.Sample, output string) error {
	if output == "json" {
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s\n", b)
		return nil
	}
	n := s.Sessions
	fmt.Fprintf(a.out, "%s  sessions %d of %d  active %d  idle in transaction %d  waiting %d\n",
		s.At.Format("15:04:05"), n.Total, n.Max, n.Active, n.IdleInTransaction, n.Waiting)
	for _, node := range s.Tree() {
		l := node.Lock
		word := "holds"
		if !l.Granted {
			word = "waits for"
		}
		fmt.Fprintf(a.out, "  %*s%d  %s  %s %s on %s  %d ms\n", 2*node.Depth, "", l.PID, view.Clean(l.Application), word, l.Mode, view.Clean(l.Relation), l.SinceMS)
	}
	for _, t := range s.Tables {
		fmt.Fprintf(a.out, "  %s  %d kB  reads/s %.0f  writes/s %.0f\n", view.Clean(t.Relation), t.Bytes/1024, t.ReadsPerSecond, t.WritesPerSecond)
	}
	return nil
}
