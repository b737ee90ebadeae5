package main

import (
	"fmt"
	"io"

	"belay/steps"
	"belay/steps/engine"
	"belay/tui/plain"
)

// followPlain prints a run in lines until it is over. Where people are asked,
// answers are read from standard input; the end of it ends the run well.
func (a *app) followPlain(w watched, asks bool) error {
	var in io.Reader
	if asks {
		in = a.in
	}
	left, err := plain.Follow(a.ctx, plain.Config{Folder: w.folder, From: w.from, Name: userName(), In: in, Out: a.out})
	if err != nil {
		return err
	}
	r := left.Run
	switch {
	case r == nil || (r.Finished == nil && r.Opened == nil):
		return a.leftLook(left)
	case r.Finished != nil && r.Finished.Exit == steps.ExitDone:
		return nil
	case r.Finished != nil:
		f := r.Finished
		return &steps.Exit{Code: f.Exit, Outcome: f.Outcome, Summary: f.Summary, Advice: f.Hint}
	case r.Parked != "":
		return &exited{code: steps.ExitPerson}
	case a.ctx.Err() != nil:
		fmt.Fprintln(a.out, stillRunning(r))
		return &exited{code: steps.ExitPerson}
	}
	return lost(engine.RunID(left.Folder))
}
