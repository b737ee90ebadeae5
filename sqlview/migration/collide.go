package migration

import (
	"fmt"
	"path"
	"slices"
)

// Collide holds the migrations that are only on this branch against the
// default branch: one version twice, and versions below the newest merged one,
// which several tools pass over or run out of order. added and merged are
// paths relative to the folder, as git knows them.
func (f Format) Collide(folder Folder, added, merged []string) []Problem {
	taken, newest := f.versionsOf(merged)
	var found []Problem
	for _, m := range folder.Migrations {
		if !slices.Contains(added, m.Up.Path) {
			continue
		}
		if theirs, ok := taken[m.Number]; ok {
			found = append(found, collision(m, theirs))
		} else if m.Number < newest {
			found = append(found, lateOnBranch(m, taken[newest]))
		}
	}
	return found
}

func (f Format) versionsOf(names []string) (taken map[uint64]string, newest uint64) {
	taken = map[uint64]string{}
	for _, name := range names {
		version, ok := f.VersionOf(name)
		if n, err := parseVersion(version); ok && err == nil {
			taken[n] = name
			newest = max(newest, n)
		}
	}
	return taken, newest
}

func collision(m Migration, theirs string) Problem {
	return Problem{Kind: Duplicate, Version: m.Version, Paths: []string{m.Up.Path, theirs}, Stops: true,
		Message: fmt.Sprintf("%s has the version of %s, which is merged", m.Up.Path, theirs),
		Hint:    "give this one a later version: belay renumber " + path.Base(m.Up.Path)}
}

func lateOnBranch(m Migration, newest string) Problem {
	return Problem{Kind: Late, Version: m.Version, Paths: []string{m.Up.Path, newest},
		Message: fmt.Sprintf("%s has a lower version than %s, which is merged: where that one is applied, this one is late", m.Up.Path, newest),
		Hint:    "give it a later version: belay renumber " + path.Base(m.Up.Path)}
}
