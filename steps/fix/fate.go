package fix

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// fate is what becomes of the original, and why.
type fate struct {
	goes         bool
	why, refused string
}

// fate takes the original away only where somebody could be asked whether it has
// run, and nobody says that it may have.
func (c Case) fate() fate {
	name := path.Base(c.Migration.Up.Path)
	switch {
	case c.Folder.Format == "":
		return fate{why: "stays: it is in no migrations folder", refused: name + " is in no migrations folder, so nobody knows how files are numbered there"}
	case c.Status.Ran(c.Migration):
		return fate{
			why:     fmt.Sprintf("stays: it is applied on %s, and a migration that has run is never touched", c.Asked),
			refused: fmt.Sprintf("%s is applied on %s: files that do the same again would fail there; what is left to do goes into a new migration", name, c.Asked),
		}
	}
	if later := c.later(); later != "" {
		return fate{
			why:     "stays: " + later + " stands above it",
			refused: fmt.Sprintf("%s stands above %s and would run before the new files; give it a later version: belay renumber %s", later, name, later),
		}
	}
	if slices.Contains(c.Git.Merged, c.Migration.Up.Path) {
		return fate{why: fmt.Sprintf("stays: it is merged into %s, so it may have run somewhere; where it is still pending it runs before the new files: take it out by hand where you know that it ran nowhere", c.Git.Default)}
	}
	var asked []string
	if c.Asked != "" {
		asked = append(asked, "not applied on "+c.Asked)
	}
	if c.Git.Unknown == "" {
		asked = append(asked, "not on "+c.Git.Default)
	}
	if len(asked) == 0 {
		return fate{why: "stays: nobody could be asked whether it has run (no database was named, and " + string(c.Git.Unknown) + ")"}
	}
	why := "goes: " + strings.Join(asked, ", ")
	if c.Git.Unknown != "" {
		why += "; git cannot tell: " + string(c.Git.Unknown)
	}
	return fate{goes: true, why: why + "; a copy is kept"}
}

// later names a migration above this one; "" = it is the newest.
func (c Case) later() string {
	for _, m := range c.Folder.Migrations {
		if m.Number > c.Migration.Number {
			return path.Base(m.Up.Path)
		}
	}
	return ""
}

// highest is the highest version that is known anywhere outside the folder: in
// the history table and on the default branch.
func (c Case) highest() uint64 {
	known := []string{c.Status.Newest}
	for _, name := range slices.Concat(c.Git.Merged, c.Git.Theirs) {
		if version, ok := c.Format.VersionOf(path.Base(name)); ok {
			known = append(known, version)
		}
	}
	for _, r := range c.Status.Missing {
		known = append(known, r.Version)
	}
	newest := uint64(0)
	for _, version := range known {
		if n, err := strconv.ParseUint(strings.TrimPrefix(version, "V"), 10, 64); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}
