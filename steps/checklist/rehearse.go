package checklist

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"belay/db"
	"belay/db/dump"
	"belay/db/scratch"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/rehearsal"
)

// Rehearse tries the migration on a copy of the schema.
var Rehearse = steps.Step{
	ID: "rehearse", Title: "rehearse", Looks: true,
	Doc: `**The advice.** Run the migration on staging first, and the way back too.

**In practice.** "It ran on staging" says little without the grade: a clone of production's size (A)
shows durations, a restored dump (B) shows data, the bare schema (C) shows that the statements run,
which locks they take, what they rewrite, and whether the down files lead back. Grade C needs nothing but
PostgreSQL's programs on this machine: belay restores the schema into a throwaway cluster of the same
major version, applies the migration with the executor of the real run, takes it back, applies it again,
and writes down what it saw beside what it predicted. Says nothing about how long it takes on real rows.

**Measured.** A psql that reads a dump runs whatever commands stand in it; so only pg_restore is used,
on a server of its own.`,
	Run: runRehearse,
}

func runRehearse(ctx context.Context, e *steps.Env) (steps.Outcome, error) {
	if out, is := early(e, "nothing pending: nothing to rehearse"); is {
		return out, nil
	}
	plan, err := planOf(e.Bench, underReview(e), e.Project.Target.Role)
	if err != nil {
		return steps.Outcome{Status: journal.Todo, Summary: "the plan cannot be made: see review"}, nil
	}
	path, refused, err := findRecord(ctx, e, plan)
	if err != nil {
		return steps.Outcome{}, err
	}
	if path != "" {
		return tellRehearsal(ctx, e, path)
	}
	answer, answered := e.Engine.Answered("rehearse.choice")
	switch {
	case answered && answer == "none":
		return waived(e, "rehearse", "not rehearsed"), nil
	case answered:
		return rehearse(ctx, e, plan)
	}
	return offerRehearsal(ctx, e, refused), nil
}

// findRecord looks for a record of this plan on this schema: the given file, the
// project folder, the user's own place. refused says why a given one is none.
func findRecord(ctx context.Context, e *steps.Env, plan *steps.Plan) (path, refused string, err error) {
	places := []string{e.Project.Dir}
	if own, err := project.RehearsalsDir(); err == nil {
		places = append(places, own)
	}
	paths := []string{}
	if e.RehearsalFile != "" {
		paths = append(paths, absolute(e.Project.Dir, e.RehearsalFile))
	}
	for _, dir := range places {
		paths = append(paths, absolute(dir, rehearsal.FileName(plan.SHA256)))
	}
	for i, p := range paths {
		r, unread := rehearsal.Read(p)
		why := ""
		if unread != nil {
			why = unread.Error()
		} else {
			s, err := subject(ctx, e, plan)
			if err != nil {
				return "", "", err
			}
			if why = r.Refuses(s); why == "" {
				e.Bench.Rehearsal = &r
				return p, "", nil
			}
		}
		if i == 0 && e.RehearsalFile != "" {
			refused = e.RehearsalFile + " is no evidence: " + why
		}
	}
	return "", refused, nil
}

// subject is what a record must be of: this plan, on this schema.
func subject(ctx context.Context, e *steps.Env, plan *steps.Plan) (rehearsal.Subject, error) {
	schema, err := whole(ctx, e)
	return rehearsal.Subject{PlanSHA256: plan.SHA256, SchemaSHA256: schema.Fingerprint(), Major: e.Bench.Target.Major}, err
}

func offerRehearsal(ctx context.Context, e *steps.Env, refused string) steps.Outcome {
	missing := cmp.Or(programs(ctx, e).NoServer, programs(ctx, e).NoClient)
	if refused != "" {
		refused += "; "
	}
	options := []string{"none", "scratch"}
	if missing != "" {
		options = options[:1]
		missing = refused + "not rehearsed: " + missing
		hint := "rehearse elsewhere with `belay rehearse --on DSN` and give its record with --rehearsal FILE"
		if routine(e) {
			return steps.Outcome{Status: journal.Look, Summary: missing, Hint: hint}
		}
		return steps.Outcome{Status: journal.Asking, Summary: missing, Hint: hint, Questions: []journal.QuestionAsked{{
			ID: "rehearse.choice", Text: missing + ": go on without?", Options: options, Why: hint,
		}}}
	}
	out := offer(e, journal.QuestionAsked{
		ID: "rehearse.choice", Text: refused + "rehearse it on a throwaway cluster here first?", Options: options, Default: "scratch",
		Why: "pg_dump reads the schema (ACCESS SHARE on every table for a moment, giving up after 2 s); the rest happens on this machine, in seconds",
	}, refused+"preset: grade C on a throwaway cluster, with the confirm")
	return out
}

// programs finds PostgreSQL's programs for the target's version, once.
func programs(ctx context.Context, e *steps.Env) *steps.Programs {
	if e.Bench.Programs != nil {
		return e.Bench.Programs
	}
	p := &steps.Programs{}
	var err error
	if p.Client, err = dump.Find(ctx, e.Project.Flags.PGBin, e.Bench.Target.Major); err != nil {
		p.NoClient = err.Error()
	}
	if p.Server, err = scratch.FindMajor(e.Project.Flags.PGBin, e.Bench.Target.Major); err != nil {
		p.NoServer = "no PostgreSQL server programs on this machine"
	}
	e.Bench.Programs = p
	return p
}

// rehearse does it here, keeps the record, and says what it showed.
func rehearse(ctx context.Context, e *steps.Env, plan *steps.Plan) (steps.Outcome, error) {
	s, err := subject(ctx, e, plan)
	if err != nil {
		return steps.Outcome{}, err
	}
	if have := e.Bench.Rehearsal; have != nil && have.PlanSHA256 == s.PlanSHA256 && have.SchemaSHA256 == s.SchemaSHA256 {
		return tellRehearsal(ctx, e, "")
	}
	r, err := onScratch(ctx, e, plan)
	if ctx.Err() != nil {
		return steps.Outcome{}, context.Cause(ctx)
	}
	if err != nil {
		// What could not be tried here says nothing against the migration.
		message, hint := db.Explain(err)
		out := steps.Outcome{Status: journal.Look, Summary: "the rehearsal could not be made: " + message, Hint: hint}
		if !routine(e) {
			out.Status = journal.Failed
			return again(e, out, withoutRehearsal(out.Summary)), nil
		}
		return out, nil
	}
	dir, err := project.RehearsalsDir()
	if err != nil {
		return steps.Outcome{}, err
	}
	path, err := r.Save(dir)
	if err != nil {
		return steps.Outcome{}, err
	}
	e.Bench.Rehearsal = &r
	return tellRehearsal(ctx, e, path)
}

func withoutRehearsal(why string) journal.QuestionAsked {
	return journal.QuestionAsked{
		ID: "rehearse.choice", Text: why + ": go on without a rehearsal?", Options: []string{"none", "scratch"}, Why: "scratch tries again",
	}
}

func tellRehearsal(ctx context.Context, e *steps.Env, path string) (steps.Outcome, error) {
	r := e.Bench.Rehearsal
	if err := e.Fact(ctx, "rehearse", rehearsalFact(*r, path)); err != nil {
		return steps.Outcome{}, err
	}
	out := steps.Outcome{Status: journal.Done, Summary: r.Verdict() + ", " + r.At.Format("2 Jan 15:04 UTC")}
	switch {
	case !r.Passed() && faithful(*r, e.Bench.Target.Major):
		out.Status, out.Hint = journal.Failed, "mend the file; a reason to go on all the same is rehearse.choice = \"none\""
		if answer, _ := e.Engine.Answered("rehearse.choice"); answer == "none" {
			return waived(e, "rehearse", "the rehearsal failed and was set aside"), nil
		}
		return again(e, out, withoutRehearsal(r.Verdict())), nil
	case r.Clean() && r.ServerMajor == e.Bench.Target.Major && len(r.Missing) == 0:
		return out, nil
	}
	out.Status = journal.Look
	if note := firstNote(*r, e.Bench.Target.Major); note != "" {
		out.Summary += "; " + note
	}
	return out, nil
}

// faithful reports whether a failure speaks against the migration: the place was
// like the target. A missing extension (58P01, 0A000) is the place's.
func faithful(r rehearsal.Record, major int) bool {
	return r.ServerMajor == major && len(r.Missing) == 0 && r.SQLState != "58P01" && r.SQLState != "0A000"
}

func firstNote(r rehearsal.Record, major int) string {
	if r.ServerMajor != major {
		return fmt.Sprintf("on PostgreSQL %d, not %d", r.ServerMajor, major)
	}
	for _, u := range r.Units {
		for _, s := range u.Statements {
			if len(s.Differs) > 0 {
				return fmt.Sprintf("%s:%d %s", u.Path, s.Line, s.Differs[0])
			}
		}
	}
	if len(r.Missing) > 0 {
		return fmt.Sprintf("%d objects could not be restored: %s", len(r.Missing), r.Missing[0])
	}
	return ""
}

func rehearsalFact(r rehearsal.Record, path string) fact.Rehearsal {
	f := fact.Rehearsal{
		Path: path, Grade: string(r.Grade), Place: r.Place, At: r.At, Passed: r.Passed(), Verdict: r.Verdict(),
		Diff: r.Diff, Limits: append(append([]string(nil), r.Limits...), r.Missing...), Items: rehearsalItems(r, path),
	}
	for _, u := range r.Units {
		ru := fact.RehearsedUnit{Version: u.Version, ApplyMS: u.ApplyMS, DownMS: u.DownMS, AgainMS: u.AgainMS}
		for _, s := range u.Statements {
			for _, d := range s.Differs {
				ru.Differs = append(ru.Differs, fmt.Sprintf("line %d: %s", s.Line, d))
			}
		}
		f.Units = append(f.Units, ru)
	}
	return f
}

// rehearsalItems are what was predicted beside what was seen, for people.
func rehearsalItems(r rehearsal.Record, path string) []fact.Item {
	item := func(id string, level fact.Level, text string) fact.Item {
		return fact.Item{ID: id, Level: level, Text: text}
	}
	var out []fact.Item
	for _, u := range r.Units {
		out = append(out, item("unit", fact.OK, filepath.Base(u.Path)+" "+u.Took()))
		for _, s := range u.Statements {
			level := fact.OK
			if len(s.Differs) > 0 {
				level = fact.Look
			}
			out = append(out, item("statement", level, strings.Join(append([]string{s.Seen()}, s.Differs...), "; differs: ")))
		}
	}
	for _, d := range r.Diff {
		out = append(out, item("way-back", fact.Look, "after the way back: "+d))
	}
	for _, m := range r.Missing {
		out = append(out, item("missing", fact.Look, "not restored: "+m))
	}
	for _, l := range r.Limits {
		out = append(out, item("limit", fact.OK, "not shown: "+l))
	}
	if path != "" {
		out = append(out, item("record", fact.OK, "record "+path))
	}
	return out
}
