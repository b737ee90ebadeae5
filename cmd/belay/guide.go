package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"belay/steps"
	argv "belay/steps/command"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui"
	"belay/tui/follow"
)

// guide is bare `belay`: what is pending, what runs here, and the way through.
func (a *app) guide() error {
	p, err := a.target()
	if err != nil {
		return err
	}
	empty, err := checkRun(p)
	if err != nil {
		return err
	}
	if empty && !a.onTerminal() {
		a.out.say("%s", nothingPending(p))
		return nil
	}
	w, err := a.begin(p, request{})
	if err != nil {
		return err
	}
	if !a.onTerminal() {
		return a.followPlain(w, true)
	}
	return a.screen(w)
}

// screen shows a run until the person leaves, and prints how it was left where
// the shell's own text is. Where the person begins anew it shows the next.
func (a *app) screen(w watched) error {
	for {
		c := a.drawn()
		c.Folder, c.Journal, c.Start, c.Name, c.Of = w.folder, w.file, w.starter(), userName(), w.of
		c.Anew = w.again != nil
		left, err := tui.Run(a.ctx, c)
		w.unstarted()
		if err != nil || left.How != follow.Anew {
			return a.left(w, left, err)
		}
		_ = a.afterScreen(left, nil) // what it came to is no end of this command
		a.gone(left.Folder)
		f := left.Run.Finished
		if w, err = w.again(f != nil && f.Exit == steps.ExitDone); err != nil {
			return err
		}
	}
}

// left is how a screen that was left ends the command.
func (a *app) left(w watched, left tui.Left, err error) error {
	if w.of != "" && err == nil {
		return a.leftOthers(w.of, left)
	}
	if err == nil && left.How == follow.Back && left.Run != nil {
		return a.wayBack(left.Run)
	}
	if err == nil && left.How == follow.Begin {
		return a.goOn(left)
	}
	return a.afterScreen(left, err)
}

// goOn goes on from a look to the command that the person left it for.
func (a *app) goOn(left tui.Left) error {
	words, err := argv.Argv(left.Command)
	if err != nil || len(words) < 3 {
		return a.beginLine(left)
	}
	var c *cobra.Command
	switch words[1] {
	case "attach":
		c = a.attachCommand()
	case "backfill":
		c = a.backfillCommand()
	default:
		return a.beginLine(left)
	}
	a.gone(left.Folder)
	a.out.say("%s", left.Command)
	c.SilenceUsage, c.SilenceErrors = true, true
	c.SetArgs(words[2:])
	return c.ExecuteContext(a.ctx)
}

// wayBack goes on from a watch to the way back of what its run applied. Its
// engine has been told to end; the way back begins once it has.
func (a *app) wayBack(r *state.Run) error {
	id := engine.RunID(r.Opened.Folder)
	a.gone(r.Opened.Folder)
	a.out.say("run %s stays applied; the way back of it: belay rollback %s", id, id)
	return a.rollback([]string{id}, "", "text")
}

// gone waits a while for the engine of a folder to be gone.
func (a *app) gone(folder string) {
	deadline := time.Now().Add(engineArrives)
	for journal.Held(folder) && time.Now().Before(deadline) && a.ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
}

// drawn is a screen on this terminal, as the flags say it is to be drawn.
func (a *app) drawn() tui.Config {
	c := tui.Config{Color: a.colored(), ASCII: a.ascii, In: a.in, Out: a.terminal}
	if a.theme != "auto" {
		c.Theme = tui.Theme(a.theme)
	}
	return c
}

// colored reports whether colours may be used.
func (a *app) colored() bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// afterScreen says on the normal screen what goes on without it.
func (a *app) afterScreen(left tui.Left, err error) error {
	if err != nil {
		return err
	}
	r := newest(left)
	if r == nil || r.Opened == nil {
		return a.leftLook(left)
	}
	if r.Finished == nil {
		return a.leftRunning(left.Folder, r)
	}
	a.out.say("run %s on %s: %s: %s", r.ID, r.Opened.Database, r.Finished.Outcome, r.Finished.Summary)
	if r.Finished.Hint != "" {
		a.out.say("hint: %s", r.Finished.Hint)
	}
	a.out.say("report: belay report %s", r.ID)
	if r.Finished.Exit != steps.ExitDone {
		return &exited{code: r.Finished.Exit}
	}
	return nil
}

// newest is the run as its journal tells it now: it went on since the screen looked last,
// and an engine that has written its end still closes what it has open.
func newest(left tui.Left) *state.Run {
	r := left.Run
	if r == nil || r.Opened == nil || r.Finished != nil {
		return r
	}
	if k, err := engine.ReadRun(left.Folder); err == nil && k.Run.Opened != nil {
		return k.State
	}
	return r
}

// leftLook is how a look ends that never became a run: nothing has changed, and
// nobody said so where the terminal or the input ended.
func (a *app) leftLook(left tui.Left) error {
	if a.stillAtWork(left) {
		return &exited{code: steps.ExitPerson}
	}
	switch {
	case left.Run != nil && left.Run.Finished != nil && left.Run.Finished.Exit != steps.ExitDone:
		return &exited{code: left.Run.Finished.Exit}
	case left.How == follow.Lost || left.How == follow.EndOfIn:
		return &exited{code: steps.ExitPerson}
	}
	return nil
}

// stillAtWork reports whether what was left goes on without anybody, and says so.
func (a *app) stillAtWork(left tui.Left) bool {
	// The yes may have been the last thing that the screen sent.
	if k, err := engine.FindRun(engine.RunID(left.Folder)); err == nil && k.Live && k.Run.Opened != nil {
		a.out.say("%s", stillRunning(k.Run))
		return true
	}
	if k, err := engine.ReadLook(left.Folder); err == nil && k.Live && k.Run.Work.Step != "" &&
		left.How != follow.Finished {
		a.out.say("look %s is STILL AT WORK on %s: it %s; watch: belay attach %s; stop: belay stop %s", k.ID,
			k.Plan.Database, k.Run.Work.What, k.ID, k.ID)
		return true
	}
	return false
}

// leftRunning says how a run goes on without a screen, where its engine lives.
func (a *app) leftRunning(folder string, r *state.Run) error {
	if !journal.Held(folder) && r.Parked == "" {
		return lost(folder, nil)
	}
	a.out.say("%s", stillRunning(&r.Outline))
	return &exited{code: steps.ExitPerson}
}

func stillRunning(r *state.Outline) string {
	if s := r.Step("run"); s != nil && s.Status == journal.Done {
		id := engine.RunID(r.Opened.Folder)
		return fmt.Sprintf("run %s has applied its files and STILL WATCHES %s; look again: belay attach %s; end the "+
			"watch: belay stop %s", id, r.Opened.Database, id, id)
	}
	id := engine.RunID(r.Opened.Folder)
	for _, q := range r.Questions {
		if q.Step == "run" && q.Waits() {
			return fmt.Sprintf("run %s WAITS FOR AN ANSWER on %s: %s answer it: belay attach %s; stop: belay stop %s",
				id, r.Opened.Database, q.Text, id, id)
		}
	}
	where := "between two files"
	if u := r.InHand(); u != nil {
		where = fmt.Sprintf("file %d of %d", u.Number+1, max(len(r.Opened.Migrations), u.Number+1))
	}
	return fmt.Sprintf("run %s is STILL RUNNING on %s (%s); watch: belay attach %s; stop: belay stop %s",
		id, r.Opened.Database, where, id, id)
}

// leftOthers says how a run of another OS user stood when this screen left it. It is
// theirs, and so is how it ends.
func (a *app) leftOthers(of string, left tui.Left) error {
	switch r := left.Run; {
	case r == nil || r.Opened == nil && r.Finished == nil:
		a.out.say("you watched %s, where nothing was confirmed yet; watch again: belay attach --of %s", of, of)
	case r.Finished != nil:
		a.out.say("run %s of %s: %s: %s", r.ID, of, r.Finished.Outcome, r.Finished.Summary)
	default:
		a.out.say("run %s of %s goes on; watch again: belay attach --of %s %s", r.ID, of, of, r.ID)
	}
	return nil
}
