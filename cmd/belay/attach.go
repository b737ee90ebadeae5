package main

import (
	"os"

	"github.com/spf13/cobra"

	"belay/steps"
	"belay/steps/engine"
	"belay/steps/project"
)

func (a *app) attachCommand() *cobra.Command {
	var answers, of string
	c := &cobra.Command{
		Use:   "attach [RUN]",
		Short: "Open another screen on a run, or go on with one that was left",
		Long: `Opens a screen on a run of yours. Where its engine has ended, a new one is started first: it
asks the database what of the run is there before it offers anything.

A look whose screen was lost while a backup or a rehearsal ran is found like a run: its work goes on, and no run
begins before somebody watches and types the database's name once more.

A run that another host left open is found in the ledger of the database. Where no session of it lives on the server,
it is taken over here, once the database's name was typed: every file is asked for in the database, then it goes on.

One screen holds the keys, the others read. K asks for them, and h hands them over. With --of you watch a run of
another OS user, who has named a group of yours in pairing.toml:

    [pairing]
    group = "deploy"`,
		Args: cobra.MaximumNArgs(1),
		Example: `  belay attach
  belay attach --of anna 7f3a11c2`,
		RunE: command(func(_ *cobra.Command, args []string) error {
			if of != "" {
				return a.attachOthers(of, first(args))
			}
			return a.attach(first(args), answers)
		}),
	}
	c.Flags().StringVar(&of, "of", "", "watch a run of this `USER`, or of whose $XDG_STATE_HOME is this folder")
	c.Flags().StringVar(&answers, "answers", "", "answer questions from this TOML `FILE`")
	return c
}

func (a *app) attach(id, answersFile string) error {
	given, err := readAnswers(answersFile)
	if err != nil {
		return err
	}
	k, err := engine.FindRun(id)
	if err == nil {
		k, err = k.Settled(a.ctx)
	}
	if look, ok := engine.LiveLook(id); ok && (err != nil || !k.Open()) {
		k, err = look, nil // one more screen on it
	}
	if err != nil || (!k.Live && !k.Open()) {
		elsewhere, found, lookErr := a.elsewhere(id)
		switch {
		case lookErr != nil:
			return lookErr
		case found:
			return a.takeOver(elsewhere, given, answersFile != "")
		case err != nil:
			return err
		}
	}
	if !k.Live && !k.Open() {
		return &steps.Refused{
			Problem: "run " + k.ID + " is over: " + k.Run.Finished.Summary,
			Advice:  "`belay report " + k.ID + "` prints its story",
		}
	}
	// A life that ended before the one that works now is history.
	w := watched{folder: k.Folder, from: k.Run.Began - 1}
	if !k.Live {
		if w, err = a.takeUp(k, given, answersFile != ""); err != nil {
			return err
		}
		w.from = k.Run.Seq
	}
	if a.onTerminal() {
		return a.screen(w)
	}
	return a.followPlain(w, answersFile == "")
}

// attachOthers is a screen on a run of another OS user: it reads, until it is given the
// keys.
func (a *app) attachOthers(of, id string) error {
	o, err := project.OthersOf(of)
	if err != nil {
		return err
	}
	if o.UID == os.Getuid() {
		return a.attach(id, "")
	}
	k, err := engine.FindOthers(o, id)
	if err != nil {
		return err
	}
	w := watched{folder: k.Folder, from: k.Run.Began - 1, of: of}
	if a.onTerminal() {
		return a.screen(w)
	}
	return a.followPlain(w, true)
}
