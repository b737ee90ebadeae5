package checklist

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"belay/db"
	"belay/db/dump"
	"belay/db/scratch"
	"belay/sqlview/measure"
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

Roles, owners, rights and row security are the target's; nobody is a superuser there. What only one may
make is left out and named, and a migration that needs one is not judged: rehearse that on staging.

**Measured.** A psql that reads a dump runs whatever commands stand in it; so only pg_restore is used,
on a server of its own. A restore runs the functions of others too, in index expressions, checks and
generated columns: as a superuser they start any program on this machine.`,
}

// RunRehearse finds a record of a rehearsal, or makes one where that was chosen. was is
// the record that counted in the look before; nil = none.
func RunRehearse(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder, judged steps.Judgement,
	was *rehearsal.Record) (
	now *rehearsal.Record, out steps.Outcome, err error,
) {
	if out, is := early(target, folder, judged, "nothing pending: nothing to rehearse"); is {
		return was, out, nil
	}
	if len(folder.Previews) > 0 {
		return was, waived(e, routine(target, judged), "rehearse", "not rehearsed: the tool prints its SQL, and only "+
			"its own command runs it; run the command on a staging database first"), nil
	}
	if folder.Command != nil {
		folder.Table = nil // what the tool records is the command's; the SQL is tried alone
	}
	plan, err := planOf(judged)
	if err != nil {
		return was, steps.Outcome{Status: journal.Todo, Summary: "the plan cannot be made: " + err.Error()}, nil
	}
	if len(judged.Unseen) > 0 {
		return was, waived(e, routine(target, judged), "rehearse", "not rehearsed: which SQL "+
			strings.Join(judged.Unseen, ", ")+" sends is not known; run the command on a staging database first"), nil
	}
	t := &trial{env: e, target: target, folder: folder, judged: judged, plan: plan}
	found, path, refused, err := t.findRecord(ctx)
	if err != nil {
		return was, out, err
	}
	if found != nil {
		out, err = t.tell(ctx, *found, path)
		return found, out, err
	}
	answer, answered := e.Engine.Answered("rehearse.choice")
	switch {
	case answered && answer == "none":
		return was, waived(e, t.routine(), "rehearse", "not rehearsed"), nil
	case answered:
		return t.rehearse(ctx, was)
	}
	return was, t.offer(ctx, refused), nil
}

// trial is what a rehearsal is of.
type trial struct {
	env    *steps.Env
	target steps.Target
	folder steps.Folder
	judged steps.Judgement
	plan   *steps.Plan
}

func (t *trial) routine() bool { return routine(t.target, t.judged) }

// findRecord looks for a record of this plan on this schema: the given file, the
// project folder, the user's own place. refused says why a given one is none.
func (t *trial) findRecord(ctx context.Context) (found *rehearsal.Record, path, refused string, err error) {
	e, plan := t.env, t.plan
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
			s, err := t.subject(ctx)
			if err != nil {
				return nil, "", "", err
			}
			given := i == 0 && e.RehearsalFile != ""
			switch why = r.Refuses(s); {
			case why == "" && !r.Passed() && !given:
				// What failed once may be mended since, where no hash shows it.
				refused = cmp.Or(refused, r.At.Format("2 Jan 15:04 UTC")+": "+r.Verdict())
			case why == "":
				return &r, p, "", nil
			}
		}
		if i == 0 && e.RehearsalFile != "" {
			refused = e.RehearsalFile + " does not count: " + why
		}
	}
	return nil, "", refused, nil
}

// subject is what a record must be of: this plan, on this schema.
func (t *trial) subject(ctx context.Context) (rehearsal.Subject, error) {
	schema, err := t.judged.Whole.Read(ctx)
	downs := map[string]string{}
	for _, u := range t.plan.Units {
		if u.Migration.Down != nil {
			downs[u.Migration.Version] = u.Migration.Down.SHA256
		}
	}
	return rehearsal.Subject{
		PlanSHA256: t.plan.SHA256, SchemaSHA256: schema.Fingerprint(), Major: t.target.Major, Downs: downs,
	}, err
}

func (t *trial) offer(ctx context.Context, refused string) steps.Outcome {
	p := programs(ctx, t.env, t.target.Major)
	missing := cmp.Or(p.NoServer, p.NoClient)
	if refused != "" {
		refused += "; "
	}
	options := []string{"none", "scratch"}
	if missing != "" {
		options = options[:1]
		missing = refused + "not rehearsed: " + missing
		hint := "rehearse elsewhere with `belay rehearse --on DSN` and give its record with --rehearsal FILE"
		if t.routine() {
			return steps.Outcome{Status: journal.Look, Summary: missing, Hint: hint}
		}
		return steps.Outcome{Status: journal.Asking, Summary: missing, Hint: hint, Questions: []journal.QuestionAsked{{
			ID: "rehearse.choice", Text: missing + ". Go on without a rehearsal?", Options: options, Why: hint,
		}}}
	}
	out := offer(t.routine(), journal.QuestionAsked{
		ID:   "rehearse.choice",
		Text: refused + "rehearse the migration first, on a throwaway PostgreSQL on this machine?", Options: options,
		Default: "scratch",
		Why: "pg_dump reads the schema (ACCESS SHARE on every table for a moment, giving up after 2 s); the rest " +
			"happens on this machine, in seconds",
	}, refused+"proposed: a rehearsal on a throwaway PostgreSQL here, made when you confirm the run")
	return out
}

// programs finds PostgreSQL's programs for the target's major version, once.
func programs(ctx context.Context, e *steps.Env, major int) steps.Programs {
	p, _ := e.Programs.Get(major, func() (p steps.Programs, _ error) { // what is missing is said in it
		var err error
		if p.Client, err = dump.Find(ctx, e.Project.Flags.PGBin, major); err != nil {
			p.NoClient = err.Error()
		}
		if p.Server, err = scratch.FindMajor(e.Project.Flags.PGBin, major); err != nil {
			p.NoServer = "no PostgreSQL server programs on this machine"
		}
		return p, nil
	})
	return p
}

// rehearse does it here, keeps the record, and says what it showed.
func (t *trial) rehearse(
	ctx context.Context, was *rehearsal.Record,
) (now *rehearsal.Record, out steps.Outcome, err error) {
	e := t.env
	s, err := t.subject(ctx)
	if err != nil {
		return was, out, err
	}
	if was != nil && was.Refuses(s) == "" && !triedAgain(e, *was) {
		out, err = t.tell(ctx, *was, "")
		return was, out, err
	}
	if err := e.Engine.Record(ctx, "rehearse", journal.WorkBegun{
		What: "rehearses on a throwaway cluster",
	}); err != nil {
		return was, out, err
	}
	r, err := t.onScratch(ctx)
	if ctx.Err() != nil {
		return was, out, context.Cause(ctx)
	}
	if err != nil {
		// What could not be tried here says nothing against the migration.
		message, hint := db.Explain(err)
		out := steps.Outcome{Status: journal.Look, Summary: "the rehearsal could not be made: " + message, Hint: hint}
		if !t.routine() {
			out.Status = journal.Failed
			out = again(e, out, withoutRehearsal(out.Summary))
		}
		return was, out, nil
	}
	dir, err := project.RehearsalsDir()
	if err != nil {
		return was, out, err
	}
	path, err := r.Save(dir)
	if err != nil {
		return was, out, err
	}
	out, err = t.tell(ctx, r, path)
	return &r, out, err
}

func withoutRehearsal(why string) journal.QuestionAsked {
	return journal.QuestionAsked{
		ID: "rehearse.choice", Text: why + ". Go on without a rehearsal?", Options: []string{"none", "scratch"},
		Why: "scratch tries again",
	}
}

// tell says what a record shows.
func (t *trial) tell(ctx context.Context, r rehearsal.Record, path string) (steps.Outcome, error) {
	e, major := t.env, t.target.Major
	if err := e.Fact(ctx, "rehearse", rehearsalFact(r, path)); err != nil {
		return steps.Outcome{}, err
	}
	made := r.At.Format("2 Jan 15:04 UTC")
	if path != "" {
		made += " (" + ago(e, r.At) + ", with these same files)"
	}
	out := steps.Outcome{Status: journal.Done, Summary: r.Verdict() + ", " + made}
	switch {
	case r.Beyond:
		out.Hint = rehearsal.BeyondHint
	case !r.Passed() && faithful(r, major):
		out.Status, out.Hint = journal.Failed,
			"fix the file; a reason to go on all the same is rehearse.choice = \"none\""
		if answer, _ := e.Engine.Answered("rehearse.choice"); answer == "none" {
			return waived(e, t.routine(), "rehearse", "the rehearsal failed, and somebody chose to go on without it"),
				nil
		}
		q := withoutRehearsal(r.Verdict())
		q.Bound = ofRehearsal(r)
		return again(e, out, q), nil
	case r.Clean() && r.ServerMajor == major && len(r.Missing)+len(r.LeftOut) == 0:
		return out, nil
	}
	out.Status = journal.Look
	if note := firstNote(r, major); note != "" && !r.Beyond {
		out.Summary += "; " + note
	}
	return out, nil
}

// ofRehearsal is what an answer to a failed rehearsal is of: another one that fails
// asks again.
func ofRehearsal(r rehearsal.Record) string { return "rehearsal of " + r.At.Format(time.RFC3339Nano) }

// triedAgain reports whether a person saw a rehearsal fail and wants another.
func triedAgain(e *steps.Env, r rehearsal.Record) bool {
	answer, ok := e.Engine.Approved("rehearse.choice", ofRehearsal(r))
	return ok && answer == "scratch" && !r.Passed()
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
	if len(r.Missing) == 0 && len(r.LeftOut) > 0 {
		return rehearsal.LeftOutText(strings.Join(r.LeftOut, ", "))
	}
	if len(r.Missing) > 0 {
		return measure.Plural(len(r.Missing), "object") + " could not be restored: " + r.Missing[0]
	}
	return ""
}

func rehearsalFact(r rehearsal.Record, path string) fact.Rehearsal {
	f := fact.Rehearsal{
		Path: path, Grade: string(r.Grade), Place: r.Place, At: r.At, Passed: r.Passed(), Verdict: r.Verdict(),
		Diff: r.Diff, Limits: append(append([]string(nil), r.Limits...), r.Missing...), Items: rehearsalItems(r, path),
	}
	for _, o := range r.LeftOut {
		f.Limits = append(f.Limits, rehearsal.LeftOutText(o))
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
			out = append(out,
				item("statement", level, strings.Join(append([]string{s.Seen()}, s.Differs...), "; differs: ")))
		}
	}
	for _, d := range r.Diff {
		out = append(out, item("way-back", fact.Look, "after the way back: "+d))
	}
	for _, m := range r.Missing {
		out = append(out, item("missing", fact.Look, "not restored: "+m))
	}
	for _, o := range r.LeftOut {
		out = append(out, item("left-out", fact.Look, rehearsal.LeftOutText(o)))
	}
	for _, l := range r.Limits {
		out = append(out, item("limit", fact.OK, "not shown: "+l))
	}
	if path != "" {
		out = append(out, item("record", fact.OK, "record "+path))
	}
	return out
}
