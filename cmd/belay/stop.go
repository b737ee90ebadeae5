package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
)

func (a *app) stopCommand() *cobra.Command {
	var now bool
	c := &cobra.Command{
		Use:   "stop [RUN]",
		Short: "Stop a run before its next file, or end its watch; with --now cancel what runs",
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
		return a.stopStray(id, now, err)
	}
	if !k.Live {
		return &steps.Refused{
			Problem: "run " + k.ID + " has no engine: nothing of it runs here",
			Advice:  "`belay attach " + k.ID + "` asks the database what is there",
		}
	}
	switch {
	case k.Plan.Tripwire != nil:
		now = true
		a.errOut.say("run %s brings back what it has taken away", k.ID)
	case k.Watches() && !now:
		now = true // there is no next file to hold before
		a.errOut.say("run %s has applied its files: its watch ends, and what was applied stays", k.ID)
	}
	r, err := a.read(watched{folder: k.Folder, from: k.Run.Seq})
	if err != nil {
		return err
	}
	defer r.file.Close()
	if err := journal.Send(k.Folder, journal.Message{
		Kind: journal.Stop, Now: now, Name: userName(), Life: k.Run.Began,
	}); err != nil {
		return err
	}
	e, err := a.heard(r)
	if errors.Is(err, errUnheard) {
		return a.deaf(k, now)
	}
	if err != nil {
		return err
	}
	return a.awaitEnd(a.ctx, r, k.ID, e)
}

// hearLimit is how long an engine may take to hear a stop. It reads its inbox many
// times a second. Only tests change it.
var hearLimit = 10 * time.Second

var errUnheard = errors.New("the engine does not hear")

// heard waits until the engine has written that it was asked to stop, or its end.
func (a *app) heard(r *reader) (journal.Event, error) {
	ctx, cancel := context.WithTimeoutCause(a.ctx, hearLimit, errUnheard)
	defer cancel()
	for {
		e, err := r.next(ctx)
		switch {
		case err != nil && a.ctx.Err() == nil && ctx.Err() != nil:
			return e, errUnheard
		case err != nil, e.Kind == (journal.StopRequested{}).Kind(), e.Kind == (journal.RunFinished{}).Kind():
			return e, err
		}
	}
}

// deaf says of an engine that lives and hears nothing what can be seen from here,
// and cancels over its head what it runs, where that was asked.
func (a *app) deaf(k engine.Known, now bool) error {
	pid, _ := engine.OwnerPID(k.Folder)
	why := fmt.Sprintf("its process %d lives and does nothing", pid)
	if engine.Frozen(k.Folder) {
		why = fmt.Sprintf("its process %d is stopped by a signal", pid)
	}
	said, found, err := a.stray(k.ID, now)
	switch {
	case found:
		why += "; on the server are: " + said
	case err != nil:
		why += "; the server could not be asked: " + err.Error()
	}
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: fmt.Sprintf("the engine of run %s does not hear the stop within %s: %s", k.ID, hearLimit, why),
		Advice: fmt.Sprintf("SIGCONT to process %d lets it go on, and it stops then; or end it by SIGKILL, and "+
			"`belay attach %s` asks the database what is there", pid, k.ID),
	}
}

// awaitEnd waits for the run's last event, from the one that was read before, and
// prints its outcome.
func (a *app) awaitEnd(ctx context.Context, r *reader, id string, e journal.Event) (err error) {
	for {
		if e.Kind != (journal.RunFinished{}).Kind() {
			if e, err = r.next(ctx); err != nil {
				return err
			}
			continue
		}
		b, err := journal.Decode[journal.RunFinished](e)
		if err != nil {
			return err
		}
		a.out.say("run %s: %s: %s", id, b.Outcome, b.Summary)
		if b.Exit != steps.ExitDone {
			return &exited{code: b.Exit}
		}
		return nil
	}
}
