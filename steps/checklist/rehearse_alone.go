package checklist

import (
	"context"
	"fmt"
	"slices"

	"belay/db/dump"
	"belay/db/scratch"
	"belay/sqlview/catalog"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/rehearsal"
)

// errNothing ends a rehearsal of an empty plan well.
var errNothing = &steps.Exit{Code: steps.ExitDone, Outcome: steps.OutcomeNothing, Summary: "nothing pending: nothing to rehearse"}

// RehearseSchema rehearses what is pending on the target, on its schema, in a
// throwaway cluster: grade C. Calling it is the consent to pg_dump.
func RehearseSchema(ctx context.Context, e *steps.Env) (rehearsal.Record, error) {
	plan, err := planAlone(ctx, e)
	if err != nil {
		return rehearsal.Record{}, err
	}
	return onScratch(ctx, e, plan)
}

// RehearseDump restores a dump of pg_dump's custom or directory format into a
// throwaway cluster and rehearses there what is pending by its history: grade B.
func RehearseDump(ctx context.Context, e *steps.Env, path string) (rehearsal.Record, error) {
	bin, client, err := forDump(ctx, e, path)
	if err != nil {
		return rehearsal.Record{}, err
	}
	if why := client.Outdated(); why != "" {
		_ = e.Note(ctx, "rehearse", "%s: give it only a dump of your own", why)
	}
	progress(ctx, e, "rehearse")("restoring " + path)
	place, err := rehearsal.Open(ctx, bin, client, path, rehearsal.Copy{Restore: dump.Unowned})
	if err != nil {
		return rehearsal.Record{}, err
	}
	defer func() { _ = place.Close() }()
	e.Project.DSN, e.Project.DSNFrom = place.Cluster.DSN("rehearsal"), "throwaway cluster"
	plan, err := planAlone(ctx, e)
	if err != nil {
		return rehearsal.Record{}, err
	}
	r, err := newRecord(ctx, e, plan, rehearsal.GradeB, "a throwaway cluster with "+path)
	if err != nil {
		return r, err
	}
	r.Missing, r.Limits = place.Missing, append(r.Limits, "no traffic: says nothing about waiting", "owners and rights were left out")
	return r, runAlone(ctx, e, plan, client, false, &r)
}

// forDump finds programs of the version that a dump is from.
func forDump(ctx context.Context, e *steps.Env, path string) (bin scratch.Binaries, client dump.Client, err error) {
	if client, err = dump.Find(ctx, e.Project.Flags.PGBin, 0); err != nil {
		return bin, client, err
	}
	major, err := dump.ServerMajor(ctx, client, path)
	if err != nil {
		return bin, client, &steps.Refused{
			Problem: err.Error(), Advice: "--from takes a dump of pg_dump --format=custom or directory; plain SQL is code that psql would run",
		}
	}
	if client, err = dump.Find(ctx, e.Project.Flags.PGBin, major); err != nil {
		return bin, client, err
	}
	bin, err = scratch.FindMajor(e.Project.Flags.PGBin, major)
	return bin, client, err
}

// RehearseOn rehearses on the server that the project names. Only a local
// database, or a target that belay.toml declares disposable, is taken back and
// run again; anywhere else it goes forward only, by consent, and stays.
func RehearseOn(ctx context.Context, e *steps.Env) (rehearsal.Record, error) {
	plan, err := planAlone(ctx, e)
	if err != nil {
		return rehearsal.Record{}, err
	}
	t := e.Bench.Target
	free := t.Environment == "local" || (e.Project.Target.Disposable && t.Environment != "production")
	if !free {
		if err := consentOn(ctx, e); err != nil {
			return rehearsal.Record{}, err
		}
	}
	r, err := newRecord(ctx, e, plan, rehearsal.GradeC, t.Database+" on "+place(t))
	if err != nil {
		return r, err
	}
	r.Grade = gradeOf(e.Bench.Whole)
	r.Limits = append(r.Limits, "the migration stays applied there")
	return r, runAlone(ctx, e, plan, programs(ctx, e).Client, !free, &r)
}

func consentOn(ctx context.Context, e *steps.Env) error {
	t := &e.Bench.Target
	if t.Environment == "" {
		word, err := e.Engine.Ask(ctx, "rehearse", environmentQuestion(*t))
		if err != nil {
			return err
		}
		t.Environment = word
	}
	if t.Production() {
		return &steps.Refused{
			Problem: t.Database + " counts as production: a rehearsal there would be the run itself", Fatal: true,
			Advice: "answer target.environment with staging or local, or declare the target disposable in belay.toml",
		}
	}
	answer, err := e.Engine.Ask(ctx, "rehearse", journal.QuestionAsked{
		ID: "rehearse.on", Expect: t.Database, Text: "apply it on " + t.Database + " on " + place(*t) + ", forward only? type the database name",
		Why: "it stays applied there; nothing is taken back on a shared server",
	})
	if err == nil && answer != t.Database {
		err = &steps.Exit{Code: steps.ExitPerson, Outcome: steps.OutcomePerson, Summary: "declined: nothing has changed"}
	}
	return err
}

// gradeOf is B where the server has rows. That it is a clone of production's
// size is nothing that belay could see.
func gradeOf(s *catalog.Snapshot) rehearsal.Grade {
	for _, r := range s.Relations.All() {
		if r.Kind == catalog.Table && r.Size != nil && r.Size.Rows > 0 {
			return rehearsal.GradeB
		}
	}
	return rehearsal.GradeC
}

// planAlone looks at the target as a run would, and makes the plan.
func planAlone(ctx context.Context, e *steps.Env) (*steps.Plan, error) {
	for _, s := range []steps.Step{Target, Preflight} {
		out, err := s.Run(ctx, e)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.ID, err)
		}
		if out.Status == journal.Failed {
			return nil, &steps.Refused{Problem: s.ID + ": " + out.Summary, Advice: out.Hint, Fatal: true}
		}
	}
	if len(e.Bench.Judged) == 0 {
		return nil, errNothing
	}
	return planOf(e.Bench, underReview(e), e.Project.Target.Role)
}

func runAlone(ctx context.Context, e *steps.Env, plan *steps.Plan, client dump.Client, forward bool, r *rehearsal.Record) error {
	cfg, err := targetConfig(e)
	if err != nil {
		return err
	}
	began := e.Now()
	o := rehearsal.Order{Config: cfg, Works: works(e, plan), Client: client, ForwardOnly: forward, Tell: progress(ctx, e, "rehearse")}
	if t := e.Bench.Table; t != nil && !t.Exists {
		o.Create = t.Variant.Create(t.Quoted)
	}
	err = rehearsal.Run(ctx, o, r)
	r.TookMS = e.Now().Sub(began).Milliseconds()
	r.Limits = slices.Compact(r.Limits)
	return err
}
