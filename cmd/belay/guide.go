package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"belay/sqlview/highlight"
	"belay/sqlview/lint/rules"
	"belay/steps"
	"belay/steps/engine"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui"
	"belay/tui/follow"
	"belay/tui/theme"
	"belay/tui/view"
)

// guide is bare `belay`: what is pending, what runs here, and the way through.
func (a *app) guide() error {
	p, err := a.project()
	if err != nil {
		return err
	}
	empty, err := checkFolder(p)
	if err != nil {
		return err
	}
	if empty && !a.onTerminal() {
		fmt.Fprintln(a.out, nothingPending(p))
		return nil
	}
	w, err := a.begin(p, request{})
	if err != nil {
		return err
	}
	if !a.onTerminal() {
		return a.followPlain(w, true)
	}
	return a.screen(w.folder)
}

// screen shows a run until the person leaves, and prints how it was left where
// the shell's own text is.
func (a *app) screen(folder string) error {
	left, err := tui.Run(a.ctx, tui.Config{
		Folder: folder, Name: userName(), Color: a.colored(), In: a.in, Out: a.out, RuleDoc: ruleDoc, Tokens: tokens,
	})
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
	fmt.Fprintf(a.out, "run %s stays applied; the way back of it: belay rollback %s\n", id, id)
	return a.rollback([]string{id}, "", "text")
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
		fmt.Fprintln(a.out, stillRunning(r))
		return &exited{code: steps.ExitPerson}
	}
	fmt.Fprintf(a.out, "run %s on %s: %s: %s\n", r.ID, r.Opened.Database, r.Finished.Outcome, r.Finished.Summary)
	if r.Finished.Hint != "" {
		fmt.Fprintf(a.out, "hint: %s\n", r.Finished.Hint)
	}
	fmt.Fprintf(a.out, "report: belay report %s\n", r.ID)
	if r.Finished.Exit != steps.ExitDone {
		return &exited{code: r.Finished.Exit}
	}
	return nil
}

// leftLook is how a look ends that never became a run: nothing has changed, and
// nobody said so where the terminal or the input ended.
func (a *app) leftLook(left tui.Left) error {
	// The yes may have been the last thing that the screen sent.
	if k, err := engine.FindRun(engine.RunID(left.Folder)); err == nil && k.Live && k.Run.Opened != nil {
		fmt.Fprintln(a.out, stillRunning(k.Run))
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

func stillRunning(r *state.Run) string {
	where := "between two units"
	if u := r.InHand(); u != nil {
		where = fmt.Sprintf("unit %d of %d", u.Number+1, max(len(r.Opened.Migrations), u.Number+1))
	}
	id := engine.RunID(r.Opened.Folder)
	return fmt.Sprintf("run %s is STILL RUNNING on %s (%s); watch: belay attach %s; stop: belay stop %s",
		id, r.Opened.Database, where, id, id)
}

// ruleDoc is what ? shows of a hazard's rule.
func ruleDoc(id string) string {
	for _, r := range rules.All() {
		if r.ID == id {
			return strings.TrimSpace(r.Doc)
		}
	}
	return ""
}

// roles gives each kind of SQL token its role on the screen.
var roles = map[highlight.Kind]theme.Role{
	highlight.Keyword: theme.Keyword, highlight.Type: theme.Keyword, highlight.String: theme.Literal,
	highlight.Number: theme.Literal, highlight.Comment: theme.Comment, highlight.Identifier: theme.Name,
	highlight.Meta: theme.Comment,
}

func tokens(sql string) []view.Token {
	spans := highlight.SQL(sql)
	out := make([]view.Token, 0, len(spans))
	for _, s := range spans {
		if role, ok := roles[s.Kind]; ok {
			out = append(out, view.Token{Start: s.Start, End: s.End, Role: role})
		}
	}
	return out
}
