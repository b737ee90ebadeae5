package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
)

func (a *app) stopCommand() *cobra.Command {
	var now bool
	c := &cobra.Command{
		Use:   "stop [RUN]",
		Short: "Stop a run before its next unit; with --now cancel what runs",
		Args:  cobra.MaximumNArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			return a.stop(first(args), now)
		}),
	}
	c.Flags().BoolVar(&now, "now", false, "cancel the statement in hand; the server undoes its transaction")
	return c
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// stop asks the engine to stop and prints what came of it.
func (a *app) stop(id string, now bool) error {
	k, err := engine.FindRun(id)
	if err != nil {
		return err
	}
	if !k.Live {
		return &steps.Refused{
			Problem: "run " + k.ID + " has no engine: nothing of it runs here", Advice: "`belay attach " + k.ID + "` asks the database what is there",
		}
	}
	f, err := journal.Follow(filepath.Join(k.Folder, journal.FileName))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := journal.Send(k.Folder, journal.Message{Kind: journal.Stop, Now: now, Name: userName()}); err != nil {
		return err
	}
	return a.awaitStop(f, k)
}

func (a *app) awaitStop(f *journal.Follower, k engine.Known) error {
	folder := k.Folder
	for {
		e, err := nextOrGone(a.ctx, f, &folder)
		if err != nil {
			return err
		}
		if e.Seq <= k.Run.Seq || e.Kind != "run.finished" {
			continue
		}
		b, err := journal.Decode[journal.RunFinished](e)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "run %s: %s: %s\n", k.ID, b.Outcome, b.Summary)
		if b.Exit != steps.ExitDone {
			return &exited{code: b.Exit}
		}
		return nil
	}
}
