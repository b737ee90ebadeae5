package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/project"
	"belay/tui/pick"
	"belay/tui/screen"
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
	if id == "" && a.onTerminal() {
		if id, err = a.pickRun(); err != nil || id == leftWithout {
			return err
		}
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

// leftWithout is the answer of who leaves the list of open runs.
const leftWithout = "-"

// pickRun asks which run is meant where several are open; "" = there is nothing to ask.
func (a *app) pickRun() (string, error) {
	open := a.openRuns()
	if len(open) < 2 {
		return "", nil
	}
	c := pick.Config{
		Terminal: a.drawn(), Title: "open runs", Noun: "run", Verb: "attach",
		Heads: []string{"run", "database", "files", "stands at"},
		About: "Advice: one screen for each run that is open.\n" +
			"In practice: a run goes on without a screen; enter opens one. What works has its mark, and where its " +
			"engine has ended a new one asks the database first what of the run is there.\n" +
			"Measured: a screen that comes or goes changes nothing of a run.",
	}
	for _, r := range open {
		c.Rows = append(c.Rows, pick.Row{
			ID: r.ID, Works: r.Live, Cells: []string{
				screen.Short(r.ID), r.Database, measure.Plural(len(r.Migrations), "file"), r.State,
			},
			More: [][2]string{
				{"run", r.ID}, {"database", r.Database + " on " + r.Host},
				{"files", strings.Join(r.Migrations, ", ")}, {"stands at", r.State}, {"since", r.Since},
			},
		})
	}
	id, taken, err := pick.Run(a.ctx, c)
	if err == nil && !taken {
		id = leftWithout
	}
	return id, err
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
