package checklist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"belay/db"
	"belay/db/apply"
	"belay/db/backfill"
	"belay/db/inspect"
	"belay/db/ledger"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/execute"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Backfill reads the table that is to be filled.
var Backfill = steps.Step{
	ID: "backfill", Title: "table", Looks: true,
	Doc: `**The advice.** On a table of millions of rows, add the column nullable and fill it by
UPDATE … WHERE id BETWEEN … batches of 10,000 until all rows have it.

**In practice.** Windows of ids are hopeless where ids have gaps, and a loop that remembers its place
outside of the database repeats or loses rows when it dies. belay walks a unique key in order; a batch is as
many rows as fit into a set time, and the cursor is committed with its rows: whatever ends, each row is
filled exactly once. The last key is frozen at the start. Rows that are written meanwhile need a default, an
application that writes both, or a sync trigger that belay creates and drops; at the end every row is looked at.
Before it starts belay names what would surprise: row security, triggers that fire for every row, foreign keys,
generated columns, replica identity, a table without a key.

**Measured.** One UPDATE of 2 million rows beside 400 statements/s: the median request took 12.7 s. In batches of
about 10 ms the 99th percentile was 6 ms, at the same rate of rows. A cursor that the client keeps filled 4 000 rows
twice when the client died 20 times; committed with the rows, none.`,
}

// RunBackfill reads the table of a backfill alone. Its plan is one unit; nil = there is
// none yet.
func RunBackfill(ctx context.Context, e *steps.Env, target steps.Target) (*steps.Plan, steps.Outcome, error) {
	if target.Offline() {
		return nil, steps.Outcome{Status: journal.Todo, Summary: "not connected"}, nil
	}
	if err := sameDatabase(e.Run, e.Confirmed, target.Identity); err != nil {
		return nil, steps.Outcome{}, err
	}
	b := *e.Backfill
	table, err := readTable(ctx, e, target, &b)
	if err != nil {
		out, err := refusedBackfill(err)
		return nil, out, err
	}
	unit := backfillUnit(table, b)
	unit.Role = target.Roles.Acts
	plan := &steps.Plan{Units: []steps.Unit{unit}, SHA256: unit.Migration.Up.SHA256}
	f, questions, err := describeBackfill(ctx, e, 0, b.ID, table)
	if err != nil {
		return plan, steps.Outcome{}, err
	}
	if e.Project.Config.Throttle.SQL != "" {
		_, asks, err := consent(e)
		if err != nil {
			return plan, steps.Outcome{}, err
		}
		questions = append(questions, asks...)
	}
	for _, v := range []fact.Value{f, planFact(e, plan), heartNow(ctx, e, target, steps.Folder{}, plan)} {
		if err := e.Fact(ctx, "backfill", v); err != nil {
			return plan, steps.Outcome{}, err
		}
	}
	return plan, judgeBackfill(table, f, questions), nil
}

// readTable prepares the plan and finds what stands in its way. A resume by its
// id alone takes its statement from the ledger.
func readTable(
	ctx context.Context, e *steps.Env, target steps.Target, b *steps.Backfill,
) (plan *backfill.Plan, err error) {
	allowed := execute.PacingOf(e, target.Roles)
	err = e.Sessions.Monitor(ctx, func(c *db.Conn) error {
		if b.Spec.Relation == "" {
			pace := b.Spec
			if b.Spec, err = backfill.Remembered(ctx, c, b.ID); err != nil {
				return err
			}
			b.Spec.BatchTime = cmp.Or(pace.BatchTime, b.Spec.BatchTime)
			b.Spec.Nice, b.Spec.Vacuum = max(pace.Nice, b.Spec.Nice), pace.Vacuum || b.Spec.Vacuum
		}
		if plan, err = backfill.Prepare(ctx, c, allowed.Of(b.Spec)); err != nil || e.Confirmed != nil {
			return err
		}
		return c.As(ctx, c.Role, func() error { return backfill.Standing(ctx, c, plan, b.ID) })
	})
	return plan, err
}

// refusedBackfill is the outcome of a table that cannot be filled now. What
// somebody else does there is a person's to wait for.
func refusedBackfill(err error) (steps.Outcome, error) {
	var held *backfill.HeldError
	var open *backfill.OpenError
	status := journal.Failed
	if errors.As(err, &held) || errors.As(err, &open) {
		status = journal.Paused
	}
	if steps.HintOf(err) == "" && !errors.Is(err, ledger.ErrMissing) {
		return steps.Outcome{}, steps.Database("the table", err)
	}
	return steps.Outcome{Status: status, Summary: err.Error(), Hint: steps.HintOf(err)}, nil
}

// backfillUnit is the one unit of a backfill alone.
func backfillUnit(p *backfill.Plan, b steps.Backfill) steps.Unit {
	sql := "UPDATE " + p.Relation + " SET " + p.Statement.Set
	if p.Statement.Guard != "" {
		sql += " WHERE " + p.Statement.Guard
	}
	name := strings.ReplaceAll(p.Relation, `"`, "") + "." + p.Statement.Targets[0].Column
	file := migration.NewFile("backfill of "+p.Relation, []byte(sql), migration.TxNone)
	u := steps.Unit{
		Migration: migration.Migration{Version: name, Title: "backfill", Up: file}, Instant: true, Backfill: &b,
	}
	u.Name, u.Path, u.Wrap, u.Role = name, file.Path, apply.OneByOne, p.Spec.Role
	u.Statements = []apply.Statement{{SQL: sql, Line: 1, Column: 1, Kind: "UPDATE", Effect: effect.Effect{
		Known: true, Transactional: true, Duration: effect.Instant, Reversible: effect.ReversibleLossy,
		Breaks: effect.BreaksNeither,
		Locks:  []effect.On{{Relation: strings.ReplaceAll(p.Relation, `"`, ""), Mode: lock.RowExclusive}},
	}}}
	return u
}

// describeBackfill says what was read, and asks what a person must decide.
func describeBackfill(
	ctx context.Context, e *steps.Env, unit int, id string, p *backfill.Plan,
) (fact.Backfill, []journal.QuestionAsked, error) {
	f := fact.Backfill{
		Unit: unit, ID: id, Relation: p.Relation, Set: fact.SQL(p.Statement.Set, nil), SQL: fact.SQL(p.SQL(), nil),
		Key:  p.Leaves[0].Key.Columns[0],
		Rows: p.Rows, Bytes: p.Bytes, IndexBytes: p.IndexBytes, BatchTimeMS: p.Spec.BatchTime.Milliseconds(),
		Coverage: string(p.Coverage.Kind), Misses: p.Coverage.Misses,
	}
	if !p.Leaves[0].Key.ByPlace() {
		f.Key = p.Leaves[0].Key.String()
	}
	answer, _ := e.Engine.Answered(steps.BackfillTrigger)
	synced := answer == "yes" && p.Coverage.Kind != backfill.SyncTrigger
	if synced {
		f.Coverage, f.Misses = string(backfill.SyncTrigger)+", created before the first batch", ""
	}
	for _, h := range p.Hazards {
		if synced && h.Name == "not-covered" {
			continue
		}
		level := map[backfill.Level]fact.Level{
			backfill.Stop: fact.Stop, backfill.Warn: fact.Look, backfill.Notice: fact.OK,
		}[h.Level]
		f.Items = append(f.Items, fact.Item{ID: h.Name, Level: level, Text: h.Message + ": " + h.Why, Hint: h.Instead})
	}
	if err := room(ctx, e, &f); err != nil {
		return f, nil, err
	}
	questions, err := ledgerQuestion(ctx, e, &f)
	if err != nil {
		return f, nil, err
	}
	questions = append(questions, overwritesQuestion(e, p, &f)...)
	questions = append(questions, triggerQuestion(e, p, &f)...)
	return f, append(questions, vacuumQuestion(e, p)...), nil
}

// room says which limit leaves too few sessions for a backfill alone; a run's
// preflight has said it already.
func room(ctx context.Context, e *steps.Env, f *fact.Backfill) error {
	if e.Backfill == nil {
		return nil
	}
	return e.Sessions.Monitor(ctx, func(c *db.Conn) error {
		have, err := inspect.ReadConnections(ctx, c)
		if short := shortItem(have); short != nil && err == nil {
			f.Items = append(f.Items, *short)
		}
		return err
	})
}

// declined is the item of a no to what the backfill cannot do without.
const declined = "ledger-declined"

// ledgerQuestion asks for the ledger where there is none, and says what stands
// against it.
func ledgerQuestion(ctx context.Context, e *steps.Env, f *fact.Backfill) ([]journal.QuestionAsked, error) {
	var obstacles []ledger.Obstacle
	err := e.Sessions.Own(ctx, func(c *db.Conn) error {
		err := ledger.Check(ctx, c)
		if errors.Is(err, ledger.ErrMissing) {
			f.Ledger = ledger.DDL()
			obstacles, err = ledger.Obstacles(ctx, c)
		}
		return err
	})
	if err != nil || f.Ledger == "" {
		return nil, err
	}
	if len(obstacles) > 0 || e.Project.Config.Ledger == "local" {
		refused := &ledger.RefusedError{Obstacles: obstacles}
		it := fact.Item{
			ID: "ledger", Level: fact.Stop, Text: "a backfill needs the ledger: " + refused.Error(),
			Hint: "let the DBA create it from `belay doctor --print-ledger`",
		}
		if len(obstacles) == 0 {
			it.Text, it.Hint = `a backfill needs the ledger, and belay.toml says ledger = "local"`,
				`without its cursor no row can be filled exactly once; set ledger = "ask"`
		}
		f.Items = append(f.Items, it)
		return nil, nil
	}
	q := journal.QuestionAsked{
		ID: steps.LedgerCreate, Options: []string{"no", "yes"}, Default: "no",
		Text: "a backfill keeps its place in tables of its own, in a schema named belay, so that no row is filled " +
			"twice. Create that schema in the run?", Why: f.Ledger,
	}
	switch answer, _ := e.Engine.Answered(steps.LedgerCreate); {
	case answer == "yes":
		return nil, nil
	case answer == "no" && !e.Headless:
		q.Text = "you said no, and without its place in the database no row can be filled exactly once: nothing can " +
			"run, and nothing has changed. Create the schema belay in the run after all?"
		q.Why = "no leaves everything as it is: q leaves. A DBA may create it from `belay doctor --print-ledger`:\n" +
			f.Ledger
	case answer == "no":
		f.Items = append(f.Items, fact.Item{ID: declined, Level: fact.Stop, Hard: true,
			Text: "you declined the schema belay; without it no row can be filled exactly once. Nothing has changed",
			Hint: "begin again and answer " + steps.LedgerCreate + " with yes"})
		return nil, nil
	}
	return []journal.QuestionAsked{q}, nil
}

// triggerQuestion offers the sync trigger where nothing else fills new rows.
func triggerQuestion(e *steps.Env, p *backfill.Plan, f *fact.Backfill) []journal.QuestionAsked {
	if p.Coverage.Kind != backfill.NotCovered && p.Coverage.Kind != backfill.ColumnDefault {
		return nil
	}
	s, err := p.SyncTrigger()
	if err != nil {
		f.Misses += "; no sync trigger: " + err.Error()
		if answer, _, _ := e.Engine.Given(steps.BackfillTrigger); answer == "yes" {
			f.Items = append(f.Items, fact.Item{
				ID: "trigger", Level: fact.Stop, Text: "there can be no sync trigger: " + err.Error(),
				Hint: steps.HintOf(err),
			})
		}
		return nil
	}
	f.Trigger = s.Create
	if _, answered := e.Engine.Answered(steps.BackfillTrigger); answered {
		return nil
	}
	return []journal.QuestionAsked{{
		ID: steps.BackfillTrigger, Options: []string{"no", "yes"}, Default: "no", Preset: true,
		Text: "rows that are written while it runs: " + p.Coverage.Misses +
			". Create a sync trigger that fills them, until the backfill is done?",
		Why: "belay creates it before the first batch (SHARE ROW EXCLUSIVE, tried for " +
			measure.Duration(e.Project.Limits.LockTimeout) + " at a time) and drops it at the end; " + s.Rule +
			"; " + s.Cost + ":\n" + strings.Join(s.Create, ";\n") + ";",
	}}
}

// vacuumQuestion offers our own VACUUM; nothing waits for the answer.
func vacuumQuestion(e *steps.Env, p *backfill.Plan) []journal.QuestionAsked {
	if _, answered := e.Engine.Answered(steps.BackfillVacuum); answered || p.Spec.Vacuum {
		return nil
	}
	return []journal.QuestionAsked{{
		ID: steps.BackfillVacuum, Options: []string{"no", "yes"}, Default: "no", Preset: true,
		Text: "may belay VACUUM " + p.Relation + " after every tenth of the rows?",
		// Measured: 400 statements/s, half of them writes, beside batches of 50 ms over 1 million rows, on ext4.
		Why: "without it table and indexes may double in size, and commits of the application may wait while the " +
			"disk writes that growth (measured once: p99 337 ms without, 10 ms with it). " +
			"It never truncates, and it is cancelled as soon as anyone waits behind it",
	}}
}

func judgeBackfill(p *backfill.Plan, f fact.Backfill, questions []journal.QuestionAsked) steps.Outcome {
	summary := fmt.Sprintf("~%s of %s by %s, in batches of %s", measure.Rows(p.Rows),
		p.Relation, f.Key, measure.Duration(p.Spec.BatchTime))
	out := steps.Outcome{Status: journal.Done, Summary: summary, Questions: questions}
	for _, i := range f.Items {
		if i.Level == fact.Stop {
			out = steps.Outcome{Status: journal.Failed, Summary: i.Text, Hint: i.Hint}
			if i.ID == declined || i.ID == steps.BackfillOverwrites {
				out.Status = journal.Paused
			}
			return out
		}
		if i.Level == fact.Look && out.Status == journal.Done {
			out.Status, out.Summary, out.Hint = journal.Look, summary+"; "+i.Text, i.Hint
		}
	}
	for _, q := range questions {
		if !q.Preset {
			out.Status, out.Summary, out.Hint = journal.Asking, q.Text, ""
			break
		}
	}
	return out
}
