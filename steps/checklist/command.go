package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/command"
	"belay/steps/execute"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
)

// The questions about the team's own command.
const (
	commandChoice = "command.choice"
	commandUnseen = "command.unseen"
	byCommand     = "command"
)

// teamCommand is the team's own command, where it is what runs the migrations: the
// tool is one that belay only watches, belay.toml names it, or somebody chose it. nil =
// belay runs them itself.
func teamCommand(e *steps.Env) (*project.Command, error) {
	c, err := e.Project.Command(e.Back)
	if err != nil || c == nil {
		return nil, err
	}
	answer, _, _ := e.Engine.Given(commandChoice)
	if e.Project.Foreign() || e.Project.Named(e.Back) || answer == byCommand {
		return c, nil
	}
	return nil, nil
}

// settleCommand says who runs the folder: the team's command, or belay. A folder of a
// tool that only its own command runs needs one.
func settleCommand(e *steps.Env, b *steps.Folder) error {
	c, err := teamCommand(e)
	if err != nil {
		return err
	}
	if was := b.Confirmed; was != nil && was.Command != lineOf(c) {
		return &steps.Refused{
			Problem: fmt.Sprintf("the run was confirmed to be done by %s, and now it would be by %s", by(was.Command),
				by(lineOf(c))),
			Advice: "take belay.toml and package.json back as they were; `belay abandon " + e.Run + "` closes the run",
			Fatal:  true,
		}
	}
	b.Command = c
	if c == nil && b.Format.Watched {
		key, script := "command", "migrate"
		if e.Back {
			key, script = "rollback_command", "migrate:rollback"
		}
		return &steps.Refused{
			Problem: b.Format.Title + " migrations are run by the team's own command, and none was found",
			Advice:  "name it as " + key + " in belay.toml, or as the script " + script + " of package.json",
			Fatal:   true,
		}
	}
	return nil
}

// commandStops are what keeps the command from being started here, whatever is answered.
func commandStops(e *steps.Env, c *project.Command) (items []fact.Item) {
	if !command.Found(e.Project.Dir, c.Argv[0]) {
		items = append(items, fact.Item{
			ID: "command-program", Level: fact.Stop, Hard: true,
			Text: "the command " + c.Line + " cannot be started: there is no program " + c.Argv[0] + " here",
			Hint: "install it, or run belay where the team's command runs",
		})
	}
	if err := e.Project.CommandServer(); err != nil {
		items = append(items, fact.Item{
			ID: "command-server", Level: fact.Stop, Hard: true, Text: err.Error(), Hint: steps.HintOf(err),
		})
	}
	return items
}

func lineOf(c *project.Command) string {
	if c == nil {
		return ""
	}
	return c.Line
}

func by(line string) string {
	if line == "" {
		return "belay itself"
	}
	return "the command " + line
}

// unseen reports a file of which nobody can know beforehand which SQL it sends: a
// program, or a text that only the tool can complete.
func unseen(b steps.Folder, m migration.Migration) bool {
	if p, ok := b.Previews[m.Up.SHA256]; ok && p.Why == "" {
		return false
	}
	return b.Command != nil && (m.Up.Tx == migration.TxForeign ||
		slices.ContainsFunc(b.Files.Problems, func(p migration.Problem) bool {
			return forTool(p) && slices.Contains(p.Paths, m.Up.Path)
		}))
}

// forTool are the problems that are the tool's own business where its command runs.
func forTool(p migration.Problem) bool {
	return p.Kind == migration.Code || p.Kind == migration.Unsupported && len(p.Paths) == 1
}

// commandProblems weighs the folder's problems anew for a command: what only the tool
// can read is no stop; what the command might run unasked is one that no reason lifts.
func commandProblems(b *steps.Folder, items []fact.Item) []fact.Item {
	if b.Command == nil {
		return items
	}
	for i := range items {
		switch migration.ProblemKind(items[i].ID) {
		case migration.Code, migration.Unsupported:
			if b.Format.Watched {
				continue
			}
			items[i].Level, items[i].Hard = fact.Look, false
			items[i].Hint = "which SQL it sends is not known beforehand; the command runs it"
		case migration.Late:
			if items[i].Level == fact.Stop {
				items[i].Hard = true
				items[i].Hint = "whether the command runs it too is not known: give it a later version first; " +
					items[i].Hint
			}
		}
	}
	return items
}

// commandItems say by which command it runs, and what of that cannot be known.
func commandItems(e *steps.Env, target steps.Target, b *steps.Folder) []fact.Item {
	c := b.Command
	if c == nil {
		return nil
	}
	items := []fact.Item{{
		ID: "command", Level: fact.OK,
		Text: "run by " + c.String() + ", in a process group of its own; its connections are its own, beside " +
			"belay's three",
	}}
	if len(b.Chosen) > 0 {
		items = append(items, commandStops(e, c)...)
	}
	if b.Unread != "" {
		items = append(items, fact.Item{
			ID: "command-history", Level: fact.Look,
			Text: "what is applied is not known: " + b.Unread + "; all files count as pending",
			Hint: "name the tool's table with history_table in belay.toml",
		})
	}
	if role := target.Roles.Acts; role != "" && role != target.Role {
		items = append(items, fact.Item{
			ID: "command-role", Level: fact.Look, Text: "the command works as its own login, not as role " + role,
			Hint: "let its login own what it changes, or let it take the role itself",
		})
	}
	for _, why := range execute.Unenforced(e.Project) {
		items = append(items, fact.Item{
			ID: "command-limits", Level: fact.Look, Text: why,
			Hint: "belay then cancels by itself what waits or works too long, as far as it finds the sessions",
		})
	}
	return items
}

// offerCommand asks, of plain files beside a command of the team's, which of the two
// runs them. Where belay can record what the team's own table records, it proposes to.
func offerCommand(e *steps.Env, b *steps.Folder) ([]journal.QuestionAsked, error) {
	if b.Format.Name != "plain" || len(b.Chosen) == 0 || b.Confirmed != nil || e.Project.Named(e.Back) {
		return nil, nil
	}
	if _, _, given := e.Engine.Given(commandChoice); given {
		return nil, nil
	}
	c, err := e.Project.Command(e.Back)
	if err != nil || c == nil {
		return nil, err
	}
	q := journal.QuestionAsked{
		ID: commandChoice, Options: []string{"belay", byCommand}, Default: "belay",
		Text: "who runs these files: belay, or " + c.String() + " while belay watches?",
		Why: "belay runs them in short tries and records them where the team's table is; a command runs as it does " +
			"without belay, under belay's limits",
	}
	q.Preset = b.Table != nil && b.Table.Exists && b.Table.Name != b.Format.History.Table
	return []journal.QuestionAsked{q}, nil
}

// unseenQuestion asks for a reason to run what nobody can read beforehand.
func unseenQuestion(e *steps.Env, judged steps.Judgement, bound string) (reason string, asks []journal.QuestionAsked) {
	if len(judged.Unseen) == 0 {
		return "", nil
	}
	if reason, ok := e.Engine.Approved(commandUnseen, bound); ok {
		return reason, nil
	}
	return "", []journal.QuestionAsked{{
		ID: commandUnseen, Wants: journal.Words, Bound: bound,
		Text: strings.Join(judged.Unseen, ", ") + ": which SQL is sent is not known before it runs. Why run it all " +
			"the same?",
		Why: "the review sees only the SQL that stands in the file as it is sent, and nothing is rehearsed; belay's " +
			"limits and its watch hold all the same. The reason goes into the report",
	}}
}

// tellCommand records what would run it.
func tellCommand(ctx context.Context, e *steps.Env, folder steps.Folder, judged steps.Judgement, p *steps.Plan) error {
	c := folder.Command
	if c == nil || folder.Confirmed != nil {
		return nil
	}
	lock, statement := execute.CommandLimits(e.Project.Limits, p)
	return e.Fact(ctx, "review", fact.Command{
		Line: c.Line, From: c.From, Script: c.Script, Unseen: judged.Unseen, Unread: folder.Unread,
		LockTimeoutMS: lock.Milliseconds(), StatementTimeoutMS: statement.Milliseconds(),
	})
}
