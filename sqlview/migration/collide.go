package migration

import (
	"fmt"
	"slices"
)

// Collide holds the migrations that are only on this branch against the
// default branch: one version twice, and versions below the newest merged one,
// which several tools pass over or run out of order. added and merged are
// paths relative to the folder, as git knows them.
func (f Format) Collide(folder Folder, added, merged []string) []Problem {
	theirs := f.migrationsOf(folder, merged)
	if len(theirs) == 0 {
		return nil
	}
	newest := theirs[len(theirs)-1]
	var found []Problem
	for _, m := range folder.Migrations {
		if !slices.Contains(added, m.Up.Path) {
			continue
		}
		if i := slices.IndexFunc(theirs, func(t Migration) bool { return t.Compare(m) == 0 }); i >= 0 {
			found = append(found, collision(m, theirs[i].Up.Path, laterHint("this one", m, folder)))
		} else if m.Compare(newest) < 0 {
			found = append(found, lateOnBranch(m, newest.Up.Path, laterHint("it", m, folder)))
		}
	}
	return found
}

// migrationsOf are the migrations of up files by their paths, in order. Of two of
// one version the last counts.
func (f Format) migrationsOf(folder Folder, paths []string) []Migration {
	var all []Migration
	for _, name := range slices.Backward(paths) {
		if version, ok := f.VersionOf(name); ok {
			if m, ok := folder.at(version); ok {
				m.Up.Path = name
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, Migration.Compare)
	return all
}

func collision(m Migration, theirs, hint string) Problem {
	return Problem{Kind: Duplicate, Version: m.Version, Paths: []string{m.Up.Path, theirs}, Stops: true,
		Message: fmt.Sprintf("%s has the version of %s, which is merged", m.Up.Path, theirs),
		Hint:    hint}
}

func lateOnBranch(m Migration, newest, hint string) Problem {
	return Problem{Kind: Late, Version: m.Version, Paths: []string{m.Up.Path, newest},
		Message: fmt.Sprintf("%s has a lower version than %s, which is merged: where that one is applied, this one "+
			"is late", m.Up.Path, newest),
		Hint: hint}
}
