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
}

// onScratch rehearses the plan on the target's schema in a throwaway cluster.
func (t *trial) onScratch(ctx context.Context) (rehearsal.Record, error) {
	e, began := t.env, t.env.Now()
	r, err := t.newRecord(ctx, rehearsal.GradeC, "a throwaway cluster on this machine")
	if err != nil {
		return r, err
	}
	p := programs(ctx, e, t.target.Major)
	if missing := cmp.Or(p.NoServer, p.NoClient); missing != "" {
		return r, &steps.Refused{Problem: missing, Advice: "rehearse elsewhere with `belay rehearse --on DSN`"}
	}
	r.ServerMajor, r.Limits = p.Server.Major, append(r.Limits, gradeC...)
	d, err := takeDump(ctx, e, t.target, t.judged.Whole, true, "rehearse")
	if err != nil {
		return r, err
	}
	with, err := t.copyOf(ctx)
	if err != nil {
		return r, err
	}
	progress(ctx, e, "rehearse")("starting a throwaway cluster")
	place, err := rehearsal.Open(ctx, p.Server, p.Client, d.Path, with)
	if err != nil {
		return r, err
	}
	defer func() { _ = place.Close() }()
	r.Missing, r.LeftOut = place.Missing, place.LeftOut
	o := rehearsal.Order{
		Config: place.Config, Whole: place.Whole, Works: t.works(), Client: p.Client, Acts: with.Rights.Acts,
		Withheld: with.Rights.Mighty,
		Tell:     progress(ctx, e, "rehearse"),
	}
	o.Create = t.creates()
	err = rehearsal.Run(ctx, o, &r)
	r.TookMS = e.Now().Sub(began).Milliseconds()
	return r, err
}

func (t *trial) newRecord(ctx context.Context, grade rehearsal.Grade, place string) (rehearsal.Record, error) {
	schema, err := t.judged.Whole.Read(ctx)
	return rehearsal.Record{
		Schema: rehearsal.Schema, PlanSHA256: t.plan.SHA256, Grade: grade, Place: place,
		ServerMajor: t.target.Major, SchemaSHA256: schema.Fingerprint(), At: t.env.Now().UTC(), Diff: []string{},
		Limits: []string{},
	}, err
}

// copyOf reads roles, search path and the tool's history from the target.
func (t *trial) copyOf(ctx context.Context) (with rehearsal.Copy, err error) {
	history, table := "", t.folder.Table
	if table != nil && table.Exists {
		history = table.Quoted
	}
	err = t.env.Sessions.As(ctx, t.target.Roles.Reads, func(c *db.Conn) error {
		with, err = rehearsal.ReadCopy(ctx, c, t.target.Roles.Acts, history)
		return err
	})
	return with, err
}

// works are the units of the plan, each with its way back.
func (t *trial) works() []rehearsal.Work {
	var all []rehearsal.Work
	for _, u := range t.plan.Units {
		w := rehearsal.Work{Up: u.Unit, SHA256: u.Migration.Up.SHA256}
		w.Up.History = apply.Table{} // the throwaway's is ours, and a lock on it would be told as the file's
		if down := u.Migration.Down; down != nil {
			w.DownPath, w.DownSHA256 = down.Path, down.SHA256
			w.Down = func(ctx context.Context, s *catalog.Snapshot) (apply.Unit, error) {
				return t.downUnit(ctx, u.Migration, s)
			}
		}
		all = append(all, w)
	}
	return all
}

// downUnit is the unit that takes a migration back, judged by the catalog as it
// is now. Its proof is that the version is not in the history any more.
func (t *trial) downUnit(ctx context.Context, m migration.Migration, now *catalog.Snapshot) (apply.Unit, error) {
	result, err := sqlview.Review(ctx, []sqlview.Source{{
		Path: m.Down.Path, SQL: m.Down.Bytes, Tool: t.folder.Format.Name, Version: m.Version,
		Mode: judge.Mode(m.Down.Tx), ByBelay: true,
	}}, sqlview.Options{
		Snapshot: now, Version: now.ServerVersion, Small: sqlview.SmallTable, Today: t.env.Now().Format(time.DateOnly),
	})
	if err != nil {
		return apply.Unit{}, err
	}
	back := m
	back.Up = *m.Down
	unrecorded := t.folder
	unrecorded.Table = nil
	u, err := unitOf(unrecorded, back, result.Judged[0])
	if err != nil {
		return apply.Unit{}, err
	}
	u.Role = t.env.Project.Target.Role
	if table := t.folder.Table; table != nil {
		h, prev := table.Variant, before(t.folder.Files, m)
		if h.Unrecord == nil {
			return apply.Unit{}, fmt.Errorf("%s takes nothing back", t.folder.Format.Name)
		}
		u.Record = h.Unrecord(table.Quoted, m, prev)
		u.Mark = apply.Mark{SQL: h.Read(table.Quoted), Version: m.Version, UpTo: h.UpTo, Absent: true}
		if u.Wrap == apply.OneByOne && h.BeginDown != nil {
			u.Begin = h.BeginDown(table.Quoted, m, prev)
		}
	}
	return u.Unit, nil
}

// creates is the DDL of the tool's history table where the database has none yet.
func (t *trial) creates() string {
	if table := t.folder.Table; table != nil && !table.Exists {
		return table.Create()
	}
	return ""
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
