package checklist

import (
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/ledger"
	"belay/steps"
)

// Run applies the units, one after the other.
var Run = steps.Step{
	ID: "run", Title: "run",
	Doc: `**The advice.** Run the team's migrate command.

**In practice.** A statement that needs ACCESS EXCLUSIVE for a millisecond still waits in the lock
queue behind every older transaction, and everybody else waits behind it. So belay asks for the lock
for 200 ms, gives up, stays away nine times as long, and tries again; it names who stood in the way.
A unit that was judged instant and is not is undone by the server itself. The history row is written
in the same transaction: applied and recorded are one thing. CREATE INDEX CONCURRENTLY gets no
lock_timeout at all: it would end the build in its last wait and leave an INVALID index.

**Measured.** Behind a reader of 4.5 s a plain ALTER froze every request for 4.5 s; in tries of
100 ms the longest request took 0.15 s, and the migration was done 0.3 s later.`,
	Run: runUnits,
}

func runUnits(ctx context.Context, e *steps.Env) (steps.Outcome, error) {
	r, err := newRunner(ctx, e)
	if err != nil {
		return steps.Outcome{}, err
	}
	defer r.release()
	applied := 0
	for i, u := range e.Bench.Plan.Units {
		if _, outcome := e.Engine.Came(u.Migration.Version); outcome != string(apply.Applied) {
			u.From = r.from[u.Migration.Version]
			if err := r.unit(ctx, i, u); err != nil {
				return steps.Outcome{}, err
			}
		}
		applied++
	}
	return steps.Done("%d of %d applied", applied, len(e.Bench.Plan.Units)), nil
}

// runner runs the units of a plan on the three connections.
type runner struct {
	env  *steps.Env
	trio *db.Trio
	x    *apply.Executor
	keys []int64
	told *teller
	// from is, by version, the first statement that is still to run.
	from  map[string]int
	asked bool // the person was asked whether to go on with a resumed run
	// marks are what the ledger says of the run's units; nil = it is in none.
	marks map[string]ledger.Mark
}

func newRunner(ctx context.Context, e *steps.Env) (*runner, error) {
	t, err := e.Sessions.Open(ctx, e.Run, "run")
	if err != nil {
		return nil, steps.Database("the three connections", err)
	}
	r := &runner{env: e, trio: t, told: &teller{env: e}, from: map[string]int{}}
	if e.Bench.Table != nil {
		r.keys = e.Bench.Table.Keys(e.Bench.Target.Database)
	}
	l := e.Project.Limits
	r.x = &apply.Executor{
		Trio: t, MonitorLock: e.Sessions.Locker(), Role: e.Project.Target.Role,
		Limits: apply.Limits{
			FirstRung: l.LockTimeout, HoldBudget: l.HoldBudget, QueueLimit: l.QueueLimit,
			Attempts: l.Attempts, RetryFor: l.RetryFor, ConcurrentDeadline: steps.ConcurrentDeadline,
		},
	}
	for _, do := range r.beginning() {
		if err := do(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// beginning is what comes before the first unit, in order.
func (r *runner) beginning() []func(context.Context) error {
	first := []func(context.Context) error{r.stillOurs, r.settle, r.own}
	switch {
	case r.env.Backfill != nil:
		// A backfill alone has its table's lock; runs of the database may go on.
		first = []func(context.Context) error{r.stillOurs, r.settle}
	case r.env.Bench.Ledger.Adopts != nil:
		first = []func(context.Context) error{r.own, r.takeOver, r.settle}
	}
	// What an earlier engine left is settled before the locks are taken: its
	// session may still hold them.
	return append(first, r.noOwnDump, r.takeKeys, r.openLedger, r.createHistory)
}

func (r *runner) noOwnDump(ctx context.Context) error { return refuseOwnDump(ctx, r.env) }

// own takes belay's advisory lock of this database: one run at a time. Nobody
// ever waits for it.
func (r *runner) own(ctx context.Context) error {
	ok, holder, err := db.TryLock(ctx, r.trio.Executor, db.LockKey)
	if err != nil {
		return steps.Database("belay's advisory lock", err)
	}
	if ok {
		return nil
	}
	who := othersHold(ctx, r.env, r.trio.Executor, holder)
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: "another run is open on this database: " + who,
		Advice: "wait for it, or watch it with `belay attach` on its host; nothing has changed",
	}
}

// keyPatience is how long the team's tool may keep its own key before the run
// gives up; keyPause is how often it is asked.
const (
	keyPatience = 30 * time.Second
	keyPause    = 200 * time.Millisecond
)

// takeKeys takes the tool's advisory keys by polling: waiting in
// pg_advisory_lock would hold a snapshot that an index build waits for.
func (r *runner) takeKeys(ctx context.Context) error {
	deadline := time.Now().Add(keyPatience)
	for _, k := range r.keys {
		for {
			ok, holder, err := db.TryLock(ctx, r.trio.Executor, k)
			if err != nil {
				return steps.Database("the tool's advisory lock", err)
			}
			if ok {
				break
			}
			if time.Now().After(deadline) {
				return &steps.Exit{
					Code: steps.ExitPerson, Outcome: steps.OutcomePerson,
					Summary: fmt.Sprintf("%s is migrating this database: %v holds its lock", r.env.Bench.Format.Name, holder),
					Advice:  "wait until it is done, then run again; nothing has changed",
				}
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(keyPause):
			}
		}
	}
	return nil
}

// release gives the connections back, and with them every advisory lock.
func (r *runner) release() {
	if err := r.env.Sessions.CloseTrio(); err != nil {
		_ = r.env.Note(context.Background(), "run", "closing the connections: %v", err)
	}
}

// createHistory makes the tool's own table, once a person said yes to its DDL.
func (r *runner) createHistory(ctx context.Context) error {
	t := r.env.Bench.Table
	if t == nil || t.Exists {
		return nil
	}
	ddl := t.Variant.Create(t.Quoted)
	u := apply.Unit{
		Name: "history table", Path: t.Quoted, Wrap: apply.Transaction, Role: r.env.Project.Target.Role,
		Statements: []apply.Statement{{SQL: ddl, Line: 1, Kind: "CREATE TABLE"}},
	}
	res := r.x.Run(ctx, u)
	if res.Outcome != apply.Applied {
		return &steps.Exit{
			Code: steps.ExitFailed, Outcome: steps.OutcomeNotApplied,
			Summary: fmt.Sprintf("the history table %s could not be made: %v", t.Quoted, res.Err), Advice: res.Hint(),
		}
	}
	t.Exists = true
	return r.env.Note(ctx, "run", "created the history table %s with %s's own DDL", t.Quoted, r.env.Bench.Format.Name)
}
