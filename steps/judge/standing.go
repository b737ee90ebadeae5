package judge

import (
	"context"
	"slices"

	"belay/sqlview"
	"belay/sqlview/migration"
	"belay/steps"
)

// standing is what is wrong with the files as migrations: between themselves, and
// with what git, the history table and this user's own runs know of them. Of files
// that were named it is what concerns them.
func (g *gathering) standing(ctx context.Context) []sqlview.FolderFinding {
	if g.format.Name == "" {
		return nil
	}
	known := g.git(ctx)
	var ran map[string]steps.AppliedBy
	if g.request.Ran != nil {
		ran = g.request.Ran(g.identity.SystemIdentifier, g.identity.DatabaseOID)
	}
	all := g.folder.Spare(g.folder.Problems, steps.Ran(ran))
	reviewed := g.folder.Migrations
	if g.asksHistory() {
		reviewed = g.status.Pending
		all = append(all, g.status.Doubt(known.Adds).Settle(steps.Ran(ran)).Problems(g.format)...)
	}
	all = append(all, g.format.Collide(g.folder, known.Added, known.Merged)...)
	edited := map[string]bool{}
	for _, e := range known.Edited {
		edited[e.Path] = true
		all = append(all, e.Problem())
	}
	for _, m := range g.folder.Migrations {
		if p, is := ran[m.Version].Altered(m.Up); is && !edited[m.Up.Path] {
			all = append(all, p)
		}
	}
	all = slices.DeleteFunc(all, func(p migration.Problem) bool { return !g.concerns(p) })
	stops := g.folder.Stopping(reviewed)
	for _, p := range all {
		if p.Stops &&
			!slices.ContainsFunc(g.folder.Problems, func(own migration.Problem) bool {
				return own.Message == p.Message
			}) {
			stops = append(stops, p)
		}
	}
	return sqlview.FolderFindings(g.project.Picked.Dir, all, stops)
}

// asksHistory reports whether the history table said what is applied.
func (g *gathering) asksHistory() bool { return g.database != "" }

// concerns reports whether a problem is of the files that were named.
func (g *gathering) concerns(p migration.Problem) bool {
	if len(g.request.Paths) == 0 {
		return true
	}
	return slices.ContainsFunc(g.request.Paths, func(name string) bool {
		m := g.find(name)
		return m != nil &&
			(slices.Contains(p.Paths, m.Up.Path) || (m.Down != nil && slices.Contains(p.Paths, m.Down.Path)))
	})
}
