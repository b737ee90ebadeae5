package checklist

import (
	"context"
	"fmt"
	"slices"

	"belay/db/dump"
	"belay/db/scratch"
	"belay/sqlview/catalog"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/rehearsal"
)

// errNothing ends a rehearsal of an empty plan well.
var errNothing = &steps.Exit{
	Code: steps.ExitDone, Outcome: journal.OutcomeNothing, Summary: "nothing pending: nothing to rehearse",
}

// RehearseSchema rehearses what is pending on the target, on its schema, in a
// throwaway cluster: grade C. Calling it is the consent to pg_dump.
func RehearseSchema(ctx context.Context, e *steps.Env) (rehearsal.Record, error) {
	t, err := planAlone(ctx, e)
	if err != nil {
		return rehearsal.Record{}, err
	}
	return t.onScratch(ctx)
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
	place, err := rehearsal.Open(ctx, bin, client, path, rehearsal.CopyOfDump(e.Project.Target.Role))
	if err != nil {
		return rehearsal.Record{}, err
	}
	defer func() { _ = place.Close() }()
	e.Project.DSN, e.Project.DSNFrom = place.DSN, "throwaway cluster"
	t, err := planAlone(ctx, e)
	if err != nil {
		return rehearsal.Record{}, err
	}
	r, err := t.newRecord(ctx, rehearsal.GradeB, "a throwaway cluster with "+path)
	if err != nil {
		return r, err
	}
	r.Missing, r.LeftOut, r.Limits = place.Missing, place.LeftOut,
		append(r.Limits, "no traffic: says nothing about waiting", "rights were left out")
	return r, t.runAlone(ctx, rehearsal.Order{Client: client, Withheld: true}, &r)
}

// forDump finds programs of the version that a dump is from.
func forDump(ctx context.Context, e *steps.Env, path string) (bin scratch.Binaries, client dump.Client, err error) {
	if client, err = dump.Find(ctx, e.Project.Flags.PGBin, 0); err != nil {
		return bin, client, err
	}
	major, err := dump.ServerMajor(ctx, client, path)
	if err != nil {
		return bin, client, &steps.Refused{
			Problem: err.Error(),
			Advice: "--from takes a dump of pg_dump --format=custom or directory; plain SQL is code that psql " +
				"would run",
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
	t, err := planAlone(ctx, e)
	if err != nil {
		return rehearsal.Record{}, err
	}
	target := t.target
	free := target.Environment == "local" || (e.Project.Target.Disposable && target.Environment != "production")
	if !free {
		if err := consentOn(ctx, e, target.Target); err != nil {
			return rehearsal.Record{}, err
		}
	}
	r, err := t.newRecord(ctx, rehearsal.GradeC, target.Database+" on "+place(target.Target))
	if err != nil {
		return r, err
	}
	schema, err := t.judged.Whole.Read(ctx)
	if err != nil {
		return r, err
	}
	r.Grade = gradeOf(schema)
	r.Limits = append(r.Limits, "the migration stays applied there")
	return r, t.runAlone(ctx, rehearsal.Order{Client: programs(ctx, e, target.Major).Client, ForwardOnly: !free}, &r)
}

func consentOn(ctx context.Context, e *steps.Env, t fact.Target) error {
	if t.Environment == "" {
		word, err := e.Engine.Ask(ctx, "rehearse", environmentQuestion(t))
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
		ID: "rehearse.on", Expect: t.Database,
		Text: "apply it on " + t.Database + " on " + place(t) + "? It stays applied there. Type the database name",
		Why:  "on a shared server nothing is taken back after the rehearsal",
	})
	if err == nil && answer != t.Database {
		err = &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: "declined: nothing has changed",
		}
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
func planAlone(ctx context.Context, e *steps.Env) (*trial, error) {
	t := &trial{env: e}
	var out steps.Outcome
	var err error
	if t.target, out, err = RunTarget(ctx, e, t.target); err != nil || out.Status == journal.Failed {
		return nil, notLooked(Target, out, err)
	}
	if t.folder, t.judged, out, err = RunPreflight(ctx, e, t.target, t.folder, nil); err != nil ||
		out.Status == journal.Failed {
		return nil, notLooked(Preflight, out, err)
	}
	if len(t.judged.Files) == 0 {
		return nil, errNothing
	}
	t.plan, err = planOf(t.judged)
	return t, err
}

// notLooked is why a look that did not end well ends a rehearsal.
func notLooked(s steps.Step, out steps.Outcome, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", s.ID, err)
	}
	return &steps.Refused{Problem: s.ID + ": " + out.Summary, Advice: out.Hint, Fatal: true}
}

// runAlone rehearses on the target that the project names.
func (t *trial) runAlone(ctx context.Context, o rehearsal.Order, r *rehearsal.Record) error {
	e := t.env
	cfg, err := targetConfig(e)
	if err != nil {
		return err
	}
	began := e.Now()
	o.Config, o.Whole, o.Works, o.Acts, o.Tell = cfg, cfg, t.works(), t.target.Roles.Acts, progress(ctx, e, "rehearse")
	o.Create = t.creates()
	err = rehearsal.Run(ctx, o, r)
	r.TookMS = e.Now().Sub(began).Milliseconds()
	r.Limits = slices.Compact(r.Limits)
	return err
}
