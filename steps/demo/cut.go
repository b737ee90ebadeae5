package demo

import (
	"context"
	"fmt"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/faultproxy"
	"belay/steps/demo/lane"
)

// cutVersion is the migration whose connection is cut.
const cutVersion = 42

// cut runs one more migration and cuts its connection at COMMIT: the server
// commits, and nobody hears of it.
func (d *Demo) cut(ctx context.Context) error {
	units, err := d.units(ctx, cutVersion)
	if err != nil {
		return err
	}
	proxy, err := faultproxy.New(d.DSN())
	if err != nil {
		return err
	}
	defer proxy.Close()
	trio, err := d.trio(ctx, proxy.DSN)
	if err != nil {
		return err
	}
	defer trio.Close()
	proxy.On(faultproxy.Runs("COMMIT"), faultproxy.CutReply)
	d.tell(false, "%s: %s", units[0].Path, units[0].Statements[0].SQL)
	x := &apply.Executor{Trio: trio, Limits: limits, Tell: d.follow(units[0])}
	res := x.Run(ctx, units[0])
	if res.Outcome != apply.Unknown {
		return fmt.Errorf("the cut was not met: %s: %w", res.Outcome, res.Err)
	}
	e, err := d.probe(ctx, units[0], res.Trace)
	if err != nil {
		return err
	}
	return d.judge(ctx, e)
}

// probe asks on a fresh connection until the backend of the unit is done.
func (d *Demo) probe(ctx context.Context, u apply.Unit, at apply.Trace) (apply.Evidence, error) {
	cfg, err := db.ParseConfig(d.DSN(), "demo")
	if err != nil {
		return apply.Evidence{}, err
	}
	c, err := db.Connect(ctx, cfg, db.Session{Kind: db.Monitor, Run: "demo"})
	if err != nil {
		return apply.Evidence{}, err
	}
	defer func() { _ = c.Close() }()
	d.tell(false, "a fresh connection asks the database what became of it")
	for {
		e, err := apply.Probe(ctx, c, u, at)
		if err != nil || e.Outcome != apply.Unknown || len(e.Ghosts) == 0 {
			return e, err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return e, err
		}
	}
}

// judge sets beside what belay says what is so, read from the catalog.
func (d *Demo) judge(ctx context.Context, e apply.Evidence) error {
	there, err := d.hasColumn(ctx, "gift_wrap")
	if err != nil {
		return err
	}
	r := lane.CutResult{Said: string(e.Outcome), Truth: string(apply.NotApplied), Why: e.Why}
	if there {
		r.Truth = string(apply.Applied)
	}
	if e.Recorded {
		r.How = fmt.Sprintf("history row %d", cutVersion)
	}
	d.tell(r.Said != r.Truth, "belay says: %s; %s: %s", r.Said, e.Why, r.How)
	d.tell(r.Said != r.Truth, "the catalog says: %s",
		map[bool]string{true: "the column is there", false: "there is no such column"}[there])
	d.change(func(st *lane.State) { st.Results.Cut = &r })
	return nil
}
