package fix

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"belay/sqlview/migration"
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
		return fate{
			why:     "stays: it is in no migrations folder",
			refused: name + " is in no migrations folder, so nobody knows how files are numbered there",
		}
	case c.Status.Ran(c.Migration):
		return fate{
			why: fmt.Sprintf("stays: it is applied on %s, and a migration that has run is never touched", c.Asked),
			refused: fmt.Sprintf("%s is applied on %s: files that do the same again would fail there; what is left "+
				"to do goes into a new migration", name, c.Asked),
		}
	}
	if later := c.later(); len(later) > 0 {
		have, they := "has", "it"
		which := later[0]
		if n := len(later) - 1; n > 0 {
			have, they, which = "have", "they", fmt.Sprintf("%s and %d more", which, n)
		}
		return fate{
			why: "stays: " + which + " " + have + " a higher version",
			refused: fmt.Sprintf("%s %s a higher version than %s, so %s would run before the new files; %s", which,
				have, name, they, c.above(which, have, name)),
		}
	}
	if slices.Contains(c.Git.Merged, c.Migration.Up.Path) {
		return fate{
			why: fmt.Sprintf("stays: it is merged into %s, so it may have run somewhere; where it is still pending "+
				"it runs before the new files: take it out by hand where you know that it ran nowhere", c.Git.Default),
		}
	}
	var asked []string
	if c.Asked != "" {
		asked = append(asked, "not applied on "+c.Asked)
	}
	if c.Git.Unknown == "" {
		asked = append(asked, "not on "+c.Git.Default)
	}
	if len(asked) == 0 {
		return fate{
			why: "stays: nobody could be asked whether it has run (no database was named, and " +
				string(c.Git.Unknown) + ")",
		}
	}
	why := "is removed: " + strings.Join(asked, ", ")
	if c.Git.Unknown != "" {
		why += "; git cannot tell: " + string(c.Git.Unknown)
	}
	return fate{goes: true, why: why + "; a copy is kept"}
}

// written are the files of the folder that are, byte for byte, what would be made: the
// rewrite was written before, and its original is still there. Empty = not all are.
func (c Case) written(made []migration.Migration) []string {
	var paths []string
	for _, m := range made {
		for _, have := range c.Folder.Migrations {
			if have.Compare(c.Migration) > 0 && bytes.Equal(have.Up.Whole, m.Up.Whole) {
				paths = append(paths, have.Up.Path)
				break
			}
		}
	}
	if len(paths) < len(made) {
		return nil
	}
	return paths
}

// inFront says what to do with an original whose rewrite is written.
func (c Case) inFront(p Proposal) string {
	name := path.Base(c.Migration.Up.Path)
	text := fmt.Sprintf("it is written already, as %s, and %s still runs before it. ",
		count(len(p.Written), "file"), name)
	if c.Status.Ran(c.Migration) {
		return text + "It has run here: take the new files out"
	}
	return text + "Where it ran on no database take it out of the folder with its way back; where it ran on one take " +
		"the new files out. Then look again"
}

// above says how the migration becomes the newest, so that its phases can be
// written, or why it cannot.
func (c Case) above(later, have, name string) string {
	if slices.Contains(c.Git.Merged, c.Migration.Up.Path) {
		return fmt.Sprintf("%s is merged into %s, so it keeps its version: where it ran nowhere, put the new files "+
			"in its place by hand", name, c.Git.Default)
	}
	command := migration.Later(c.Migration, c.Folder)
	if command == "" {
		return "where it is applied nowhere, drop it and make it anew with " + c.Format.Title
	}
	does := "does"
	if have == "have" {
		does = "do"
	}
	return fmt.Sprintf("where %s %s not need %s, give that a later version first: %s", later, does, name, command)
}

// later are the migrations above this one; none = it is the newest.
func (c Case) later() (names []string) {
	for _, m := range c.Folder.Migrations {
		if m.Compare(c.Migration) > 0 {
			names = append(names, path.Base(m.Up.Path))
		}
	}
	return names
}

// highest is the highest version that is known anywhere outside the folder: in
// the history table and on the default branch.
func (c Case) highest() uint64 {
	return c.Format.Highest(c.Status, slices.Concat(c.Git.Merged, c.Git.Theirs))
}
