package main

import (
	"context"
	"fmt"

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
	r, err := a.read(watched{folder: k.Folder, from: k.Run.Seq})
	if err != nil {
		return err
	}
	defer r.file.Close()
	if err := journal.Send(k.Folder, journal.Message{Kind: journal.Stop, Now: now, Name: userName()}); err != nil {
		return err
	}
	return a.awaitEnd(a.ctx, r, k.ID)
}

// awaitEnd waits for the run's last event and prints its outcome.
func (a *app) awaitEnd(ctx context.Context, r *reader, id string) error {
	for {
		e, err := r.next(ctx)
		if err != nil {
			return err
		}
		if e.Kind != (journal.RunFinished{}).Kind() {
			continue
		}
		b, err := journal.Decode[journal.RunFinished](e)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "run %s: %s: %s\n", id, b.Outcome, b.Summary)
		if b.Exit != steps.ExitDone {
			return &exited{code: b.Exit}
		}
		return nil
	}
}
