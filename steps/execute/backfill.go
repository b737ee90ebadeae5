package execute

import (
	"belay/db"
	"belay/db/apply"
	"belay/db/backfill"
	"belay/db/ledger"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/journal"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path"
	"strings"
)

// fill runs a backfill unit to its end: the ledger, the sync trigger where it was
// allowed, the batches, and the history row last. What was done before stands in
// the database, so that it may be called again after any end.
func (r *runner) fill(ctx context.Context, i int, u steps.Unit) error {
	f := &filler{r: r, i: i, u: u, id: u.Backfill.ID}
	if err := f.intend(ctx); err != nil {
		return err
	}
	if err := f.keep(ctx); err != nil {
		return err
	}
	for {
		done, err := f.finished(ctx)
		if err != nil {
			return err
		}
		var result backfill.Result
		if !done {
			if err := f.prepare(ctx); err != nil {
				return err
			}
			if result, err = f.batches(ctx); err != nil {
				return err
			}
		}
		again, err := f.settle(ctx, done, result)
		if err != nil || !again {
			return err
		}
	}
}

// filler is one backfill unit on its way.
type filler struct {
	r    *runner
	i    int
	u    steps.Unit
	id   string
	plan *backfill.Plan
	// trigger is a person's yes, at the end of the batches, to a sync trigger for what
	// is left.
	trigger bool
}

func (f *filler) env() *steps.Env { return f.r.env }

// intend writes down that the unit begins, so that a later engine asks the
// ledger.
func (f *filler) intend(ctx context.Context) error {
	return f.env().Engine.Record(ctx, "run", journal.UnitIntent{
		Unit: f.i, Version: f.u.Migration.Version, SHA256: f.u.Migration.Up.SHA256,
	})
}

// keep makes the ledger, which was agreed to before the run was opened.
func (f *filler) keep(ctx context.Context) error {
	c := f.r.trio.Executor.Conn
	have, err := ledger.Read(ctx, c)
	if err != nil {
		return steps.Database("the ledger", err)
	}
	if have.Exists {
		return ledger.Check(ctx, c)
	}
	if answer, _, _ := f.env().Engine.Given(steps.LedgerCreate); answer != "yes" {
		return &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "the ledger is gone and nobody agreed to make it",
			Advice:  "`belay attach " + f.env().Run + "` asks again",
		}
	}
	if _, err := ledger.Create(ctx, c); err != nil {
		return &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: err.Error(), Advice: steps.HintOf(err),
		}
	}
	return f.env().Note(ctx, "run", "created the ledger: schema belay")
}

// finished asks the ledger whether every row was met by an earlier engine.
func (f *filler) finished(ctx context.Context) (bool, error) {
	rows, err := backfill.Load(ctx, f.r.trio.Executor, f.id)
	if err != nil {
		return false, steps.Database("the ledger", err)
	}
	for _, b := range rows {
		if b.State != backfill.Done {
			return false, nil
		}
	}
	return len(rows) > 0, nil
}

// prepare reads the table once more, creates the sync trigger where it was
// allowed, and writes what the tool writes before a file that is no
// transaction.
func (f *filler) prepare(ctx context.Context) (err error) {
	if err := f.read(ctx); err != nil {
		return err
	}
	answer, _, _ := f.env().Engine.Given(steps.BackfillTrigger)
	if (answer == "yes" || f.trigger) && f.plan.Coverage.Kind != backfill.SyncTrigger {
		s, err := f.plan.SyncTrigger()
		if err != nil {
			return err
		}
		if err := backfill.Trial(ctx, f.r.trio.Executor, f.plan); err != nil {
			return &steps.Exit{
				Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: err.Error(),
				Advice: steps.HintOf(err),
			}
		}
		if err := f.ddl(ctx, "sync trigger", s.Create, lock.ShareRowExclusive); err != nil {
			return err
		}
		if err := f.env().Note(ctx, "run", "created the sync trigger %s on %s; it is dropped at the end", s.Name,
			f.plan.Relation); err != nil {
			return err
		}
		if err := f.synced(ctx, s.Name); err != nil {
			return err
		}
		if err := f.read(ctx); err != nil {
			return err
		}
	}
	return f.write(ctx, f.u.Begin, apply.Mark{})
}

func (f *filler) read(ctx context.Context) (err error) {
	f.plan, err = backfill.Prepare(ctx, f.r.trio.Executor, PacingOf(f.env(), f.r.target.Roles).Of(f.u.Backfill.Spec))
	if err == nil && len(f.plan.Stops()) > 0 {
		err = &backfill.HazardError{Hazards: f.plan.Stops()}
	}
	if err != nil {
		return &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: err.Error(), Advice: steps.HintOf(err),
		}
	}
	return nil
}

// ddl runs statements of ours like a unit: under the ladder, in one transaction.
func (f *filler) ddl(ctx context.Context, name string, sql []string, mode lock.Mode) error {
	u := apply.Unit{Name: name, Path: name, Wrap: apply.Transaction, Role: f.u.Role}
	for n, s := range sql {
		u.Statements = append(u.Statements, apply.Statement{SQL: s, Line: n + 1, Effect: effect.Effect{
			Known: true, Transactional: true, Duration: effect.Instant,
			Locks: []effect.On{{Relation: f.plan.Relation, Mode: mode}},
		}})
	}
	return f.apply(ctx, u, f.tries(ctx, journal.Beside{
		What: name, SQL: strings.Join(sql, ";\n"), Relation: f.plan.Relation, Mode: mode,
	}))
}

// write records in a transaction of its own.
func (f *filler) write(ctx context.Context, writes []migration.Write, mark apply.Mark) error {
	if len(writes) == 0 {
		return nil
	}
	return f.apply(ctx, apply.Unit{
		Name: f.u.Name, Path: f.u.Path, Wrap: apply.Transaction, Role: f.u.Role, Record: writes, History: f.u.History,
		Mark: mark,
	}, func(apply.Event) error { return nil })
}

// apply runs a small unit beside the batches. Where somebody is in its way at each try a
// person decides, as with a file. An answer that was lost is asked for by whoever takes
// the run up: all of it may be done twice.
func (f *filler) apply(ctx context.Context, u apply.Unit, tell apply.Teller) error {
	for {
		f.r.x.Tell = tell
		res := f.r.x.Run(ctx, u)
		if res.Outcome == apply.Applied {
			return nil
		}
		x := &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: fmt.Sprintf("%s: %s: %v", f.u.Path, u.Name, res.Err),
			Advice:  "`belay attach " + f.env().Run + "` goes on from here",
		}
		if res.Reason != apply.Held {
			return x
		}
		x.Summary = fmt.Sprintf("%s: %s: gave up after %s: %s; no row has changed by it", f.u.Path, u.Name,
			measure.Plural(res.Attempts, "try"), standing(res.Blockers))
		if f.env().Headless {
			return x
		}
		again, err := f.r.yes(ctx, heldUp(path.Base(f.u.Path)+", "+u.Name+":", res, "No row has changed by it"))
		if err != nil {
			return err
		}
		if !again {
			return x
		}
	}
}

// batches closes the run's connections, runs the backfill on its own, and opens
// them again.
func (f *filler) batches(ctx context.Context) (backfill.Result, error) {
	e := f.env()
	cfg, err := e.Project.Database()
	if err != nil {
		return backfill.Result{}, err
	}
	if err := f.r.letGo(ctx, cfg); err != nil {
		return backfill.Result{}, err
	}
	w := newFillWatch(f)
	defer w.end()
	o := backfill.Options{
		Config: cfg, Server: f.r.server, Plan: f.plan, ID: f.id, Control: w.control, Throttle: throttled(e.Project),
		Run: f.owner(), Claim: f.r.x.Ledger, Monitor: e.Sessions.Monitor, Tell: w.tell,
	}
	if e.Backfill == nil {
		o.Locks = []int64{db.LockKey}
	}
	result, err := w.run(ctx, o)
	if err != nil {
		if taken := f.takenBy(ctx, err); taken != nil {
			return result, f.r.takenOver(ctx, taken)
		}
		return result, f.ended(err, w.control.Snapshot())
	}
	if _, err := f.r.open(ctx); err != nil {
		return result, err
	}
	if e.Backfill != nil {
		return result, nil
	}
	if err := f.r.own(ctx); err != nil {
		return result, err
	}
	return result, f.r.takeKeys(ctx)
}

// ended is how a run ends whose backfill did not.
func (f *filler) ended(err error, s backfill.Snapshot) error {
	var exit *steps.Exit
	var moved *backfill.MovedError
	var taken *ledger.TakenOverError
	var held *backfill.HeldError
	x := &steps.Exit{Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Advice: f.resume()}
	at := fmt.Sprintf("%s: %s", f.u.Path, areDone(s.Rows))
	switch {
	case errors.As(err, &exit):
		return err
	case errors.Is(err, steps.ErrStopped):
		x.Summary = "paused on request; " + at + ", no other is half done"
	case errors.As(err, &moved), errors.As(err, &taken):
		x.Summary, x.Advice = err.Error(), steps.HintOf(err)
	case errors.As(err, &held):
		x.Summary, x.Advice = err.Error(), steps.HintOf(err)
	default:
		x.Summary = fmt.Sprintf("%s; then: %v", at, err)
	}
	return x
}

func (f *filler) resume() string {
	if f.env().Backfill == nil {
		return "`belay attach " + f.env().Run + "` goes on from here"
	}
	return "go on with: belay backfill --resume " + f.id
}

// settle drops the sync trigger and writes the history row. again is true where rows
// are left and a person wants them filled now.
func (f *filler) settle(ctx context.Context, before bool, result backfill.Result) (again bool, err error) {
	accepted := ""
	if before {
		if err := f.read(ctx); err != nil {
			return false, err
		}
		rows, err := backfill.Load(ctx, f.r.trio.Executor, f.id)
		if err != nil {
			return false, steps.Database("the ledger", err)
		}
		result, accepted = backfill.ResultOf(f.id, rows), rows[0].Reason
		if err := f.env().Fact(ctx, "run", doneBefore(f, result, rows[0].Reason)); err != nil {
			return false, err
		}
	}
	left := result.Verified.Left
	proof := "every row was reached; " + result.Verified.String()
	if before {
		proof = "the ledger says done; " + accepted
	}
	err = f.env().Engine.Record(ctx, "run", journal.BackfillDone{
		ID: f.id, Rows: result.Rows, Batches: result.Batches, Seconds: result.Took.Seconds(), Left: left,
	})
	if err != nil {
		return false, err
	}
	var reason string
	if left > 0 {
		again, reason, err = f.next(ctx, left)
		if err != nil || again {
			return again, err
		}
		if reason == "" {
			return false, f.incomplete(ctx, left)
		}
		proof = fmt.Sprintf("not proved: %s left, recorded all the same: %s",
			measure.Rows(left), reason)
	}
	if err := f.unsync(ctx); err != nil {
		return false, err
	}
	if err := f.write(ctx, f.u.Record, f.u.Mark); err != nil {
		return false, err
	}
	if len(f.u.Record) > 0 {
		proof += "; history row " + f.u.Migration.Version
	}
	if reason != "" {
		if err := backfill.Accept(ctx, f.r.trio.Executor, f.id, reason); err != nil {
			return false, steps.Database("the ledger", err)
		}
	}
	err = f.env().Engine.Record(ctx, "run", journal.UnitApplied{
		Unit: f.i, Version: f.u.Migration.Version, MS: result.Took.Milliseconds(), Proof: proof,
	})
	if err != nil || reason == "" {
		return false, err
	}
	return false, f.recordedWithLeft(left, reason)
}

// owner is the ledger's row of this life of the run.
func (f *filler) owner() ledger.Run {
	e := f.env()
	host, _ := os.Hostname()
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	id := backfill.NewID()
	if len(e.Run) == 8 {
		id = e.Run + id[8:] // sessions carry the run's own name
	}
	of := f.r.target.Identity
	return ledger.Run{
		ID: id, Identity: of.Key(), Timeline: of.Timeline, Database: of.Database, Tool: "backfill", Epoch: 1,
		Migrations: []string{f.u.Migration.Version}, PlanSHA256: f.u.Migration.Up.SHA256,
		Settings: f.plan.Spec.Settings(), State: "running",
		Owner: fmt.Sprintf("%s@%s uid %d pid %d", name, host, os.Getuid(), os.Getpid()),
	}
}
