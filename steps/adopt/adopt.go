// Package adopt takes a folder over that another tool has run until now: it keeps the
// hashes of what is applied in the ledger, as assumed, so that an edit of a file is told
// from then on, on every host.
package adopt

import (
	"context"
	"errors"
	"slices"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/git"
	"belay/steps/judge"
	"belay/steps/project"
)

// Case is a folder with its database.
type Case struct {
	judge.Standing
	Identity db.Identity
	// Environment is the database's word; "" = nobody said.
	Environment string
	// Create is true where the ledger is made first.
	Create bool
	// Known is how many of the applied files the ledger has already.
	Known int
	// Files are what would be kept, in the folder's order. Edited are applied too, and are
	// not what was merged: their bytes are nobody's word for what ran.
	Files  []ledger.File
	Edited []git.Edited

	conn *db.Conn
}

// timeout bounds what is written: it waits for nobody.
const timeout = 10 * time.Second

// Open reads the folder, its history table and the ledger. It changes nothing. Close ends
// its connection.
func Open(ctx context.Context, p *project.Project, by string) (*Case, error) {
	if p.PickError != nil {
		return nil, p.PickError
	}
	if p.Config.Ledger == "local" {
		return nil, &steps.Refused{
			Problem: `belay.toml says ledger = "local": the hashes have nowhere to go`,
			Advice:  "take that line out: other hosts have to find them in the database",
		}
	}
	cfg, err := p.Database()
	if err != nil {
		return nil, err
	}
	c := &Case{}
	if c.conn, err = db.Connect(ctx, cfg, db.Session{Kind: db.Executor, Run: "adopt", Step: "ledger"}); err != nil {
		return nil, err
	}
	if err := c.look(ctx, p, by); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the connection.
func (c *Case) Close() { _ = c.conn.Close() }

func (c *Case) look(ctx context.Context, p *project.Project, by string) (err error) {
	if c.Identity, err = db.Identify(ctx, c.conn); err != nil {
		return steps.Database("the database", err)
	}
	switch {
	case c.Identity.InRecovery:
		return &steps.Refused{Problem: "this server is a standby", Advice: "give the primary's address"}
	case c.Identity.SystemIdentifier == "":
		return &steps.Refused{
			Problem: "the role may not read the system identifier, so a copy's hashes could not be told from this " +
				"database's",
			Advice: "let the DBA grant it: EXECUTE on function pg_control_system()",
		}
	}
	c.Environment, _ = p.Environment(c.Identity.SystemIdentifier, c.Identity.Database)
	if c.Standing, err = judge.Stand(ctx, p, true); err != nil {
		return err
	}
	known, err := c.known(ctx)
	if err != nil {
		return err
	}
	c.choose(known, by)
	return nil
}

// known are the files that the ledger has.
func (c *Case) known(ctx context.Context) ([]ledger.File, error) {
	err := ledger.Check(ctx, c.conn)
	if errors.Is(err, ledger.ErrMissing) {
		c.Create = true
		return nil, nil
	}
	if err == nil {
		err = ledger.Writable(ctx, c.conn)
	}
	if err != nil {
		return nil, steps.Database("the ledger", err)
	}
	files, err := ledger.Files(ctx, c.conn, c.Identity.Key(), c.Format.Name)
	return files, steps.Database("the ledger", err)
}

// choose takes what is applied and has no row; what git says was edited is left out.
func (c *Case) choose(known []ledger.File, by string) {
	for _, m := range c.Status.Applied {
		if slices.ContainsFunc(known, func(f ledger.File) bool { return f.Version == m.Version }) {
			c.Known++
			continue
		}
		i := slices.IndexFunc(c.Git.Edited, func(e git.Edited) bool { return e.Path == m.Up.Path })
		if i >= 0 {
			c.Edited = append(c.Edited, c.Git.Edited[i])
			continue
		}
		c.Files = append(c.Files, ledger.File{
			Identity: c.Identity.Key(), Tool: c.Format.Name, Version: m.Version, Name: m.Up.Path, SHA256: m.Up.SHA256,
			Normalized: m.Up.Normalized(), Environment: c.Environment, By: by, Assumed: true,
		})
	}
}

// Keep writes the hashes, and the ledger before them where there is none. It is to be
// called after a person's yes. What somebody else kept meanwhile stays; n is how many were
// written.
func (c *Case) Keep(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	is, err := db.WhoseIs(ctx, c.conn)
	if err != nil {
		return 0, steps.Database("the database", err)
	}
	if was := db.Whose(c.Identity.Key()); !was.Same(is) {
		return 0, &db.OtherError{Was: was, Is: is}
	}
	if c.Create {
		if _, err := ledger.Create(ctx, c.conn.Conn); err != nil {
			return 0, steps.Database("creating the ledger", err)
		}
	}
	n, err = ledger.Assume(ctx, c.conn, c.Files)
	return n, steps.Database("the ledger", err)
}
