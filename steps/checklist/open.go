package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/db"
	"belay/db/backfill"
	"belay/db/ledger"
	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
)

// openHere are the other runs of this user on the database that have something left.
func openHere(e *steps.Env, database db.Identity) []steps.OpenRun {
	return e.Engine.LeftOpen(database.SystemIdentifier, database.DatabaseOID)
}

// elsewhere are the open runs of other hosts. Files run in their order: what a run
// began is the first that is not applied.
func (k *ledgerCheck) elsewhere() []steps.OpenRun {
	var all []steps.OpenRun
	for _, o := range k.open {
		r := steps.OpenRun{ID: o.Short(), Live: len(o.Sessions) > 0, Elsewhere: true}
		if o.Applied < len(o.Migrations) {
			r.Began = o.Migrations[o.Applied]
		}
		all = append(all, r)
	}
	return append(all, k.filling...)
}

// readFilling finds the runs of other hosts of which the ledger has a backfill only.
func (k *ledgerCheck) readFilling(ctx context.Context, c *db.Conn) error {
	rows, err := backfill.List(ctx, c)
	for _, r := range rows {
		short := ledger.Run{ID: r.RunID}.Short()
		if r.State == backfill.Done || r.Identity != k.target.Identity.Key() || len(r.Migrations) != 1 ||
			r.Migrations[0] == "" || k.e.Engine.Here(short).Known ||
			slices.ContainsFunc(k.open, func(o ledger.Open) bool { return o.Short() == short }) {
			continue
		}
		live, err := ledger.SessionsOf(ctx, c, short)
		if err != nil {
			return err
		}
		k.filling = append(k.filling, steps.OpenRun{
			ID: short, Live: len(live) > 0, Elsewhere: true, Owner: r.Owner, Began: r.Migrations[0],
			Backfills: []string{r.ID},
		})
	}
	return err
}

// beganBy is the open run that began a version: its dirty row is that run's own.
func beganBy(b *steps.Folder, version string) (steps.OpenRun, bool) {
	for _, o := range b.Open {
		if version != "" && o.Began == version {
			return o, true
		}
	}
	return steps.OpenRun{}, false
}

// workedOn reports whether a run of belay's works on the dirty version now: what holds
// the tool's lock then is that run.
func workedOn(b *steps.Folder) bool {
	if len(b.Status.Dirty) == 0 {
		return false
	}
	o, ok := beganBy(b, b.Status.Dirty[0].Row.Version)
	return ok && o.Live
}

// begun says whose a dirty row is; false = of no run that goes on.
func begun(b *steps.Folder, p migration.Problem) (fact.Item, bool) {
	if ours(b.Confirmed, p) {
		return fact.Item{
			ID: string(migration.DirtyRow), Level: fact.OK,
			Text: "version " + p.Version + " is dirty: this run began it, and goes on from there",
		}, true
	}
	o, ok := beganBy(b, p.Version)
	return begunItem(o, p.Version), ok
}

// ours reports whether a row is dirty because this very run marked it so, before
// an earlier engine ended.
func ours(c *steps.Confirmed, p migration.Problem) bool {
	return c != nil && p.Kind == migration.DirtyRow && slices.Contains(c.Versions, p.Version)
}

// begunItem says whose a dirty row is. Nobody is told to record the version: the run
// asks the database what became of it.
func begunItem(o steps.OpenRun, version string) fact.Item {
	i := fact.Item{
		ID: string(migration.DirtyRow), Level: fact.Stop, Hard: true,
		Text: "version " + version + " is dirty: run " + o.ID + " began it and was stopped",
		Hint: onwards(o),
	}
	if o.Live {
		// It is as it should be: belay's lock of the database keeps another run away.
		i.Level, i.Hard = fact.Look, false
		i.Text = "version " + version + " is dirty: run " + o.ID + " works on it now"
	}
	if o.Owner != "" {
		i.Text += ", by " + o.Owner
	}
	return i
}

// onwards is how a run goes on, or is watched.
func onwards(o steps.OpenRun) string {
	there := ""
	if o.Owner != "" {
		there = " on that host"
	}
	if o.Live {
		return "`belay attach " + o.ID + "`" + there + " watches it"
	}
	return "`belay attach " + o.ID + "`" + there + " goes on from there"
}

// openItems names the runs that were left on this database: what they marked or
// left behind is theirs to settle. One that works was not left, and one whose dirty row
// is named is named by it.
func openItems(open []steps.OpenRun, dirty []migration.Dirty) []fact.Item {
	var items []fact.Item
	for _, o := range open {
		said := slices.ContainsFunc(dirty, func(d migration.Dirty) bool { return d.Row.Version == o.Began })
		if !o.Live && !o.Elsewhere && !said {
			i := fact.Item{
				ID: fact.OpenRunItem, Level: fact.Look, Text: "run " + o.ID + " was left open on this database",
				Hint: "`belay attach " + o.ID + "` asks what became of it", Next: "belay attach " + o.ID,
			}
			if len(o.Backfills) > 0 {
				i.Hint = onwards(o)
			}
			items = append(items, i)
		}
	}
	return items
}

// leftBackfills names the backfills of this database that are not done, whoever
// began them and wherever. A restored copy carries those of another.
func leftBackfills(
	ctx context.Context, e *steps.Env, id db.Identity, open []steps.OpenRun,
) (items []fact.Item, err error) {
	err = e.Sessions.Own(ctx, func(c *db.Conn) error {
		if err := ledger.Check(ctx, c); err != nil {
			return nil // none, or one that this belay does not know: nothing can be named
		}
		rows, err := backfill.List(ctx, c)
		for _, r := range rows {
			if r.State != backfill.Done && r.Identity == id.Key() && !strings.HasPrefix(r.RunID, e.Run+"-") {
				items = append(items, leftBackfill(r, open))
			}
		}
		return err
	})
	return items, err
}

// leftBackfill says how far a backfill is, and who goes on with it: the run that it is
// a file of, where one is open.
func leftBackfill(r backfill.Row, open []steps.OpenRun) fact.Item {
	i := fact.Item{
		ID: fact.BackfillItem, Level: fact.Look, Hint: "belay backfill --resume " + r.ID,
		Next: "belay backfill --resume " + r.ID,
		Text: fmt.Sprintf("a backfill of %s %s (seen %s), %s done, by %s", r.Leaf, r.State.Says(),
			measure.Age(r.Age), measure.Rows(r.DoneRows), r.Owner),
	}
	if r.Reason != "" {
		i.Text += ": " + r.Reason
	}
	at := slices.IndexFunc(open, func(o steps.OpenRun) bool {
		return slices.Contains(o.Backfills, r.ID) || strings.HasPrefix(r.RunID, o.ID)
	})
	if at < 0 {
		return i
	}
	o := open[at]
	if i.Hint, i.Next = onwards(o), "belay attach "+o.ID; o.Owner != "" {
		i.Next = "" // on that host
	}
	if o.Live {
		i.Level = fact.OK
	}
	return i
}
