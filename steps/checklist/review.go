package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/heart"
	"belay/steps/journal"
	"belay/steps/judge"
)

// Review judges the exact SQL that would run.
var Review = steps.Step{
	ID: "review", Title: "review", Looks: true,
	Doc: `**The advice.** Read the exact SQL. Look for DROP, UPDATE without WHERE, and changes to large tables.

**In practice.** The dangerous statement is often the one that looks harmless: a nullable column on a
small, busy table. So every statement is a card: which lock on which table, whether it rewrites or scans,
whether it can be taken back, and which code it breaks, judged with the live catalog and the server's
version. What could not be parsed is said in red; it never passes as "no hazards".

**Measured.** A constant default has not rewritten the table since PostgreSQL 11; gen_random_uuid() and
bigserial still do. An INT column that references a BIGINT key is accepted without a word.`,
	Run: runReview,
}

func runReview(ctx context.Context, e *steps.Env) (steps.Outcome, error) {
	e.Bench.Plan = nil
	if !e.Bench.Looked {
		return steps.Outcome{
			Status: journal.Stale, Summary: "not judged: what would run is not known yet", Hint: "the preflight comes first",
		}, nil
	}
	if len(e.Bench.Judged) == 0 {
		return steps.Done("nothing pending: nothing to judge"), e.Fact(ctx, "review", fact.Plan{})
	}
	plan, err := planOf(e.Bench, underReview(e), e.Project.Target.Role)
	if err != nil {
		return steps.Outcome{}, err
	}
	bound := boundTo(e, plan)
	questions, err := holdQuestion(e, plan, bound)
	if err != nil {
		return steps.Outcome{}, err
	}
	batched, err := lookAtBackfills(ctx, e, plan)
	if err != nil {
		return steps.Outcome{}, err
	}
	questions = append(questions, batched...)
	e.Bench.Plan = plan
	result := e.Bench.Review
	accepted, accept := acceptance(e, result, bound)
	order := deploy(e, result, bound)
	if offline(e) {
		accept, questions, order = nil, nil, deployment{}
	}
	questions = slices.Concat(accept, order.questions, questions)
	if err := tellReview(ctx, e, plan, fact.Review{Result: result, PlanSHA256: plan.SHA256, Accepted: accepted}); err != nil {
		return steps.Outcome{}, err
	}
	out := order.outcome(judgeReview(result, questions))
	write, err := proposeRewrites(ctx, e)
	out.Questions = append(out.Questions, write...)
	return out, err
}

// prepare reads the catalog and judges what would run. The preflight needs to
// know the relations, and the review tells the rest.
func prepare(ctx context.Context, e *steps.Env) error {
	migrations := underReview(e)
	if len(migrations) == 0 {
		return nil
	}
	e.Bench.Snapshot, e.Bench.Whole = nil, nil
	result, err := judged(ctx, e, migrations)
	e.Bench.Review, e.Bench.Judged = result, result.Judged
	return err
}

// underReview is what would run; without a server, where nobody knows what is
// pending, the newest file.
func underReview(e *steps.Env) []migration.Migration {
	if offline(e) {
		return newest(e.Bench.Folder)
	}
	return e.Bench.Chosen
}

// newest is the last file of a folder.
func newest(f migration.Folder) []migration.Migration {
	if n := len(f.Migrations); n > 0 {
		return f.Migrations[n-1:]
	}
	return nil
}

// readNamed reads of the catalog what the migrations may reach.
func readNamed(ctx context.Context, e *steps.Env, n sqlview.Names) (*catalog.Snapshot, error) {
	if n.Everything {
		s, err := whole(ctx, e)
		e.Bench.Snapshot = s
		return s, err
	}
	return e.Bench.Snapshot, steps.Database("the catalog", e.Sessions.Monitor(func(c *db.Conn) (err error) {
		e.Bench.Snapshot, err = inspect.Named(ctx, c, inspect.Names{Words: n.Words, Cascade: n.Cascade})
		return err
	}))
}

// whole is the catalog of the whole database, read once for each look; nil
// without a server.
func whole(ctx context.Context, e *steps.Env) (*catalog.Snapshot, error) {
	if offline(e) || e.Bench.Whole != nil {
		return e.Bench.Whole, nil
	}
	err := e.Sessions.Monitor(func(c *db.Conn) (err error) {
		e.Bench.Whole, err = inspect.Catalog(ctx, c)
		return err
	})
	return e.Bench.Whole, steps.Database("the catalog", err)
}

func judged(ctx context.Context, e *steps.Env, migrations []migration.Migration) (sqlview.Result, error) {
	var sources []sqlview.Source
	for _, m := range migrations {
		s := source(e, &m)
		sources = append(sources, s)
		// The way back meets the catalog as its own way forward leaves it.
		if m.Down != nil {
			s.Path, s.SQL, s.Mode, s.Down = m.Down.Path, m.Down.Bytes, judge.Mode(m.Down.Tx), true
			s.Backfill = m.Down.Backfill != nil
			sources = append(sources, s)
		}
	}
	o := reviewOptions(e)
	if offline(e) {
		var err error
		if o.Snapshot, err = replayed(ctx, e, migrations); err != nil {
			return sqlview.Result{}, err
		}
	} else {
		o.Read = func(n sqlview.Names) (*catalog.Snapshot, error) { return readNamed(ctx, e, n) }
		o.Ask = func(s sqlview.Subject) (m *activity.Moment, err error) {
			err = e.Sessions.Monitor(func(c *db.Conn) (err error) {
				m, err = inspect.Moment(ctx, c, inspect.Question{Relations: s.Relations, Columns: s.Dropped})
				return err
			})
			return m, steps.Database("what goes on now", err)
		}
	}
	return sqlview.Review(ctx, sources, o)
}

// source is how the review reads the up file of a migration.
func source(e *steps.Env, m *migration.Migration) sqlview.Source {
	return sqlview.Source{
		Path: m.Up.Path, SQL: m.Up.Bytes, Tool: e.Bench.Format.Name, Version: m.Version,
		Mode: judge.Mode(m.Up.Tx), ByBelay: true, Backfill: m.Up.Backfill != nil,
	}
}

func reviewOptions(e *steps.Env) sqlview.Options {
	return sqlview.Options{
		Snapshot: e.Bench.Snapshot, Version: e.Bench.Target.Major, Small: sqlview.SmallTable,
		Waivers: e.Project.Config.Waivers(), Today: e.Now().Format(time.DateOnly), Quiet: true,
	}
}

// replayed is the catalog as the folder's own history would have made it.
func replayed(ctx context.Context, e *steps.Env, migrations []migration.Migration) (*catalog.Snapshot, error) {
	var texts [][]byte
	for _, m := range e.Bench.Folder.Migrations {
		if m.Version != migrations[0].Version {
			texts = append(texts, m.Up.Bytes)
		}
	}
	parsed, err := e.Parser.Parse(ctx, texts...)
	if err != nil {
		return nil, err
	}
	var all []parse.Statement
	for _, f := range parsed {
		all = append(all, f.Statements...)
	}
	return catalog.FromStatements(catalog.SourceHistory, all, 0), nil
}

// askedBefore is the rule that the preflight asks for, and again in the moment
// of the run.
const askedBefore = "wraparound-autovacuum"

// acceptance asks for a reason for each rule of level stop, also where the file
// waives it: a waiver is the author's word, not the one of the person who runs.
func acceptance(e *steps.Env, r sqlview.Result, bound string) (map[string]string, []journal.QuestionAsked) {
	accepted := map[string]string{}
	var asked []journal.QuestionAsked
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			id := "review.accept." + h.Rule
			if h.Severity != lint.Stop.String() || h.Rule == askedBefore || meant(e, f, h) || slices.ContainsFunc(asked, func(q journal.QuestionAsked) bool { return q.ID == id }) {
				continue
			}
			if reason, ok := e.Engine.Approved(id, bound); ok {
				accepted[h.Rule] = reason
				continue
			}
			asked = append(asked, journal.QuestionAsked{
				ID: id, Text: acceptText(r, f.Path, h), Why: h.Why, Wants: journal.Words, Bound: bound,
			})
		}
	}
	return accepted, asked
}

// acceptText asks for a reason to go on with all that a rule found: who accepts
// the first place accepts the others too, so they are named.
func acceptText(r sqlview.Result, path string, first sqlview.Finding) string {
	var others []string
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			if h.Rule == first.Rule && (f.Path != path || h.Line != first.Line) {
				others = append(others, fmt.Sprintf("%s:%d", f.Path, h.Line))
			}
		}
	}
	text := fmt.Sprintf("%s:%d: %s", path, first.Line, first.Message)
	if len(others) > 0 {
		text += " The same at " + list(others) + "."
	}
	return text + " Why is it all right here?"
}

// holdQuestion asks for the longest accepted hold of units that are not instant,
// and puts an accepted one into them.
func holdQuestion(e *steps.Env, p *steps.Plan, bound string) ([]journal.QuestionAsked, error) {
	slow := -1
	for i, u := range p.Units {
		if !u.Instant {
			slow = i
			break
		}
	}
	if slow < 0 {
		return nil, nil
	}
	answer, ok := e.Engine.Approved("run.hold", bound)
	if !ok {
		return []journal.QuestionAsked{{
			ID: "run.hold", Text: p.Units[slow].Path + " is not instant: how long may it hold its locks? (such as 40s)",
			Why: "the server undoes it past that; reads or writes of the table wait as long", Wants: journal.Span, Bound: bound,
		}}, nil
	}
	hold, err := measure.ParseSpan(answer)
	if err != nil {
		return nil, err // the engine takes nothing else
	}
	for i := range p.Units {
		if !p.Units[i].Instant {
			p.Units[i].Hold = hold
		}
	}
	return nil, nil
}

// tellReview records the plan, the judgement and the heart; the sampler keeps it
// live.
func tellReview(ctx context.Context, e *steps.Env, p *steps.Plan, r fact.Review) error {
	if err := e.Fact(ctx, "review", r); err != nil {
		return err
	}
	if err := e.Fact(ctx, "review", planFact(e, p)); err != nil {
		return err
	}
	return e.Fact(ctx, "review", heartNow(ctx, e, p))
}

func planFact(e *steps.Env, p *steps.Plan) fact.Plan {
	l := e.Project.Limits
	f := fact.Plan{SHA256: p.SHA256, Limits: fact.Limits{
		LockTimeoutMS: l.LockTimeout.Milliseconds(), HoldBudgetMS: l.HoldBudget.Milliseconds(),
		Attempts: l.Attempts, RetryForMS: l.RetryFor.Milliseconds(), QueueLimit: l.QueueLimit,
	}}
	for _, u := range p.Units {
		unit := fact.Unit{
			Version: u.Migration.Version, Path: u.Path, SHA256: u.Migration.Up.SHA256,
			Transaction: u.Wrap != apply.OneByOne, Own: u.Wrap == apply.Own, Instant: u.Instant,
			HoldMS: u.Hold.Milliseconds(), Role: u.Role, Before: spelled(u.Begin), Record: spelled(u.Record),
		}
		if u.Backfill != nil {
			unit.Batches = commandOf(u.Backfill.Spec)
		}
		for _, s := range u.Statements {
			unit.Statements = append(unit.Statements, fact.Statement{
				SQL: s.SQL, Line: s.Line, Kind: s.Kind, Needs: s.Effect.Locks, Seconds: s.Effect.Duration,
			})
		}
		f.Units = append(f.Units, unit)
	}
	return f
}

func judgeReview(r sqlview.Result, questions []journal.QuestionAsked) steps.Outcome {
	stop, warn, notice := 0, 0, 0
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			switch h.Severity {
			case lint.Stop.String():
				stop++
			case lint.Warn.String():
				warn++
			default:
				notice++
			}
		}
	}
	c := r.Coverage
	summary := fmt.Sprintf("%d statements, %d analysed, %s", c.Statements, c.Analysed, counts(stop, warn, notice))
	// What is preset comes with the yes of the run dialog and waits for nobody.
	waits := slices.ContainsFunc(questions, func(q journal.QuestionAsked) bool { return !q.Preset })
	switch {
	case waits:
		return steps.Outcome{Status: journal.Asking, Summary: summary, Questions: questions}
	case stop > 0 || warn > 0 || c.Analysed < c.Statements:
		return steps.Outcome{Status: journal.Look, Summary: summary, Questions: questions}
	}
	return steps.Outcome{Status: journal.Done, Summary: summary, Questions: questions}
}

func counts(stop, warn, notice int) string {
	if stop+warn+notice == 0 {
		return "no hazards"
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{stop, "stop"}, {warn, "warn"}, {notice, "notices"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// heartNow is the heart of the first open unit with who stands in its way at this
// moment. Where the server cannot be asked it says so.
func heartNow(ctx context.Context, e *steps.Env, p *steps.Plan) fact.Heart {
	unit := p.Next(func(version string) bool {
		_, outcome := e.Engine.Came(version)
		return outcome == "applied" || e.Bench.Recorded(version)
	})
	if !offline(e) {
		sample, _, err := e.Sessions.Sample(ctx, heart.Relations(p))
		if err == nil {
			if h, ok := heart.Of(p, unit, sample, e.Project.Limits, e.Now().UTC(), e.Sessions.PIDs()); ok {
				return h
			}
		}
	}
	return heart.Offline(p, unit, e.Project.Limits)
}
