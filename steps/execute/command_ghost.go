package execute

import (
	"context"
	"fmt"
	"strings"
	"syscall"

	"belay/db"
	"belay/db/apply"
	"belay/db/watch"
	"belay/steps"
	"belay/steps/command"
	"belay/steps/journal"
)

// stillAtWork asks about a command that an earlier engine started and that still works:
// its process on this host, or its session on the server. Belay's own sessions of that
// engine are ended.
func (c *commander) stillAtWork(ctx context.Context) error {
	if err := c.endOwnSessions(ctx); err != nil {
		return err
	}
	for asked := ""; ; {
		left, sessions, processes, err := c.left(ctx)
		if err != nil || left == "" {
			return err
		}
		if asked == "wait" {
			if err := c.env.Progress(ctx, "run", "waits for %s", left); err != nil {
				return err
			}
			if err := c.pause(ctx, ghostPause); err != nil {
				return c.commandLeft(left)
			}
			continue
		}
		if asked == "cancel" {
			w := &commandWatch{commander: c}
			_ = w.cancelAll(ctx, sessions)
			command.Signal(processes, syscall.SIGTERM)
			if err := c.pause(ctx, ghostPause); err != nil {
				return c.commandLeft(left)
			}
			continue
		}
		asked, err = c.env.Engine.Ask(ctx, "run", journal.QuestionAsked{
			ID: "run.resolve", Options: []string{"wait", "cancel", "leave"}, Default: "wait",
			Text: fmt.Sprintf("%s was started by a process that is gone, and is still at work: %s", c.team.Line, left),
			Why:  "only cancel ends it: waiting, leaving, stopping belay and a lost terminal do not",
		})
		switch {
		case ctx.Err() != nil:
			return c.commandLeft(left)
		case err != nil:
			return err
		case asked == "leave":
			return c.commandLeft(left)
		}
	}
}

func (c *commander) commandLeft(left string) error {
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: c.team.Line + " is still at work and was left alone: " + left,
		Advice:  "`belay attach " + c.env.Run + "` looks again",
	}
}

// left is what of the command works now, in words.
func (c *commander) left(ctx context.Context) (
	words string, sessions []watch.CommandSession, processes []int, err error,
) {
	processes = command.Marked(c.mark())
	err = c.env.Sessions.Spare(ctx, func(q *db.Conn) error {
		all, err := watch.Command(ctx, q, watch.Marks{Application: c.application, Ends: command.Ends(processes)})
		for _, s := range all {
			if s.Works() && s.How != watch.Perhaps {
				sessions = append(sessions, s)
			}
		}
		return err
	})
	return leftWords(sessions, processes), sessions, processes, steps.Database("looking for the command's "+
		"sessions", err)
}

// endOwnSessions ends the sessions of belay's own that an earlier engine left: its
// client is gone, and one of them may hold belay's lock.
func (c *commander) endOwnSessions(ctx context.Context) error {
	all, err := apply.GhostsOfRun(ctx, c.trio.Executor.Conn, c.env.Run, c.trio.Executor.PgConn().PID())
	if err != nil {
		return steps.Database("looking for earlier sessions", err)
	}
	for _, g := range all {
		if strings.HasSuffix(g.Application, "/command") || g.Runs() {
			continue
		}
		if err := c.endSession(ctx, g); err != nil {
			return err
		}
	}
	return nil
}
