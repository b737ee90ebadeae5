package main

import (
	"context"
	"io"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
	"belay/tui/plain"
)

// followPlain prints a run in lines until it is over. Where people are asked,
// answers are read from standard input; the end of it ends the run well.
func (a *app) followPlain(w watched, asks bool) error {
	var in io.Reader
	if asks {
		in = a.in
	}
	if err := w.start(); err != nil {
		return err
	}
	left, err := plain.Follow(a.ctx, plain.Config{
		Folder: w.folder, Journal: w.file, Process: w.engine(), From: w.from, Name: userName(), In: in, Out: a.out,
		Width: a.out.width, Of: w.of,
	})
	if err != nil {
		return err
	}
	if w.of != "" {
		return a.leftOthers(w.of, left)
	}
	r := newest(left)
	switch {
	case r == nil || (r.Finished == nil && r.Opened == nil):
		if a.ctx.Err() != nil && !a.stillAtWork(left) {
			return stopped()
		}
		return a.leftLook(left)
	case r.Finished != nil && r.Finished.Exit == steps.ExitDone:
		return nil
	case r.Finished != nil && left.How == follow.Finished && a.together:
		return &exited{code: r.Finished.Exit}
	case r.Finished != nil:
		return unlessDone(*r.Finished)
	case r.Parked != "":
		return &exited{code: steps.ExitPerson}
	case a.ctx.Err() != nil && w.pauses:
		return a.pauseAndLeave(left.Folder, r)
	case a.ctx.Err() != nil:
		return a.leftRunning(left.Folder, r)
	}
	return lost(left.Folder, w.process)
}

// pauseAndLeave is what an interrupt means for a backfill without a screen.
func (a *app) pauseAndLeave(folder string, run *state.Run) error {
	if err := journal.Send(folder, journal.Message{Kind: journal.Stop, Name: userName(), Life: run.Began}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), pauseWait)
	defer cancel()
	r, err := a.read(watched{folder: folder, from: run.Seq})
	if err != nil {
		return err
	}
	defer r.file.Close()
	return a.awaitEnd(ctx, r, run.ID, journal.Event{})
}
