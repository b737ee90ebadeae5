package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/ledger"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/evidence"
	"belay/steps/judge"
	"belay/steps/project"
)

// Desk is a project's database and folder, as one command works on them. Close it.
type Desk struct {
	Project *project.Project
	// By is who works: "USER@HOST".
	By       string
	Identity db.Identity
	Standing judge.Standing
	// Now is the server's clock when the desk was opened.
	Now time.Time
	// Standbys, Code and Samples go into each look for evidence.
	Standbys, Code []string
	Samples        int

	conn *db.Conn
	cfg  db.Config
}

// Refused says what stands against a campaign, and what would lift it.
func refused(advice, format string, args ...any) error {
	return &steps.Refused{Problem: fmt.Sprintf(format, args...), Advice: advice}
}

// Open connects, and reads the folder and the history table. It changes nothing.
func Open(ctx context.Context, p *project.Project, by string) (*Desk, error) {
	if p.PickError != nil {
		return nil, p.PickError
	}
	if p.Picked.Tool == "" {
		return nil, refused("make it, and name its tool: --migrations DIR --tool NAME",
			"there is no migrations folder here: the files of a campaign have nowhere to go")
	}
	cfg, err := p.Database()
	if err != nil {
		return nil, err
	}
	d := &Desk{Project: p, By: by, Samples: 2, cfg: cfg}
	if d.conn, err = evidence.Connect(ctx, cfg); err != nil {
		return nil, err
	}
	if err := d.look(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Desk) look(ctx context.Context) (err error) {
	if d.Identity, err = db.Identify(ctx, d.conn); err != nil {
		return steps.Database("the database", err)
	}
	if err = d.conn.QueryRow(ctx, `SELECT pg_catalog.clock_timestamp()`).Scan(&d.Now); err != nil {
		return steps.Database("the server's clock", err)
	}
	d.Now = d.Now.UTC()
	if d.Standing, err = judge.Stand(ctx, d.Project, true); err != nil {
		return err
	}
	return d.settle(ctx)
}

// settle takes the ledger's word for files that only this working tree has: they ran with
// exactly these bytes, from whatever host. Where there is no ledger nothing ran by it.
func (d *Desk) settle(ctx context.Context) error {
	files, err := ledger.Files(ctx, d.conn, d.Identity.Key(), d.Standing.Format.Name)
	switch db.SQLState(err) {
	case "3F000", "42P01", "42501":
		return nil // what is missing is said where the ledger is asked for
	}
	if err != nil {
		return steps.Database("the ledger", err)
	}
	d.Standing.Status = d.Standing.Status.Settle(func(m migration.Migration) bool {
		return slices.ContainsFunc(files, func(f ledger.File) bool {
			return f.Version == m.Version && f.SHA256 == m.Up.SHA256
		})
	})
	return nil
}

// Close ends the connection.
func (d *Desk) Close() { _ = d.conn.Close() }

// NoLedgerError says that the database has no ledger: a campaign has nowhere to be kept.
type NoLedgerError struct{}

func (NoLedgerError) Error() string {
	return "the database has no ledger (schema belay), in which a campaign is kept"
}

// Hint is what to do now.
func (NoLedgerError) Hint() string {
	return "`belay campaign new KIND ARG…` creates it after a yes; or let the DBA run what `belay doctor " +
		"--print-ledger` prints"
}

// Ledger is nil where the ledger can be read, and written where write is true.
func (d *Desk) Ledger(ctx context.Context, write bool) error {
	if d.Project.Config.Ledger == "local" {
		return refused(`take that line out of belay.toml: other hosts and days have to find a campaign in the database`,
			`belay.toml says ledger = "local"`)
	}
	missing, err := ledger.MissingForCampaigns(ctx, d.conn)
	if err != nil {
		return steps.Database("the ledger (schema belay)", err)
	}
	if i := slices.IndexFunc(missing, func(r ledger.Right) bool { return write || r.Reads() }); i >= 0 {
		return refused(missing[i].Grant(d.Identity.CurrentUser), "this role may not use the ledger: it lacks %s on %s",
			missing[i].Privilege, missing[i].Object)
	}
	err = ledger.Check(ctx, d.conn)
	switch {
	case errors.Is(err, ledger.ErrMissing):
		return NoLedgerError{}
	case err != nil:
		return err
	case d.Identity.SystemIdentifier == "":
		return refused("let the DBA grant it: EXECUTE on function pg_control_system()",
			"the role may not read the system identifier, so the campaigns of a copy could not be told from this "+
				"database's")
	case write && d.Identity.InRecovery:
		return refused("give the primary's address", "this server is a standby: a campaign goes on at its primary")
	case write:
		return ledger.Writable(ctx, d.conn)
	}
	return nil
}

// CreateLedger makes the ledger, after a person's yes.
func (d *Desk) CreateLedger(ctx context.Context) error {
	return d.write(ctx, func(c *db.Conn) error {
		_, err := ledger.Create(ctx, c.Conn)
		return err
	})
}

// write lends a connection that may write. It is open for one short transaction.
func (d *Desk) write(ctx context.Context, f func(*db.Conn) error) error {
	c, err := db.Connect(ctx, d.cfg, db.Session{Kind: db.Executor, Run: "campaign", Step: "ledger"})
	if err != nil {
		return err
	}
	defer c.Close()
	is := c.Whose()
	if was := db.Whose(d.Identity.Key()); !was.Same(is) {
		return &db.OtherError{Was: was, Is: is}
	}
	err = f(c)
	if errors.Is(err, ledger.ErrChanged) {
		return refused("look at it again: belay campaign show", "somebody else has changed the campaign meanwhile")
	}
	return err
}

// All reads the campaigns of this database, the open ones first; others counts those that
// a restored dump brought along.
func (d *Desk) All(ctx context.Context) (all []*Campaign, others int, err error) {
	if err := d.Ledger(ctx, false); err != nil {
		return nil, 0, err
	}
	rows, others, err := ledger.Campaigns(ctx, d.conn, d.Identity.Key())
	if err != nil {
		return nil, 0, steps.Database("the campaigns", err)
	}
	for _, r := range rows {
		c, err := read(r)
		if err != nil {
			return nil, 0, refused("a newer belay may have written it", "%v", err)
		}
		all = append(all, c)
	}
	return all, others, nil
}

// Find finds a campaign by the beginning of its id; "" = the only one that is open.
func (d *Desk) Find(ctx context.Context, id string) (*Campaign, error) {
	all, _, err := d.All(ctx)
	if err != nil {
		return nil, err
	}
	var found []*Campaign
	for _, c := range all {
		if id == "" && c.State == ledger.CampaignOpen || id != "" && strings.HasPrefix(c.ID, id) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && id == "":
		return nil, refused("begin one: belay campaign new KIND ...", "no campaign is open on this database")
	case len(found) == 0:
		return nil, refused("`belay campaign list` has them", "there is no campaign %s on this database", id)
	}
	return nil, refused("`belay campaign list` has them; name one", "%d campaigns may be meant", len(found))
}

// applied says how a written file stands: applied, waiting in the folder, or neither.
type applied int

const (
	unknown applied = iota
	waiting
	ran
)

// fate holds a file against the history table and the folder.
func (d *Desk) fate(f File) applied {
	is := func(m migration.Migration) bool { return m.Version == f.Version }
	s := d.Standing.Status
	switch {
	case slices.ContainsFunc(s.Applied, is),
		slices.ContainsFunc(s.Missing, func(r migration.Row) bool { return r.Version == f.Version }):
		return ran
	case slices.ContainsFunc(d.Standing.Folder.Migrations, is):
		return waiting
	}
	return unknown
}

// ran reports whether all files of a phase are applied.
func (d *Desk) ran(p *Phase) bool {
	return len(p.Files) > 0 && !slices.ContainsFunc(p.Files, func(f File) bool {
		return f.Version == "" ||
			d.fate(f) != ran
	})
}

// lost is a file of a phase that neither this folder nor the history table has; "" = none.
func (d *Desk) lost(p *Phase) string {
	for _, f := range p.Files {
		if f.Version != "" && d.fate(f) == unknown {
			return f.Path
		}
	}
	return ""
}

// Trouble says what became of the campaign's relation meanwhile; "" = it is there.
func (d *Desk) Trouble(ctx context.Context, c *Campaign) (string, error) {
	if d.Standing.Format.Name != c.Start.Tool {
		return fmt.Sprintf("it was begun in a folder of %s, and this one is of %s: another history table has its files",
			c.Start.Tool, d.Standing.Format.Name), nil
	}
	var schema, name string
	err := d.conn.QueryRow(ctx, `SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1`, c.Start.Table).Scan(&schema, &name)
	switch p, _ := c.Current(); {
	case errors.Is(err, pgx.ErrNoRows) && (p == nil || d.ran(p)):
		return "", nil
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Sprintf("%s is gone: somebody has dropped it; the campaign has nothing to go on with",
			c.Objects[0]), nil
	case err != nil:
		return "", steps.Database("the relation", err)
	}
	if !slices.Contains(c.Start.Names, schema+"."+name) {
		return fmt.Sprintf("%s is called %s.%s now: it was renamed by somebody else", c.Objects[0], schema, name), nil
	}
	return "", nil
}
