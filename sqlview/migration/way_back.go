package migration

import (
	"path"
	"slices"
	"strings"
)

// pairWays gives each migration its way back out of the down files of its version. Of
// several up files of one version each gets the one that is called as it is, and none
// that may be another's: a tool takes none of them, and who renames one must not take
// the way back of the other along.
func pairWays[K comparable](f *Folder, downs map[K][]File, key func(Migration) K) {
	ups := map[K][]*Migration{}
	for i := range f.Migrations {
		m := &f.Migrations[i]
		ups[key(*m)] = append(ups[key(*m)], m)
	}
	for version, same := range ups {
		files := downs[version]
		if len(files) == 0 {
			continue
		}
		var theirs []string
		for _, m := range same {
			if i := slices.IndexFunc(files, func(d File) bool { return stem(d.Path) == stem(m.Up.Path) }); i >= 0 {
				m.Down, theirs = &files[i], append(theirs, files[i].Path)
			}
		}
		for _, m := range same {
			i := slices.IndexFunc(files, func(d File) bool {
				return calledAs(d, *m) && !slices.Contains(theirs, d.Path)
			})
			switch {
			case m.Down != nil:
			case i >= 0:
				m.Down = &files[i]
			case len(same) == 1:
				m.Down = &files[0]
			}
		}
	}
}

// stem is a file's name without what tells up from down: V or U before it, .up or .down
// and the extension behind it.
func stem(name string) string {
	base := strings.TrimLeft(path.Base(name), "VU")
	base = strings.TrimSuffix(base, path.Ext(base))
	return strings.TrimSuffix(strings.TrimSuffix(base, ".up"), ".down")
}

// calledAs reports whether a down file has the migration's title behind a version,
// however that is spelled.
func calledAs(down File, m Migration) bool {
	version, ok := strings.CutSuffix(stem(down.Path), m.Title)
	return ok && m.Title != "" && strings.Trim(version, "0123456789._-") == ""
}

// severalWays says what to do about several down files of one version: ups are the up
// files that have it. A way back whose up file is there is never one to be thrown away.
func (f Folder) severalWays(files []File, ups []Migration) string {
	if len(ups) > 1 {
		last := slices.MaxFunc(ups, func(a, b Migration) int { return strings.Compare(a.Up.Path, b.Up.Path) })
		return laterHint("what is applied nowhere", last, f)
	}
	if len(ups) == 0 || ups[0].Down == nil || !calledAs(*ups[0].Down, ups[0]) {
		return "keep one of them"
	}
	own := ups[0]
	for _, d := range files {
		if !calledAs(d, own) {
			return "keep " + own.Down.Path + ", which is called as " + own.Up.Path + " is; give " + d.Path +
				" the version of its own up file, or remove it where there is none"
		}
	}
	return "keep one of them"
}
