package main

import (
	"github.com/spf13/cobra"

	"belay/steps/journal"
	"belay/steps/state"
)

func (a *app) replayCommand() *cobra.Command {
	return &cobra.Command{
		Use: "replay FILE", Short: "Play a journal again, sentence by sentence", Args: cobra.ExactArgs(1),
		Long: `Prints what a journal tells, with its times. A journal is the whole story of a run: it is the best
thing to send along with a question about belay.`,
		RunE: command(func(_ *cobra.Command, args []string) error { return a.replay(args[0]) }),
	}
}

func (a *app) replay(path string) error {
	events, err := journal.Read(path)
	if err != nil {
		return err
	}
	r := state.New()
	told := 0
	for _, e := range events {
		if err := r.Apply(e); err != nil {
			return err
		}
		for ; told < len(r.Log); told++ {
			l := r.Log[told]
			by := ""
			if l.By != "" {
				by = " (" + l.By + ")"
			}
			a.out.say("%s %s%s", l.At.Format("15:04:05.000"), l.Text, by)
		}
	}
	return nil
}
