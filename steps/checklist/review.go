package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/db/apply"
	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/fix"
	"belay/steps/impact"
	"belay/steps/journal"
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
}

// RunReview makes the plan of what was judged, and asks what a person must accept of
// it. proposed are the safe forms that could be written instead.
func RunReview(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, judged steps.Judgement) (
	plan *steps.Plan, proposed []fix.Proposal, out steps.Outcome, err error,
) {
	if !judged.Looked {
		out = steps.Outcome{
			Status: journal.Stale, Summary: "not judged: what would run is not known yet",
			Hint: "the preflight comes first",
		}
		return nil, nil, out, nil
	}
	if len(judged.Files) == 0 {
		return nil, nil, steps.Done("nothing pending: nothing to judge"), e.Fact(ctx, "review", fact.Plan{})
	}
	p, err := planOf(judged)
	if err != nil {
		return nil, nil, out, err
	}
	bound := bindingOf(e, target, p)
	questions, err := holdQuestion(e, p, bound, awayOf(ctx, e, target))
	if err != nil {
		return nil, nil, out, err
	}
	result := copied(judged.Review)
	batched, err := lookAtBackfills(ctx, e, target, folder.Confirmed, p, result)
	if err != nil {
		return nil, nil, out, err
	}
	questions = append(questions, batched...)
	unseenReason, unread := unseenQuestion(e, judged, bound.all())
	questions = append(questions, unread...)
	accepted, accept := acceptance(e, result, bound)
	if unseenReason != "" {
		accepted[commandUnseen] = unseenReason
	}
	order := deploy(e, result, bound)
	refused := refusals(e, folder, result)
	if target.Offline() {
		accept, questions, order, refused = nil, nil, deployment{}, refusedRun{}
	}
	questions = slices.Concat(accept, order.questions, questions)
	shown := fact.Review{Result: fact.Shown(result), PlanSHA256: p.SHA256, Accepted: accepted}
	if err := tellReview(ctx, e, target, folder, p, shown); err != nil {
		return p, nil, out, err
	}
	out = refused.outcome(sayUnseen(order.outcome(judgeReview(result, questions)), judged))
	if err := tellCommand(ctx, e, folder, judged, p); err != nil {
		return p, nil, out, err
	}
	proposed, write, err := proposeRewrites(ctx, e, target, folder, judged)
	out.Questions = append(out.Questions, write...)
	return p, proposed, out, err
}

// sayUnseen puts what nobody could judge before what was judged.
func sayUnseen(out steps.Outcome, judged steps.Judgement) steps.Outcome {
	if len(judged.Unseen) == 0 {
		return out
	}
	out.Summary = fmt.Sprintf("%s not known: a program sends its SQL; %s",
		measure.Plural(len(judged.Unseen), "file"), out.Summary)
	if out.Status == journal.Done {
		out.Status = journal.Look
	}
	return out
}

// copied is a result whose cards may be written on.
func copied(r sqlview.Result) sqlview.Result {
	r.Files = slices.Clone(r.Files)
	for i := range r.Files {
		r.Files[i].Statements = slices.Clone(r.Files[i].Statements)
	}
	return r
}

// askedBefore is the rule that the preflight asks for, and again in the moment
// of the run.
const askedBefore = "wraparound-autovacuum"

// acceptance asks for a reason for each rule of level stop, also where the file
// waives it: a waiver is the author's word, not the one of the person who runs.
func acceptance(e *steps.Env, r sqlview.Result, binds binding) (map[string]string, []journal.QuestionAsked) {
	accepted := map[string]string{}
	var asked []journal.QuestionAsked
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			id := "review.accept." + h.Rule
			if h.Severity != lint.Stop.String() || h.Rule == askedBefore || h.Rule == certain || meant(e.Back, f, h) ||
				slices.ContainsFunc(asked, func(q journal.QuestionAsked) bool { return q.ID == id }) {
				continue
			}
			bound := binds.stops(r, h.Rule)
			if reason, ok := e.Engine.Approved(id, bound); ok {
				accepted[h.Rule] = reason
				continue
			}
			asked = append(asked, journal.QuestionAsked{
				ID: id, Text: acceptText(r, f.Path, h), Why: acceptWhy(h), Wants: journal.Words, Bound: bound,
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
		text += " The same at " + strings.Join(others, ", ") + "."
	}
	return text + " Run it as it is? Then say why that is acceptable here."
}

// acceptWhy is why a finding is dangerous, and the better way.
func acceptWhy(h sqlview.Finding) string {
	if h.Instead == nil {
		return h.Why
	}
	return h.Why + "\nbetter: " + *h.Instead
}

// tellReview records the plan, the judgement and the heart; the sampler keeps it
// live.
func tellReview(
	ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, p *steps.Plan, r fact.Review,
) error {
	if err := e.Fact(ctx, "review", r); err != nil {
		return err
	}
	if err := e.Fact(ctx, "review", planFact(e, p)); err != nil {
		return err
	}
	return e.Fact(ctx, "review", heartNow(ctx, e, target, folder, p))
}

func planFact(e *steps.Env, p *steps.Plan) fact.Plan {
	l := e.Project.Limits
	f := fact.Plan{SHA256: p.SHA256, Command: p.Command, Limits: fact.Limits{
		LockTimeoutMS: l.LockTimeout.Milliseconds(), HoldBudgetMS: l.HoldBudget.Milliseconds(),
		Attempts: l.Attempts, RetryForMS: l.RetryFor.Milliseconds(), QueueLimit: l.QueueLimit,
	}}
	for _, u := range p.Units {
		unit := fact.Unit{
			Version: u.Migration.Version, Path: u.Path, SHA256: u.Migration.Up.SHA256,
			Transaction: u.Wrap != apply.OneByOne, Own: u.Wrap == apply.Own, Instant: u.Instant,
			HoldMS: u.Hold.Milliseconds(), Role: u.Role, Before: spelled(u.Begin), Record: spelled(u.Record),
		}
		if u.Patient() {
			unit.DeadlineMS = l.Deadline.Milliseconds()
		}
		if u.Backfill != nil {
			unit.Batches = fact.SQL(commandOf(u.Backfill.Spec), u.Hidden)
		}
		for _, s := range u.Statements {
			unit.Statements = append(unit.Statements, fact.Statement{
				SQL: fact.SQL(s.SQL, u.Hidden), Line: s.Line, Kind: s.Kind, Needs: s.Effect.Locks,
				Seconds: s.Effect.Duration,
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
	summary := fmt.Sprintf("%s, %d analysed, %s", measure.Plural(c.Statements, "statement"), c.Analysed,
		counts(stop, warn, notice))
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
func heartNow(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, p *steps.Plan) fact.Heart {
	unit := p.Next(func(version string) bool { return applied(e, folder, version) })
	if !target.Offline() {
		sample, _, err := e.Sessions.Sample(ctx, impact.Relations(p))
		if err == nil {
			if h, ok := impact.Of(p, unit, sample, e.Project.Limits, e.Now().UTC(), e.Sessions.PIDs()); ok {
				return h
			}
		}
	}
	return impact.Offline(p, unit, e.Project.Limits)
}
