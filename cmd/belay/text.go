package main

import (
	"io"

	"belay/steps"
	"belay/tui/plain"
)

// followPlain prints a run in lines until it is over. Where people are asked,
// answers are read from standard input; the end of it ends the run well.
func (a *app) followPlain(folder string, asks bool) error {
	var in io.Reader
	if asks {
		in = a.in
	}
	left, err := plain.Follow(a.ctx, plain.Config{Folder: folder, Name: userName(), In: in, Out: a.out})
	if err != nil {
		return err
	}
	r := left.Run
	switch {
	case r == nil || (r.Finished == nil && r.Opened == nil):
		return nil
	case r.Finished == nil:
		return lost(r.ID)
	case r.Finished.Exit != steps.ExitDone:
		f := r.Finished
		return &steps.Exit{Code: f.Exit, Outcome: f.Outcome, Summary: f.Summary, Advice: f.Hint}
	}
	return nil
}
