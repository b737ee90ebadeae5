package judge

import (
	"context"
	"path"

	"belay/sqlview"
	"belay/sqlview/migration"
	"belay/steps/fix"
	"belay/steps/git"
	"belay/steps/project"
)

// Fix reviews like Review and proposes safe phases for each file with a hazard
// above notice. Without a database and without paths that is the newest file
// alone: nobody knows what is pending.
func Fix(ctx context.Context, p *project.Project, r Request) (sqlview.Result, []fix.Proposal, error) {
	g, whole, err := gather(ctx, p, r)
	if err != nil {
		return whole, nil, err
	}
	result := g.asked(whole)
	if g.past && len(r.Paths) == 0 && len(whole.Files) > 0 {
		newest := whole.Files[len(whole.Files)-1].Path
		result = whole.Only(func(f sqlview.FileResult) bool { return f.Path == newest })
	}
	wanted := map[string]bool{}
	for _, f := range result.Files {
		wanted[f.Path] = true
	}
	known := g.git(ctx)
	var all []fix.Proposal
	for i, f := range whole.Files {
		if !wanted[f.Path] || len(whole.Judged[i].Catalogs) == 0 {
			continue
		}
		c := g.caseOf(f, known)
		c.Mode, c.Snapshot = whole.Judged[i].Mode, whole.Judged[i].Catalogs[0]
		proposal, err := fix.Propose(ctx, c)
		if err != nil {
			return result, nil, err
		}
		all = append(all, proposal)
	}
	return result, all, nil
}

// git asks about the folder; where there is none it knows nothing.
func (g *gathering) git(ctx context.Context) git.Facts {
	if g.folder.Format == "" {
		return git.Facts{Unknown: git.NoRepository}
	}
	return git.Inspect(ctx, g.project.Dir, g.folder)
}

// caseOf is a reviewed file as a migration. One that stands in no folder is
// written as plain files are.
func (g *gathering) caseOf(f sqlview.FileResult, known git.Facts) fix.Case {
	c := fix.Case{
		Format: g.format, Folder: g.folder, Status: g.status, Asked: g.database, Git: known, Options: g.options(),
		Now: g.request.Now.UTC().Format("20060102150405"),
	}
	for i := range g.folder.Migrations {
		if m := &g.folder.Migrations[i]; path.Join(g.project.Picked.Dir, m.Up.Path) == f.Path {
			c.Migration, c.Source = *m, g.source
			return c
		}
	}
	c.Format, _ = migration.Find("plain")
	c.Folder = migration.Folder{}
	for _, s := range g.texts {
		if s.Path == f.Path {
			c.Migration = migration.Migration{
				Title: path.Base(f.Path), Up: migration.NewFile(f.Path, s.SQL, migration.TxNone),
			}
		}
	}
	c.Source = func(m *migration.Migration) sqlview.Source {
		s := g.source(m)
		s.Tool = ""
		return s
	}
	return c
}
