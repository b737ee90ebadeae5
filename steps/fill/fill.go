// Package fill is a backfill alone, as `belay backfill` runs it: it looks at the
// target and the table, asks what must be asked, and runs the batches until they
// are done or a person pauses them. What it did is in the ledger of the database,
// so that the same command goes on from any host.
package fill

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"slices"

	"belay/db"
	"belay/db/backfill"
	"belay/db/ledger"
	"belay/db/throttle"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
)

// Request is what to fill and how to speak to a person.
type Request struct {
	Spec backfill.Spec
	// ID takes up a backfill that was paused; "" = a new one.
	ID string
	// Ask gets an answer; ok is false where nobody gives one.
	Ask func(q journal.QuestionAsked) (answer string, ok bool)
	// Tell is given sentences for the person, before and while it runs.
	Tell func(sentence string)
	// Control pauses it and shows how far it is.
	Control *backfill.Control
	// Version is belay's own.
	Version string
}

// Run fills, and says what came of it. A *backfill.PausedError means that it
// goes on with the same command and the ID in it.
func Run(ctx context.Context, p *project.Project, r Request) (backfill.Result, error) {
	cfg, err := db.ParseConfig(p.DSN, p.DSNFrom)
	if err != nil {
		return backfill.Result{}, err
	}
	plan, id, err := look(ctx, p, cfg, r)
	if err != nil {
		return backfill.Result{}, err
	}
	return backfill.Run(ctx, backfill.Options{
		Config: cfg, Plan: plan, ID: r.ID, Control: r.Control, StopOnPause: true,
		Throttle: limits(p.Config.Throttle), Run: owner(id, p, r.Version),
		Tell: func(e backfill.Event) {
			if e.Message != "" {
				r.Tell(e.Message)
			}
		},
	})
}

// look reads, asks, and makes the ledger where it was allowed to.
func look(ctx context.Context, p *project.Project, cfg db.Config, r Request) (*backfill.Plan, db.Identity, error) {
	c, err := db.Connect(ctx, cfg, db.Session{Kind: db.Executor, Step: "backfill"})
	if err != nil {
		return nil, db.Identity{}, err
	}
	defer c.Close()
	id, err := db.Identify(ctx, c)
	if err != nil {
		return nil, id, err
	}
	if err := refuse(id); err != nil {
		return nil, id, err
	}
	plan, err := backfill.Prepare(ctx, c, r.Spec)
	if err != nil {
		return nil, id, err
	}
	describe(plan, r.Tell)
	if stops := plan.Stops(); len(stops) > 0 {
		return nil, id, &backfill.HazardError{Hazards: stops}
	}
	if err := consent(p, id, plan, r); err != nil {
		return nil, id, err
	}
	return plan, id, keep(ctx, c, r)
}

func refuse(id db.Identity) error {
	switch {
	case id.Pooler:
		return &steps.Refused{Problem: "a pooler stands between belay and the server", Advice: "give the server's own address"}
	case id.InRecovery:
		return &steps.Refused{Problem: "this is a standby: it takes no writes", Advice: "give the address of the primary"}
	case id.Major < 12:
		return &steps.Refused{Problem: "PostgreSQL " + id.Version + " is too old to run on", Advice: "belay runs on 12 and later"}
	}
	return nil
}

// describe says what would run, and everything about it that is worth knowing.
func describe(p *backfill.Plan, tell func(string)) {
	tell(p.SQL())
	key := "by place (ctid)"
	if len(p.Leaves) > 0 && !p.Leaves[0].Key.ByPlace() {
		key = "by " + p.Leaves[0].Key.String()
	}
	tell(fmt.Sprintf("about %d rows, %s, in batches of %s", p.Rows, key, p.Spec.BatchTime))
	for _, h := range p.Hazards {
		tell(fmt.Sprintf("%s: %s: %s", h.Level, h.Message, h.Why))
	}
}

// consent asks for the environment word and, typed, for the database's name.
func consent(p *project.Project, id db.Identity, plan *backfill.Plan, r Request) error {
	production := true
	if pin, ok := p.Store.Pinned(id.SystemIdentifier, id.Database); ok {
		production = pin.Environment == "production"
	}
	q := journal.QuestionAsked{
		ID: "run.confirm", Expect: id.Database, Options: []string{"no"},
		Text: fmt.Sprintf("fill %s on %s? type the database name", plan.Relation, id.Database),
	}
	if !production {
		q.Options = append(q.Options, "yes")
	}
	answer, err := ask(r, q)
	if err != nil {
		return err
	}
	if answer != id.Database && (production || answer != "yes") {
		return &steps.Exit{Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: "declined: nothing has changed"}
	}
	return nil
}

// keep makes the ledger, once its DDL was shown and agreed to.
func keep(ctx context.Context, c *db.Conn, r Request) error {
	have, err := ledger.Read(ctx, c)
	if err != nil || have.Exists {
		return err
	}
	obstacles, err := ledger.Obstacles(ctx, c)
	if err != nil {
		return err
	}
	if len(obstacles) > 0 {
		return &ledger.RefusedError{Obstacles: obstacles}
	}
	answer, err := ask(r, journal.QuestionAsked{
		ID: "ledger.create", Options: []string{"no", "yes"}, Default: "no",
		Text: "a backfill keeps its cursor in a schema belay of this database: create it?", Why: ledger.DDL(),
	})
	if err != nil {
		return err
	}
	if answer != "yes" {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: "without the ledger no row can be filled exactly once: nothing has changed",
		}
	}
	_, err = ledger.Create(ctx, c.Conn)
	return err
}

func ask(r Request, q journal.QuestionAsked) (string, error) {
	answer, ok := r.Ask(q)
	if !ok {
		return "", &steps.Exit{
			Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: "needs an answer to " + q.ID + ": " + q.Text + " (nothing has changed)",
			Advice: "give it with --answers FILE",
		}
	}
	if answer != q.Expect && !slices.Contains(q.Options, answer) {
		return "", &steps.Exit{Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: fmt.Sprintf("%s: %q is no answer (nothing has changed)", q.ID, answer)}
	}
	return answer, nil
}

func owner(id db.Identity, p *project.Project, version string) ledger.Run {
	host, _ := os.Hostname()
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	settings, _ := json.Marshal(map[string]string{"dsn_from": p.DSNFrom})
	return ledger.Run{
		ID: backfill.NewID(), Identity: id.Key(), Timeline: id.Timeline, Database: id.Database, Tool: "backfill", Epoch: 1,
		Settings: settings, State: "running", BelayVersion: version,
		Owner: fmt.Sprintf("%s@%s uid %d pid %d", name, host, os.Getuid(), os.Getpid()),
	}
}

// limits are the throttle settings of belay.toml by signal.
func limits(c project.ThrottleConf) throttle.Settings {
	s := throttle.Settings{}
	if c.ReplicaLag != nil {
		s["replica_lag"] = c.ReplicaLag.String()
	}
	if c.ActiveSessions > 0 {
		s["active_sessions"] = fmt.Sprint(c.ActiveSessions)
	}
	if c.DeadTuples > 0 {
		s["dead_tuples"] = fmt.Sprint(c.DeadTuples)
	}
	if c.SQL != "" {
		s["sql"] = c.SQL
	}
	return s
}
