package main

import (
	"fmt"
	"os"
	"time"

	"belay/steps"
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
	empty, err := checkFolder(p)
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
// the shell's own text is.
func (a *app) screen(w watched) error {
	c := a.drawn()
	c.Folder, c.Journal, c.Process, c.Name = w.folder, w.file, w.engine(), userName()
	left, err := tui.Run(a.ctx, c)
	if err == nil && left.How == follow.Back && left.Run != nil {
		return a.wayBack(left.Run)
	}
	return a.afterScreen(left, err)
}

// wayBack goes on from a watch to the way back of what its run applied. Its
// engine has been told to end; the way back begins once it has.
func (a *app) wayBack(r *state.Run) error {
	id := engine.RunID(r.Opened.Folder)
	deadline := time.Now().Add(engineArrives)
	for journal.Held(r.Opened.Folder) && time.Now().Before(deadline) && a.ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	a.out.say("run %s stays applied; the way back of it: belay rollback %s", id, id)
	return a.rollback([]string{id}, "", "text")
}

// drawn is a screen on this terminal, as the flags say it is to be drawn.
func (a *app) drawn() tui.Config {
	return tui.Config{Color: a.colored(), ASCII: a.ascii, In: a.in, Out: a.terminal}
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
	r := left.Run
	if err != nil {
		return err
	}
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
	a.out.say("%s", stillRunning(r))
	return &exited{code: steps.ExitPerson}
}

func stillRunning(r *state.Run) string {
	where := "between two files"
	if u := r.InHand(); u != nil {
		where = fmt.Sprintf("file %d of %d", u.Number+1, max(len(r.Opened.Migrations), u.Number+1))
	}
	id := engine.RunID(r.Opened.Folder)
	return fmt.Sprintf("run %s is STILL RUNNING on %s (%s); watch: belay attach %s; stop: belay stop %s",
		id, r.Opened.Database, where, id, id)
}
