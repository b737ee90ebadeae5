// Package execute runs a confirmed plan: the locks of the run, one unit after the other
// on three connections, what a person is asked meanwhile, and how it ends. What a try
// of a unit is stands in db/apply; what became of one whose answer was lost, in unknown.
package execute

import (
	"context"
	"fmt"

	"belay/db"
	"belay/db/apply"
	"belay/db/history"
	"belay/db/ledger"
	"belay/db/trust"
	"belay/sqlview/parse"
	"belay/steps"
	"belay/steps/journal"
)

// Run applies what of the plan is not applied yet. history is the tool's table as
// it is afterwards; nil = the plan writes none.
func Run(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, plan *steps.Plan) (
	history *history.Table, out steps.Outcome, err error,
) {
	if folder.Command != nil {
		return byCommand(ctx, e, target, folder, plan)
	}
	r, err := newRunner(ctx, e, target, folder, plan)
	if err != nil {
		return folder.Table, out, err
	}
	defer r.release()
	applied := 0
	for i, u := range plan.Units {
		if _, outcome := e.Engine.UnitOutcome(u.Migration.Version); outcome != journal.OutcomeApplied {
			u.From = r.from[u.Migration.Version]
			if err := r.unit(ctx, i, u); err != nil {
				return r.history, out, err
			}
		}
		applied++
	}
	done := "applied"
	if e.Back {
		done = "taken back"
	}
	return r.history, steps.Done("%d of %d %s", applied, len(plan.Units), done), nil
}

// Back runs the last unit of a plan, which brings back what another took away: neither a
// stop nor another run is in its way, and it does not give up waiting for its lock.
func Back(ctx context.Context, e *steps.Env, target steps.Target, plan *steps.Plan) error {
	i := len(plan.Units) - 1
	if _, outcome := e.Engine.UnitOutcome(plan.Units[i].Migration.Version); outcome == journal.OutcomeApplied {
		return nil
	}
	r := &runner{
		env: e, target: target, folder: steps.Folder{Confirmed: e.Confirmed}, plan: plan, teller: &teller{env: e},
		from: map[string]int{}, must: true,
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	defer r.release()
	return r.unit(ctx, i, plan.Units[i])
}

// runner runs the units of a plan on the three connections.
type runner struct {
	env    *steps.Env
	target steps.Target
	folder steps.Folder
	plan   *steps.Plan
	// history is the tool's table, once it was made; nil = the plan writes none.
	history *history.Table
	// ledger is what becomes of belay's own tables.
	ledger steps.Ledger
	trio   *db.Trio
	// server is what is behind trio.
	server db.Instance
	x      *apply.Executor
	keys   []int64
	teller *teller
	// from is, by version, the first statement that is still to run.
	from  map[string]int
	asked bool // the person was asked whether to go on with a resumed run
	// must is true where nobody's stop keeps a unit from its start.
	must bool
	// word is, by version, what a person said of a CALL or DO that was sent and of
	// which nobody knows how far it came: sendAgain or countAsRun.
	word map[string]string
	// made is what this run has created for its own sake: history table, ledger.
	made []string
	// marks are what the ledger says of the run's units; nil = it is in none.
	marks map[string]ledger.Mark
}

func newRunner(
	ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, plan *steps.Plan,
) (*runner, error) {
	r := &runner{
		env: e, target: target, folder: folder, plan: plan, history: folder.Table, ledger: folder.Ledger,
		teller: &teller{env: e}, from: map[string]int{}, word: map[string]string{},
	}
	if folder.Table != nil {
		r.keys = folder.Table.Keys(target.Database)
	}
	return r, r.begin(ctx)
}

// begin connects, and does what comes before the first unit.
func (r *runner) begin(ctx context.Context) error {
	l := r.env.Project.Limits
	r.x = &apply.Executor{
		Role: r.target.Roles.Acts,
		Limits: apply.Limits{
			FirstRung: l.LockTimeout, HoldBudget: l.HoldBudget, QueueLimit: l.QueueLimit,
			Attempts: l.Attempts, RetryFor: l.RetryFor, ConcurrentDeadline: l.Deadline,
		},
	}
	now, err := r.open(ctx)
	if err != nil {
		return err
	}
	if err := r.promoted(ctx, r.target.Identity.Timeline, now.Timeline); err != nil {
		return err
	}
	for _, do := range r.beginning() {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// beginning is what comes before the first unit, in order.
func (r *runner) beginning() []func(context.Context) error {
	first := []func(context.Context) error{r.stillOurs, r.settle, r.own}
	switch {
	case r.must:
		return []func(context.Context) error{r.stillOurs, r.settle}
	case r.env.Backfill != nil:
		// A backfill alone has its table's lock; runs of the database may go on.
		first = []func(context.Context) error{r.stillOurs, r.settle}
	case r.ledger.Adopts != nil:
		first = []func(context.Context) error{r.own, r.takeOver, r.settle}
	}
	// What an earlier engine left is settled before the locks are taken: its
	// session may still hold them.
	return append(first, r.noOwnDump, r.takeKeys, r.openLedger, r.createHistory)
}

// release gives the connections back, and with them every advisory lock.
func (r *runner) release() {
	if err := r.env.Sessions.CloseTrio(); err != nil {
		_ = r.env.Note(context.Background(), "run", "closing the connections: %v", err)
	}
}

// madeOurs makes sure that the history table is not one that somebody else has made
// since we looked: the tool's DDL lets a table that is there stand.
func (r *runner) madeOurs(ctx context.Context, t *history.Table) error {
	var all trust.Faults
	c := r.trio.Executor
	err := c.As(ctx, r.target.Roles.Acts, func() (err error) {
		all, err = trust.Table(ctx, c, t.Schema, t.Name)
		return err
	})
	if err == nil {
		err = all.Write()
	}
	if err != nil {
		return &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied, Summary: err.Error(), Advice: steps.HintOf(err),
		}
	}
	return nil
}

// createHistory makes the tool's own table, once a person said yes to its DDL.
func (r *runner) createHistory(ctx context.Context) error {
	t := r.history
	if t == nil || t.Exists {
		return nil
	}
	u := apply.Unit{Name: "history table", Path: t.Quoted, Wrap: apply.Transaction, Role: r.target.Roles.Acts}
	for _, s := range parse.Split([]byte(t.Create())).Statements {
		u.Statements = append(u.Statements, apply.Statement{SQL: s.SQL, Line: s.Line, Kind: "CREATE TABLE"})
	}
	res := r.x.Run(ctx, u)
	if res.Outcome != apply.Applied {
		return &steps.Exit{
			Code: steps.ExitFailed, Outcome: journal.OutcomeNotApplied,
			Summary: fmt.Sprintf("the history table %s could not be made: %v", t.Quoted, res.Err), Advice: res.Hint(),
		}
	}
	r.made = append(r.made, "the history table "+t.Quoted)
	if err := r.madeOurs(ctx, t); err != nil {
		return err
	}
	made := *t
	made.Exists = true
	r.history = &made
	return r.env.Note(ctx, "run", "created the history table %s with %s's own DDL", t.Quoted, r.folder.Format.Owner())
}
