package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"

	"belay/db"
	"belay/db/dump"
	dbevidence "belay/db/evidence"
	"belay/db/scratch"
	"belay/steps"
	"belay/steps/rehearsal"
	"belay/steps/shapes"
)

// Trial is what the statements of the application make of the schema after a phase.
type Trial struct {
	shapes.Result
	Phase string `json:"phase"`
	// Counted says how many statements the server had counted, Why why none could be read.
	Counted int    `json:"counted"`
	Why     string `json:"why,omitempty"`
}

// Try takes the schema to a throwaway server of the same major version, prepares the
// statements that the application sends, makes the changes of the next phase that has
// files, and prepares them again. more are statements of a file. The database itself is
// only read.
func (d *Desk) Try(ctx context.Context, c *Campaign, more []shapes.Shape) (t Trial, err error) {
	p := d.nextFiles(c)
	if p == nil {
		return t, refused("`belay campaign list` has those that are open", "campaign %s has nothing left to run",
			c.Short())
	}
	t.Phase = p.Title
	counted, why, err := dbevidence.Statements(ctx, d.conn)
	if err != nil {
		return t, steps.Database("the statements", err)
	}
	t.Why = why
	all := more
	for _, s := range counted {
		all = append(all, shapes.Shape{SQL: s.SQL, Who: s.Who, Calls: s.Calls})
	}
	if all, err = shapes.Of(ctx, all); err != nil {
		return t, err
	}
	if t.Counted = len(all); t.Counted == 0 {
		return t, nil
	}
	var change []string
	for _, f := range p.Files {
		change = append(change, f.SQL...)
	}
	t.Result, err = d.onScratch(ctx, all, change)
	return t, err
}

// nextFiles is the first phase whose files have not all run; nil = there is none.
func (d *Desk) nextFiles(c *Campaign) *Phase {
	_, n := c.Current()
	for _, p := range c.Phases[n-1:] {
		if len(p.Files) > 0 && !d.ran(p) {
			return p
		}
	}
	return nil
}

func (d *Desk) onScratch(ctx context.Context, all []shapes.Shape, change []string) (out shapes.Result, err error) {
	bin, err := scratch.FindMajor(d.Project.Flags.PGBin, d.Identity.Major)
	if err != nil {
		return out, refused("give the folder of its programs: --pg-bin DIR",
			"no PostgreSQL %d server programs on this machine",
			d.Identity.Major)
	}
	client, err := dump.Find(ctx, d.Project.Flags.PGBin, d.Identity.Major)
	if err != nil {
		return out, err
	}
	roles, err := steps.RolesOf(ctx, d.conn, d.Project)
	if err != nil {
		return out, err
	}
	with, err := rehearsal.ReadCopy(ctx, d.conn, roles.Acts, "")
	if err != nil {
		return out, steps.Database("the roles", err)
	}
	dir, err := os.MkdirTemp("", "belay-try-")
	if err != nil {
		return out, fmt.Errorf("a folder for the schema: %w", err)
	}
	defer os.RemoveAll(dir)
	schema, err := dump.Take(ctx, client, d.cfg, dump.Options{
		Dir: dir, Name: "schema", SchemaOnly: true, Run: "campaign", ServerMajor: d.Identity.Major, Role: roles.Acts,
		Whose: d.Identity.Whose(),
	})
	if err != nil {
		return out, err
	}
	s, err := rehearsal.Open(ctx, bin, client, schema.Path, with)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return tryOn(ctx, s.Config, all, change)
}

// tryOn works on the throwaway server, with the names of the team's own search path.
func tryOn(ctx context.Context, cfg db.Config, all []shapes.Shape, change []string) (shapes.Result, error) {
	c, err := db.Connect(ctx, cfg, db.Session{Kind: db.Executor, Run: "campaign", Step: "try"})
	if err != nil {
		return shapes.Result{}, err
	}
	defer c.Close()
	if _, err := c.Exec(ctx, `SELECT pg_catalog.set_config('search_path', $1, false)`,
		c.TeamValue("search_path")); err != nil {
		return shapes.Result{}, err
	}
	return shapes.Try(ctx, c, all, change)
}
