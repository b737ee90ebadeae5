package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/sqlview/effect"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/steps/demo/lane"
)

// limits are belay's own but for the shorter rungs: a demo's requests are quick.
var limits = apply.Limits{
	FirstRung: 100 * time.Millisecond, SecondRung: 150 * time.Millisecond, ConcurrentDeadline: 2 * time.Minute,
}

// belay runs the files 40 and 41 by belay's own executor.
func (d *Demo) belay(ctx context.Context) error {
	units, err := d.units(ctx, 40, 41)
	if err != nil {
		return err
	}
	trio, err := d.trio(ctx, d.DSN())
	if err != nil {
		return err
	}
	defer trio.Close()
	r := lane.BelayResult{Applied: true}
	x := &apply.Executor{Trio: trio, Limits: limits}
	for i, u := range units {
		x.Tell = d.follow(u)
		res := x.Run(ctx, u)
		if i == 0 {
			r.Attempts = res.Attempts
		}
		if res.Outcome != apply.Applied {
			r.Applied = false
			d.tell(true, "%s: %s: %v", u.Path, res.Outcome, res.Err)
			break
		}
	}
	if r.IndexValid, err = d.indexValid(ctx); err != nil {
		return err
	}
	r.MaxMS, r.Blocked, err = d.settle(ctx)
	d.change(func(st *lane.State) { st.Results.Belay = &r })
	return err
}

// trio opens the executor's three connections.
func (d *Demo) trio(ctx context.Context, dsn string) (*db.Trio, error) {
	cfg, err := db.ParseConfig(dsn, "the demo")
	if err != nil {
		return nil, err
	}
	return db.OpenTrio(ctx, cfg, "demo", "run")
}

// units reads versions of the shop's folder as a run would.
func (d *Demo) units(ctx context.Context, versions ...uint64) ([]apply.Unit, error) {
	format, err := migration.Find("golang-migrate")
	if err != nil {
		return nil, err
	}
	folder, err := format.Load(os.DirFS(d.Dir()), "migrations")
	if err != nil {
		return nil, err
	}
	var units []apply.Unit
	for i, m := range folder.Migrations {
		for _, v := range versions {
			if m.Number != v {
				continue
			}
			u, err := d.unit(ctx, format.History, m, &folder.Migrations[i-1])
			if err != nil {
				return nil, err
			}
			units = append(units, u)
		}
	}
	if len(units) != len(versions) {
		return nil, errors.New("the demo's own migrations are not in its folder")
	}
	return units, nil
}

func (d *Demo) unit(ctx context.Context, h migration.History, m migration.Migration,
	before *migration.Migration) (apply.Unit, error) {
	const table = `"public"."schema_migrations"`
	u := apply.Unit{Name: m.Version, Path: m.Up.Path, Record: h.Record(table, m)}
	u.Mark = apply.Mark{SQL: h.Read(table), Version: m.Version, UpTo: h.UpTo}
	files, err := parse.Parse(ctx, m.Up.Bytes)
	if err != nil {
		return u, fmt.Errorf("%s: %w", m.Up.Path, err)
	}
	for _, s := range files[0].Statements {
		u.Statements = append(u.Statements, apply.FromParse(m.Up.Bytes, s, effect.Of(s, nil, d.cluster.Major())))
	}
	if u.Wrap = apply.WrapOf(u.Statements, false); u.Wrap == apply.OneByOne {
		u.Begin, u.Unbegin = h.Begin(table, m), h.Unrecord(table, m, before)
	}
	return u, u.Validate()
}
