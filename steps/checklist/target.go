// Package checklist has the steps, one a file. A step is a constant value: what
// it is called, why it is there, and what it does with an Env.
package checklist

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"belay/db"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
)

// Target answers which database this is.
var Target = steps.Step{
	ID: "target", Title: "target", Looks: true,
	Doc: `**The advice.** Be sure which database you are connected to before you run anything.

**In practice.** A URL is not proof: tunnels, copied shells and inherited variables point
elsewhere. belay asks the server itself: its system identifier, the database's oid, whether
it is a primary, who you are there, and whether a pooler stands in between. What the database
is (production, staging, local) is your word, asked once and remembered in your user configuration, never in
the repository. Unknown counts as production, localhost too.

**Measured.** Three of thirty-four published outages began in the wrong database, and all
three lost data. Behind PgBouncer in transaction mode two clients held the same advisory lock
at once, and a SET of one reached the other.`,
}

// RunTarget finds out which database this is. What an earlier look knows of it stays
// where it cannot be reached now.
func RunTarget(ctx context.Context, e *steps.Env, was steps.Target) (steps.Target, steps.Outcome, error) {
	if was.Roles.Acts == "" {
		was.Roles.Acts = e.Project.Target.Role
	}
	t := fact.Target{DSNFrom: e.Project.DSNFrom}
	if !e.Project.HasDSN() {
		t.Error, t.Hint = "no database is named", "set $DATABASE_URL, or give --dsn or --target"
		return targetFailed(ctx, e, was, t)
	}
	cfg, err := e.Project.Database()
	var strange *project.ConsentError
	if errors.As(err, &strange) {
		return askServer(ctx, e, was, t, strange)
	}
	if err != nil {
		t.Error, t.Hint = err.Error(), steps.HintOf(err)
		return targetFailed(ctx, e, was, t)
	}
	t.Database, t.Host, t.Port, t.Role, t.Warnings = cfg.Database(), cfg.Host(), cfg.Port(), cfg.User(), cfg.Warnings
	run := ""
	if e.Resumed {
		run = e.Run
	}
	if err := e.Sessions.Look(ctx, cfg, run); err != nil {
		return unreached(ctx, e, was, t, err)
	}
	if err := identify(ctx, e, &was, &t); err != nil {
		return unreached(ctx, e, was, t, err)
	}
	if out, refused := refuseTarget(t); refused {
		return was, out, e.Fact(ctx, "target", t)
	}
	questions, err := environment(e, &t)
	if err != nil {
		return was, steps.Outcome{}, err
	}
	was.Target = t
	if err := e.Fact(ctx, "target", t); err != nil {
		return was, steps.Outcome{}, err
	}
	if len(questions) > 0 {
		return was,
			steps.Outcome{
				Status: journal.Asking, Summary: "first time here: what is this database?", Questions: questions,
			}, nil
	}
	return was, steps.Done("%s on %s:%d, primary %s, %s", t.Database, t.Host, t.Port, t.Version, t.Environment), nil
}

// trustTarget is the question of a server that only the repository names.
const trustTarget = "trust.target"

// askServer asks before anything goes to a server that only the repository names.
// The yes is bound to the file's bytes and the address.
func askServer(
	ctx context.Context, e *steps.Env, was steps.Target, t fact.Target, s *project.ConsentError,
) (steps.Target, steps.Outcome, error) {
	t.Error, t.Hint = s.Error(), s.Hint()
	answer, by, ok := e.Engine.Given(trustTarget)
	switch {
	case ok && (answer == s.SHA256 || answer == "yes" && by != steps.AnswersFile):
		if err := e.Project.Allow(s, e.Now()); err != nil {
			return was, steps.Outcome{}, err
		}
		return RunTarget(ctx, e, was)
	case ok && answer == "no":
		return targetFailed(ctx, e, was, t)
	}
	t.Asked = true
	target, out, err := targetFailed(ctx, e, was, t)
	out.Status = journal.Asking
	out.Questions = []journal.QuestionAsked{{
		ID: trustTarget, Options: []string{"no", "yes"}, Default: "no", Scripted: s.SHA256,
		Text: fmt.Sprintf("%s (target %s) wants to connect to %s. Allow it?", project.FileName, s.Target, s.Address),
		Why: "a password, certificate or ticket of your environment may go there; the yes is bound to the file's " +
			"bytes and the address (sha256 " + s.SHA256 + ") and remembered in your user configuration",
	}}
	return target, out, err
}

// unreached says why the server did not answer, and asks again later where that
// may pass: a server at its limits cancels even a look at itself.
func unreached(
	ctx context.Context, e *steps.Env, was steps.Target, t fact.Target, err error,
) (steps.Target, steps.Outcome, error) {
	t.Error, t.Hint = db.Explain(err)
	switch db.Classify(err) {
	case db.Unknown, db.ConnectionLost, db.TooManyConnections, db.AdminShutdown, db.StatementCanceled:
		t.Retry = true
	}
	return targetFailed(ctx, e, was, t)
}

func targetFailed(
	ctx context.Context, e *steps.Env, was steps.Target, t fact.Target,
) (steps.Target, steps.Outcome, error) {
	was.Target = t
	out := steps.Outcome{Status: journal.Failed, Summary: t.Error, Hint: t.Hint}
	return was, out, e.Fact(ctx, "target", t)
}

// identify asks the server who it is, and as whom belay may work there.
func identify(ctx context.Context, e *steps.Env, now *steps.Target, t *fact.Target) error {
	return e.Sessions.Monitor(ctx, func(c *db.Conn) error {
		id, err := db.Identify(ctx, c)
		if err != nil {
			return fmt.Errorf("identity: %w", err)
		}
		now.Identity = id
		if now.Roles, err = steps.RolesOf(ctx, c, e.Project); err != nil {
			return err
		}
		t.Connected, t.Database, t.DatabaseOID = true, id.Database, id.DatabaseOID
		t.Host, t.Port = c.Endpoint.Host, c.Endpoint.Port
		t.Address = id.ServerAddress
		if t.Address != "" {
			t.Address += ":" + strconv.Itoa(id.ServerPort)
		}
		t.Version, t.Major = fmt.Sprintf("%d.%d", id.Major, id.Minor), id.Major
		t.Standby, t.Pooler, t.Superuser = id.InRecovery, id.Pooler, id.Superuser
		t.Role, t.SystemID, t.Timeline, t.StartedAt = id.CurrentUser, id.SystemIdentifier, int(id.Timeline),
			id.ServerStart
		if id.CurrentUser != id.SessionUser {
			t.Login = id.SessionUser
		}
		if id.Superuser {
			t.Warnings = append(t.Warnings,
				"role "+id.CurrentUser+" is a superuser: a role of its own with fewer rights is safer")
		}
		for _, u := range id.Unread {
			t.Warnings = append(t.Warnings, "role "+id.CurrentUser+" may not read "+u.What)
		}
		return nil
	})
}

// refuseTarget names what belay never runs on. Reviewing works there.
func refuseTarget(t fact.Target) (steps.Outcome, bool) {
	switch {
	case t.Pooler:
		return steps.Outcome{
			Status:  journal.Failed,
			Summary: "a pooler stands between belay and the server",
			Hint:    "give the server's own address: behind a pooler settings and locks reach other clients",
		}, true
	case t.Standby:
		return steps.Outcome{
			Status: journal.Failed, Summary: "this is a standby: it takes no writes",
			Hint: "give the address of the primary",
		}, true
	case t.Major < 12:
		return steps.Outcome{
			Status: journal.Failed, Summary: "PostgreSQL " + t.Version + " is too old to run on",
			Hint: "belay runs on 12 and later; `belay review` judges for 10 and 11 too",
		}, true
	}
	return steps.Outcome{}, false
}

// environment settles what the database is, and whether it may have moved.
func environment(e *steps.Env, t *fact.Target) ([]journal.QuestionAsked, error) {
	if pin, ok := e.Project.Store.Pinned(t.SystemID, t.Database); ok {
		t.PinnedAt = pin.PinnedAt
		t.Environment, t.EnvironmentFrom = e.Project.Environment(t.SystemID, t.Database)
		return moved(e, t, pin)
	}
	if e.Started != "" && e.Started == t.SystemID {
		t.Environment, t.EnvironmentFrom = "local", "belay started this server"
		return nil, nil
	}
	if t.Environment, t.EnvironmentFrom = e.Project.Environment(t.SystemID, t.Database); t.Environment == "" {
		return askEnvironment(e, t)
	}
	return nil, nil
}

func askEnvironment(e *steps.Env, t *fact.Target) ([]journal.QuestionAsked, error) {
	word, ok := e.Engine.Answered("target.environment")
	if !ok {
		return []journal.QuestionAsked{environmentQuestion(*t)}, nil
	}
	t.Environment, t.EnvironmentFrom = word, "your answer"
	return nil, e.Project.Store.SetPin(project.Pin{
		SystemIdentifier: t.SystemID, Database: t.Database, Environment: word, Address: place(*t),
		PinnedAt: e.Now().UTC(),
	})
}

func environmentQuestion(t fact.Target) journal.QuestionAsked {
	return journal.QuestionAsked{
		ID: "target.environment", Text: fmt.Sprintf("what is %s on %s:%d?", t.Database, t.Host, t.Port),
		Options: []string{"production", "staging", "local"}, Default: "production",
		Why: "the answer decides how much is asked before a run. It is remembered in your user configuration",
	}
}

// moved asks when a known database answers elsewhere: it may be a copy.
func moved(e *steps.Env, t *fact.Target, pin project.Pin) ([]journal.QuestionAsked, error) {
	if pin.Address == "" || pin.Address == place(*t) {
		return nil, nil
	}
	switch answer, _ := e.Engine.Answered("target.address"); answer {
	case "yes":
		pin.Address = place(*t)
		return nil, e.Project.Store.SetPin(pin)
	case "no":
		return nil, &steps.Refused{
			Problem: fmt.Sprintf("%s answers at %s and was known at %s", t.Database, place(*t), pin.Address),
			Advice: "connect to " + pin.Address + ", by --dsn or $DATABASE_URL; or where it did move after all, " +
				"start the command again, which asks anew, and answer yes",
		}
	}
	return []journal.QuestionAsked{{
		ID: "target.address", Options: []string{"no", "yes"}, Default: "no",
		Text: fmt.Sprintf("%s was at %s and answers at %s now: did it move?", t.Database, pin.Address, place(*t)),
		Why:  "a physical copy has the same identity as its original",
	}}, nil
}

// place is where a database answers: as the server says, or as the DSN does for
// a socket.
func place(t fact.Target) string {
	if t.Address != "" {
		return t.Address
	}
	return t.Host + ":" + strconv.Itoa(t.Port)
}
