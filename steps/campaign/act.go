package campaign

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"belay/db"
	"belay/db/dump"
	dbevidence "belay/db/evidence"
	"belay/db/ledger"
	"belay/sqlview/migration"
	"belay/steps/draft"
	"belay/steps/evidence"
	"belay/steps/project"
)

// folder is the migrations folder on the disk.
func (d *Desk) folder() string {
	return filepath.Join(d.Project.Dir, filepath.FromSlash(d.Project.Picked.Dir))
}

// Check counts and looks for what the current phase waits for, and keeps what was seen.
func (d *Desk) Check(ctx context.Context, c *Campaign, patience time.Duration, newID func() string) (*evidence.Report,
	error) {
	p, n := c.Current()
	if p == nil {
		return nil, nil
	}
	if err := d.Untouched(ctx, c); err != nil {
		return nil, err
	}
	if w := c.watched(n - 1); w > 0 {
		p, n = c.Phases[w], w+1
	}
	if p.Gates.Same != nil && p.row.State == ledger.PhaseWaiting {
		counted, err := d.Count(ctx, p, patience)
		if err != nil {
			return nil, err
		}
		p.Counts = append(p.Counts, Counted{Counted: counted, By: d.By})
		const mostCounts = 10
		p.Counts = p.Counts[max(len(p.Counts)-mostCounts, 0):]
		if err := d.save(ctx, c, "", n-1); err != nil {
			return nil, err
		}
	}
	seen, err := d.Evidence(ctx, p)
	if err != nil || seen == nil {
		return seen, err
	}
	return seen, d.keep(ctx, c, n, p, seen, newID)
}

// keep writes what the sources said into the ledger.
func (d *Desk) keep(ctx context.Context, c *Campaign, n int, p *Phase, seen *evidence.Report,
	newID func() string) error {
	var all []ledger.Evidence
	for _, s := range seen.Sources {
		e := ledger.Evidence{
			ID: newID(), N: n, Source: s.Name, Since: s.Since, Until: s.Until, Blind: s.Blind,
			Verdict: string(s.Verdict),
		}
		if e.Until.IsZero() {
			e.Until = seen.At
		}
		if w := p.waiver(s); w != nil {
			e.WaivedBy = w.By + ": " + w.Reason
		}
		all = append(all, e)
	}
	return d.write(ctx, func(conn *db.Conn) error { return ledger.KeepEvidence(ctx, conn.Conn, c.ID, all) })
}

// Confirm keeps that a deploy is out, by a person's word.
func (d *Desk) Confirm(ctx context.Context, c *Campaign, version string) error {
	return d.confirm(ctx, c, Confirmed{Version: version, By: d.By, At: d.Now})
}

func (d *Desk) confirm(ctx context.Context, c *Campaign, k Confirmed) error {
	if err := d.WaitsForDeploy(c); err != nil {
		return err
	}
	p, n := c.Current()
	p.Confirmed = &k
	return d.finish(ctx, c, n-1)
}

// WaitsForDeploy is nil where the campaign waits for nothing but the word that a deploy is
// out.
func (d *Desk) WaitsForDeploy(c *Campaign) error {
	p, _ := c.Current()
	if p == nil || !p.Confirms() {
		return refused("`belay campaign show "+c.Short()+"` says what is next",
			"the campaign does not wait for a deploy now")
	}
	for _, g := range d.gates(p, nil) {
		if !g.Open {
			return refused("open it first: "+cmp.Or(g.Next, "wait"), "the gate of this phase is closed: %s", g.Says)
		}
	}
	return nil
}

// Waive lets a source of the current phase pass, with who answers for it and why.
func (d *Desk) Waive(ctx context.Context, c *Campaign, source, reason string) error {
	p, n := c.Current()
	if p == nil || p.Gates.Evidence == "" {
		return refused("`belay campaign show "+c.Short()+"` says what is next", "the campaign looks for no uses now")
	}
	if err := d.Untouched(ctx, c); err != nil {
		return err
	}
	if g, set := p.missed(); source == tripSource && set && !g.Open {
		p.Waivers = append(p.Waivers, Waiver{Source: source, By: d.By, Reason: reason, At: d.Now, Found: []string{}})
		return d.save(ctx, c, "", n-1)
	}
	seen, err := d.Evidence(ctx, p)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(seen.Sources, func(s dbevidence.Source) bool { return s.Name == source })
	switch {
	case i < 0:
		return refused("`belay campaign show "+c.Short()+"` names them", "no source is called %s", source)
	case !evidence.Blocks(seen.Sources[i]):
		return refused("nothing is to be done", "%s does not speak against it: %s", source, seen.Sources[i].Verdict)
	}
	w := Waiver{Source: source, By: d.By, Reason: reason, At: d.Now, Found: []string{}}
	for _, f := range seen.Sources[i].Found {
		w.Found = append(w.Found, f.What)
	}
	p.Waivers = append(slices.DeleteFunc(p.Waivers, func(o Waiver) bool { return o.Source == source }), w)
	return d.save(ctx, c, "", n-1)
}

// Compose makes the files of a phase, in the style of the tool.
func (d *Desk) Compose(c *Campaign, p *Phase, now string) ([]migration.Migration, error) {
	var drafts []migration.Draft
	for _, f := range p.Files {
		drafts = append(drafts, f.Draft("campaign "+c.Short()+", "+c.Start.Says))
	}
	return d.compose(drafts, now)
}

func (d *Desk) compose(drafts []migration.Draft, now string) ([]migration.Migration, error) {
	s := d.Standing
	if s.Format.Compose == nil {
		return nil, refused("make an empty one with it for each file, and put the SQL into it",
			"%s alone can make a migration: it keeps more of it than the file", s.Format.Title)
	}
	return s.Format.ComposeAll(s.Folder.Above(s.Format.Highest(s.Status, s.Git.Merged)), drafts, now), nil
}

// writeFiles writes composed files into the folder, all or none, and says which.
func (d *Desk) writeFiles(made []migration.Migration) (paths []string, err error) {
	defer func() {
		for _, p := range paths {
			if err != nil {
				err = errors.Join(err, os.Remove(filepath.Join(d.folder(), filepath.FromSlash(p))))
			}
		}
	}()
	for _, m := range made {
		more, err := draft.Write(d.folder(), d.Standing, draft.Draft{Migration: m})
		for _, p := range more {
			if !slices.Contains(paths, p) {
				paths = append(paths, p)
			}
		}
		if err != nil {
			return paths, err
		}
		d.Standing.Folder.Migrations = append(d.Standing.Folder.Migrations, m)
	}
	return paths, nil
}

// WritePhase writes the files of the current phase and keeps which they are. The ledger
// comes first: where it cannot be written, no file stands in the folder that nobody knows.
func (d *Desk) WritePhase(ctx context.Context, c *Campaign, made []migration.Migration) ([]string, error) {
	p, n := c.Current()
	for i, m := range made {
		sum := sha256.Sum256(m.Up.Whole)
		p.Files[i].Path, p.Files[i].Version, p.Files[i].SHA256 = m.Up.Path, m.Version, hex.EncodeToString(sum[:])
	}
	before := p.row.State
	p.Written, p.row.State = &Confirmed{By: d.By, At: d.Now}, ledger.PhaseWritten
	touched, err := d.older(ctx, c, n)
	if err != nil {
		return nil, err
	}
	if err := d.save(ctx, c, "", append(touched, n-1)...); err != nil {
		return nil, err
	}
	paths, err := d.writeFiles(made)
	if err == nil {
		return paths, nil
	}
	for i := range p.Files {
		p.Files[i].Path, p.Files[i].Version, p.Files[i].SHA256 = "", "", ""
	}
	p.Written, p.row.State = nil, before
	if back := d.save(context.WithoutCancel(ctx), c, "", n-1); back != nil {
		err = fmt.Errorf("%w; and the ledger still says that they are written: %w", err, back)
	}
	return nil, err
}

// older keeps, before names change hands, which statements were counted by then: new code
// is counted under their texts from then on. It returns the index of the phase that has it.
func (d *Desk) older(ctx context.Context, c *Campaign, n int) ([]int, error) {
	names := slices.ContainsFunc(c.Phases[n-1].Files, func(f File) bool { return f.Switch })
	last := c.Phases[len(c.Phases)-1]
	if !names || c.Kind != "rename" || last.Gates.Evidence == "" {
		return nil, nil
	}
	seen, err := d.Evidence(ctx, last)
	if err != nil {
		return nil, err
	}
	last.Older = nil
	for key := range seen.Counts {
		if strings.Contains(key, dbevidence.StatementKey) {
			last.Older = append(last.Older, key)
		}
	}
	slices.Sort(last.Older)
	return []int{len(c.Phases) - 1}, nil
}

// Dump keeps a last copy of the table that a phase drops, read back to its end.
func (d *Desk) Dump(ctx context.Context, c *Campaign) error {
	p, n := c.Current()
	client, err := dump.Find(ctx, d.Project.Flags.PGBin, d.Identity.Major)
	if err != nil {
		return err
	}
	dir, err := project.BackupsDir()
	if err != nil {
		return err
	}
	made, err := dump.Take(ctx, client, d.cfg, dump.Options{
		Dir: dir, Name: "campaign-" + c.Short(), Tables: []string{p.Gates.Dump}, Run: c.Short(),
		ServerMajor: d.Identity.Major, Whose: d.Identity.Whose(),
		Role: d.Project.Target.Role,
	})
	if err != nil {
		return err
	}
	p.DumpPath = made.Path
	p.DumpHost, _ = os.Hostname()
	return d.save(ctx, c, "", n-1)
}
