package main

import (
	"fmt"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// followText prints a headless run in sentences.
func (a *app) followText(folder string) error {
	presence, err := journal.Arrive(folder)
	if err != nil {
		return err
	}
	defer presence.Leave()
	f, err := openJournal(a.ctx, folder)
	if err != nil {
		return err
	}
	defer f.Close()
	r, told := state.New(), 0
	for r.Finished == nil {
		e, err := nextOrGone(a.ctx, f, &folder)
		if err != nil {
			return err
		}
		if err := r.Apply(e); err != nil {
			return err
		}
		if r.Opened != nil {
			folder = r.Opened.Folder
		}
		for ; told < len(r.Log); told++ {
			fmt.Fprintln(a.out, r.Log[told].Text)
		}
	}
	if end := r.Finished; end.Exit != steps.ExitDone {
		return &steps.Exit{Code: end.Exit, Outcome: end.Outcome, Summary: end.Summary, Advice: end.Hint}
	}
	return nil
}

func (a *app) followPlain(folder string, _ bool) error { return a.followText(folder) }
