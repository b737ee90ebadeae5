package campaign

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/evidence"
	"belay/db/inspect"
	"belay/db/ledger"
	"belay/sqlview/lint"
	"belay/sqlview/lint/rules"
	"belay/sqlview/rewrite"
	"belay/sqlview/rewrite/ways"
	"belay/steps"
)

// Wanted is a campaign that somebody wants to begin.
type Wanted struct {
	Kind string
	Args []string
	// Using is the expression of a change of type, Back that of its way back, Fill the
	// value of rows without one.
	Using, Back, Fill string
	// Sets are "COLUMN = EXPRESSION" for each column of a split or a merge, old and new.
	Sets []string
	Soak time.Duration
	// ID is a new uuid.
	ID string
}

// Propose makes a campaign that is not written yet. The error says, before anything was
// done, what hangs on the thing and cannot be carried over.
func (d *Desk) Propose(ctx context.Context, r Wanted) (*Campaign, error) {
	w, err := d.wish(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := d.free(ctx, w); err != nil {
		return nil, err
	}
	plan, err := d.plan(ctx, w)
	if err != nil {
		return nil, err
	}
	c := &Campaign{
		Campaign: ledger.Campaign{
			ID: r.ID, Identity: d.Identity.Key(), Timeline: d.Identity.Timeline, Kind: r.Kind, Owner: d.By,
			Objects: []string{w.thing.Title()}, State: ledger.CampaignOpen,
		},
		Start: Start{
			Says: w.says(), Table: w.thing.OID, Names: w.names(plan), At: d.Now, Differences: plan.Differences,
			Soak: w.soak, Tool: d.Standing.Format.Name,
		},
	}
	if len(plan.Later) > 0 {
		c.Start.Mend = plan.Later[0].Mend
	}
	for _, o := range w.groups.Old[min(1, len(w.groups.Old)):] {
		c.Objects = append(c.Objects, w.thing.Schema+"."+w.thing.Relation+"."+o.Name)
	}
	c.Phases = w.kind.phases(w, plan)
	return c, nil
}

// wish looks up what the arguments name.
func (d *Desk) wish(ctx context.Context, r Wanted) (w wish, err error) {
	w = wish{args: r.Args, using: r.Using, back: r.Back, fill: r.Fill, soak: r.Soak}
	if w.kind, err = FindKind(r.Kind); err != nil {
		return w, err
	}
	if len(r.Args) < w.kind.least || len(r.Args) > w.kind.most {
		return w, refused("give it: belay campaign new "+r.Kind+" "+w.kind.Args, "%s takes %s", r.Kind, w.kind.Args)
	}
	subject := r.Args[0]
	if w.kind.regroups {
		subject = split(subject)[0]
	}
	if w.thing, err = evidence.Find(ctx, d.conn, subject); err != nil {
		return w, err
	}
	must := w.kind.regroups || r.Kind == "type" || r.Kind == "not-null" || r.Kind == "foreign-key"
	switch {
	case w.kind.index != (w.thing.Kind == "index"):
		return w, refused("give it: belay campaign new "+r.Kind+" "+w.kind.Args, "%s is %s", w.thing.Title(),
			article(w.thing.Kind))
	case must && w.thing.Column == "":
		return w, refused("name the column: "+r.Args[0]+".COLUMN", "%s names no column", r.Args[0])
	case w.thing.Kind != "table" && w.thing.Kind != "partitioned table" && !w.kind.index:
		return w, refused("the safe rewrites are for tables: change it with the plain statement, and look at "+
			"`belay review`",
			"%s is %s", w.thing.Schema+"."+w.thing.Relation, article(w.thing.Kind))
	}
	switch r.Kind {
	case "split", "merge":
		err = w.regroup(r.Sets)
	case "rename":
		w.fresh, err = named(r.Args[1])
	case "foreign-key":
		if w.other, err = evidence.Find(ctx, d.conn, r.Args[1]); err == nil && w.other.Column == "" {
			err = refused("name it: "+r.Args[1]+".COLUMN", "%s names no column", r.Args[1])
		}
	}
	return w, err
}

// article is a noun with the right article.
func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// free refuses a second campaign on the same thing.
func (d *Desk) free(ctx context.Context, w wish) error {
	all, _, err := d.All(ctx)
	if errors.Is(err, NoLedgerError{}) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.State != ledger.CampaignOpen || len(c.Objects) == 0 {
			continue
		}
		mine := w.thing.Title()
		for _, theirs := range c.Objects {
			if c.Start.Table == w.thing.OID && (mine == theirs || strings.HasPrefix(mine, theirs+".") ||
				strings.HasPrefix(theirs, mine+".")) {
				return refused("go on with it: belay campaign show "+c.Short()+"; or give it up: belay campaign "+
					"abandon "+c.Short(),
					"campaign %s (%s) is open on %s already", c.Short(), c.Start.Says, theirs)
			}
		}
	}
	return nil
}

// plan asks the safe rewrites.
func (d *Desk) plan(ctx context.Context, w wish) (rewrite.Plan, error) {
	sql, err := w.kind.sql(w)
	if err != nil {
		return rewrite.Plan{}, err
	}
	in := rewrite.Input{
		Path: w.says(), Title: w.says(), SQL: []byte(sql + ";\n"), Mode: lint.Psql,
		Options: lint.Options{Version: d.conn.ServerMajor(), Today: d.Now.Format(time.DateOnly)},
		Fed:     true, Back: w.back, Given: w.given(),
	}
	err = steps.AsTool(ctx, d.conn, d.Project, func() (err error) {
		in.Snapshot, err = inspect.Named(ctx, d.conn, inspect.Names{Words: w.words(sql)})
		return err
	})
	if err != nil {
		return rewrite.Plan{}, steps.Database("the catalog", err)
	}
	plan, err := rewrite.Plan{}, error(nil)
	if w.kind.regroups {
		plan, err = rewrite.Make(ctx, in, rules.All(), ways.All(), w.groups.Run)
	} else {
		plan, err = rewrite.Propose(ctx, in, rules.All(), ways.All())
	}
	if err != nil {
		return plan, err
	}
	needsLater := w.kind.regroups || slices.Contains([]string{"rename", "type", "drop"}, w.kind.Name)
	switch {
	case len(plan.Left) > 0 && (len(plan.Files) == 0 || needsLater && len(plan.Later) == 0):
		return plan, refused("lift it first, or make the change by the plain statement and look at `belay review`",
			"%s cannot be taken apart into safe phases: %s", w.says(), plan.Left[0].Why)
	case len(plan.Files) == 0:
		return plan, refused("write it as one migration: belay new --sql SQL TITLE",
			"%s needs no campaign: nothing of it is dangerous", w.says())
	case needsLater && len(plan.Later) != 1:
		return plan, refused("write it as one migration: belay new --sql SQL TITLE", "%s has no second half", w.says())
	case w.kind.Name == "replace-index" && len(plan.Files) < 2:
		return plan, refused("give the new index another name than the old one's", "%s came to one file", w.says())
	}
	if w.kind.regroups {
		tried, err := d.tryRows(ctx, w)
		if err != nil {
			return plan, err
		}
		plan.Differences = append(plan.Differences, tried)
	}
	return plan, nil
}

// names are what the relation may be called while the campaign goes on.
func (w wish) names(plan rewrite.Plan) []string {
	names := []string{w.thing.Schema + "." + w.thing.Relation}
	switch {
	case w.kind.Name == "rename" && w.thing.Column == "":
		names = append(names, w.thing.Schema+"."+w.fresh)
	case w.kind.Name == "drop" && w.thing.Column == "":
		names = append(names, w.thing.Schema+"."+asideName(plan))
	}
	return names
}

// Begin writes a proposed campaign into the ledger.
func (d *Desk) Begin(ctx context.Context, c *Campaign) error {
	if err := d.Ledger(ctx, true); err != nil {
		return err
	}
	row := c.Campaign
	for i, p := range c.Phases {
		gates, err := c.document(i)
		if err != nil {
			return err
		}
		row.Phases = append(row.Phases, ledger.Phase{N: i + 1, Gates: gates, State: ledger.PhaseWaiting})
		p.row = row.Phases[i]
	}
	return d.write(ctx, func(conn *db.Conn) error { return ledger.OpenCampaign(ctx, conn.Conn, row) })
}
