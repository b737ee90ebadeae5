package checklist

import (
	"context"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/history"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

// toolWait is the question whether to wait for the team's tool.
const toolWait = "tool.wait"

// toolPause is how often it is asked whether the tool is still at work.
const toolPause = 300 * time.Millisecond

// toolAtWork says who of the team's tool works on the database now: the session that
// holds its key, or one that still runs a statement of a version that is dirty or
// next. The server goes on with a statement whose client is gone. "" = nobody.
func toolAtWork(
	ctx context.Context, e *steps.Env, c *db.Conn, target steps.Target, t *history.Table, dirty []migration.Dirty,
) (string, error) {
	holders, err := db.LockHolders(ctx, c, t.Keys(target.Database)...)
	if err != nil {
		return "", err
	}
	for _, holder := range holders {
		if ownSession(e, holder) {
			continue
		}
		// Another run of belay's is no concern of this question, unless it has marked a
		// version dirty.
		if len(dirty) > 0 || !strings.HasPrefix(holder.Application, "belay/") {
			return fmt.Sprintf("%v holds its lock", holder), nil
		}
	}
	for _, d := range dirty {
		if d.Migration == nil {
			continue
		}
		files := []migration.File{d.Migration.Up}
		if d.Migration.Down != nil {
			files = append(files, *d.Migration.Down)
		}
		for _, f := range files {
			who, err := db.RunningOf(ctx, c, textsOf(f.Bytes))
			if err != nil {
				return "", err
			}
			if who != nil && !ownSession(e, *who) {
				return fmt.Sprintf("%v still runs a statement of %s, whether or not its client is there", who, f.Path),
					nil
			}
		}
	}
	return "", nil
}

// ownSession reports whether a session is one of this very run, of an engine before.
func ownSession(e *steps.Env, h db.Holder) bool {
	return e.Resumed && strings.HasPrefix(h.Application, "belay/"+e.Run+"/")
}

// textsOf are the texts in which a tool sends a file: whole, or each statement.
func textsOf(sql []byte) []string {
	const edges = " \t\r\n;"
	texts := []string{strings.Trim(string(sql), edges)}
	for _, s := range parse.Split(sql).Statements {
		texts = append(texts, strings.Trim(s.SQL, edges))
	}
	return texts
}

// toolItem says that the tool is at work; a version is dirty for as long as it works
// on it.
func toolItem(b *steps.Folder) fact.Item {
	at := ""
	if len(b.Status.Dirty) > 0 {
		at = ", at version " + b.Status.Dirty[0].Row.Version
	}
	return fact.Item{
		ID: "tool-runs", Level: fact.Stop,
		Text: fmt.Sprintf("%s is migrating this database now%s: %s", b.Format.Name, at, b.ToolRuns),
		Hint: "wait until it is done: " + toolWait +
			" = \"wait\" goes on by itself then; a version is dirty for as long as it is worked on, so mark nothing " +
			"as done",
	}
}

// toolQuestion asks whether to wait for a tool that is at work.
func toolQuestion(e *steps.Env, b *steps.Folder) steps.Outcome {
	i := toolItem(b)
	if answer, _ := e.Engine.Answered(toolWait); answer == "no" {
		return steps.Outcome{
			Status: journal.Failed, Summary: i.Text,
			Hint: "once it has ended look again, by r on a screen or by the same command: what is pending then is " +
				"shown; until then mark nothing as done",
		}
	}
	return steps.Outcome{Status: journal.Asking, Summary: i.Text, Hint: i.Hint, Questions: []journal.QuestionAsked{{
		ID: toolWait, Text: i.Text + ": wait for it?", Options: []string{"no", "wait"}, Default: "wait",
		Why: "once it has ended, the folder and the database are looked at again, and what is pending then goes on",
	}}}
}

// awaitTool waits until nobody of the tool is at work, where that was answered, and
// reports whether it waited: the folder must then be read anew.
func awaitTool(ctx context.Context, e *steps.Env, target steps.Target, b *steps.Folder) (waited bool, err error) {
	answer, _, _ := e.Engine.Given(toolWait)
	if b.ToolRuns == "" || answer != "wait" {
		return false, nil
	}
	since, told := e.Now(), ""
	for b.ToolRuns != "" {
		if told != b.ToolRuns {
			told = b.ToolRuns
			if err := e.Progress(ctx, "preflight", "waits for %s since %s: %s", b.Format.Name,
				since.UTC().Format("15:04:05 UTC"), told); err != nil {
				return true, err
			}
		}
		select {
		case <-ctx.Done():
			return true, context.Cause(ctx)
		case <-time.After(toolPause):
		}
		err := e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) (err error) {
			b.ToolRuns, err = toolAtWork(ctx, e, c, target, b.Table, b.Status.Dirty)
			return err
		})
		if err != nil {
			return true, steps.Database("whether "+b.Format.Name+" is still at work", err)
		}
	}
	return true, e.Note(ctx, "preflight", "%s has ended: the database is looked at again", b.Format.Name)
}
