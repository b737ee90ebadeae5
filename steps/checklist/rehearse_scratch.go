package checklist

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/judge"
	"belay/steps/rehearsal"
)

// gradeC is what the bare schema on a throwaway cluster cannot show.
var gradeC = []string{
	"no rows: says nothing about durations, scans, or rows that break a constraint",
	"no traffic: says nothing about waiting",
	"roles exist by name only: rights and row security were not tried",
}

// onScratch rehearses the plan on the target's schema in a throwaway cluster.
func onScratch(ctx context.Context, e *steps.Env, plan *steps.Plan) (rehearsal.Record, error) {
	began := e.Now()
	r, err := newRecord(ctx, e, plan, rehearsal.GradeC, "a throwaway cluster on this machine")
	if err != nil {
		return r, err
	}
	p := programs(ctx, e)
	if missing := cmp.Or(p.NoServer, p.NoClient); missing != "" {
		return r, &steps.Refused{Problem: missing, Advice: "rehearse elsewhere with `belay rehearse --on DSN`"}
	}
	r.ServerMajor, r.Limits = p.Server.Major, append(r.Limits, gradeC...)
	d, err := takeDump(ctx, e, p.Client, true, "rehearse")
	if err != nil {
		return r, err
	}
	with, err := copyOf(ctx, e)
	if err != nil {
		return r, err
	}
	progress(ctx, e, "rehearse")("starting a throwaway cluster")
	place, err := rehearsal.Open(ctx, p.Server, p.Client, d.Path, with)
	if err != nil {
		return r, err
	}
	defer func() { _ = place.Close() }()
	r.Missing = place.Missing
	err = rehearsal.Run(ctx, rehearsal.Order{
		Config: place.Config, Works: works(e, plan), Client: p.Client, Tell: progress(ctx, e, "rehearse"),
	}, &r)
	r.TookMS = e.Now().Sub(began).Milliseconds()
	return r, err
}

func newRecord(ctx context.Context, e *steps.Env, plan *steps.Plan, grade rehearsal.Grade, place string) (rehearsal.Record, error) {
	schema, err := whole(ctx, e)
	return rehearsal.Record{
		Schema: rehearsal.Schema, PlanSHA256: plan.SHA256, Grade: grade, Place: place,
		ServerMajor: e.Bench.Target.Major, SchemaSHA256: schema.Fingerprint(), At: e.Now().UTC(), Diff: []string{}, Limits: []string{},
	}, err
}

// copyOf reads roles, search path and the tool's history from the target.
func copyOf(ctx context.Context, e *steps.Env) (with rehearsal.Copy, err error) {
	history := ""
	t := e.Bench.Table
	if t != nil && t.Exists {
		history = t.Quoted
	}
	err = e.Sessions.Monitor(func(c *db.Conn) error {
		with, err = rehearsal.ReadCopy(ctx, c, history)
		return err
	})
	if t != nil && !t.Exists {
		with.Create = t.Variant.Create(t.Quoted)
	}
	return with, err
}

// works are the units of the plan, each with its way back.
func works(e *steps.Env, plan *steps.Plan) []rehearsal.Work {
	var all []rehearsal.Work
	for _, u := range plan.Units {
		w := rehearsal.Work{Up: u.Unit, SHA256: u.Migration.Up.SHA256}
		if down := u.Migration.Down; down != nil {
			w.DownPath, w.DownSHA256 = down.Path, down.SHA256
			w.Down = func(ctx context.Context, s *catalog.Snapshot) (apply.Unit, error) {
				return downUnit(ctx, e, u.Migration, s)
			}
		}
		all = append(all, w)
	}
	return all
}

// downUnit is the unit that takes a migration back, judged by the catalog as it
// is now. Its proof is that the version is not in the history any more.
func downUnit(ctx context.Context, e *steps.Env, m migration.Migration, now *catalog.Snapshot) (apply.Unit, error) {
	result, err := sqlview.Review(ctx, []sqlview.Source{{
		Path: m.Down.Path, SQL: m.Down.Bytes, Tool: e.Bench.Format.Name, Version: m.Version, Mode: judge.Mode(m.Down.Tx), ByBelay: true,
	}}, sqlview.Options{Snapshot: now, Version: now.ServerVersion, Small: sqlview.SmallTable, Today: e.Now().Format(time.DateOnly)})
	if err != nil {
		return apply.Unit{}, err
	}
	back := m
	back.Up = *m.Down
	bench := *e.Bench
	bench.Table = nil
	u, err := unitOf(&bench, back, result.Judged[0])
	if err != nil {
		return apply.Unit{}, err
	}
	u.Role = e.Project.Target.Role
	if t := e.Bench.Table; t != nil {
		h, prev := t.Variant, before(e.Bench.Folder, m)
		if h.Unrecord == nil {
			return apply.Unit{}, fmt.Errorf("%s takes nothing back", e.Bench.Format.Name)
		}
		u.Record = h.Unrecord(t.Quoted, m, prev)
		u.Mark = apply.Mark{SQL: h.Read(t.Quoted), Version: m.Version, UpTo: h.UpTo, Absent: true}
		if u.Wrap == apply.OneByOne && h.BeginDown != nil {
			u.Begin = h.BeginDown(t.Quoted, m, prev)
		}
	}
	return u.Unit, nil
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
