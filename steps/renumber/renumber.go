// Package renumber gives migrations of a branch versions above everything that is
// applied or merged: two of one version, and one that comes late, are no migration
// that a tool runs as it is meant. It proposes, and renames after a yes; it commits
// nothing.
package renumber

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/judge"
	"belay/steps/project"
)

// Case is what a proposal is made of.
type Case struct {
	judge.Standing
	// Named are files as a person names them, or versions; none = whatever collides or
	// comes late.
	Named []string
	// Ran are the versions that runs of this user applied of the folder, in any
	// database.
	Ran map[string]steps.AppliedBy
	// NotRun are up files of a version that is applied, of which a person said that
	// they are not what ran.
	NotRun []string
	// Now is UTC as YYYYMMDDhhmmss.
	Now string
}

// Proposal is what would be renamed.
type Proposal struct {
	Renumbered []migration.Renumbered
	// Why says of each of Renumbered what is wrong with its version.
	Why []string
	// Past are the up files that a named one goes past although nothing is wrong with
	// its version: they run before it then.
	Past []string
	// Commit is a message for the commit, which nobody makes but the person.
	Commit string
}

// DoubtError says that the history table cannot tell whether this file has run: two
// have its version, or one row of the tool counts for all versions below it.
type DoubtError struct {
	Path, Version, Database string
	// Other is the up file that has the version too; "" = none.
	Other string
}

func (e *DoubtError) Error() string {
	if e.Other == "" {
		return fmt.Sprintf("the history of %s counts every version below its newest as applied: it cannot tell "+
			"whether %s has run", e.Database, e.Path)
	}
	return fmt.Sprintf("version %s is applied on %s, and %s and %s both have it", e.Version, e.Database, e.Path,
		e.Other)
}

// Propose finds out which migrations need later versions, and which they get. Those
// that git knows to be of this branch alone, behind them, get new ones too: a migration
// never goes past one that was written after it, unless a person names it with nothing
// wrong about its version. No proposal and no error = nothing needs one. The error is a
// *project.Refusal, or a *DoubtError where a person knows.
func Propose(c Case) (*Proposal, error) {
	if c.Format.OwnNames {
		return nil, &project.Refusal{Problem: c.Format.Title + " keeps the names of its files elsewhere too",
			Advice: "where a file is applied nowhere, drop it and make it anew with " + c.Format.Title}
	}
	wrong, err := c.wrong()
	if err != nil || len(wrong) == 0 {
		return nil, err
	}
	p := &Proposal{}
	moving, err := p.choose(c, wrong)
	if err != nil {
		return nil, err
	}
	p.Renumbered, err = migration.Renumber(moving, c.Folder, c.highest(), c.Now)
	if err != nil {
		return nil, &project.Refusal{Problem: err.Error(), Advice: "rename it by hand"}
	}
	p.dropUnmoved()
	if len(p.Renumbered) == 0 {
		return nil, nil
	}
	p.Commit = p.message()
	return p, nil
}

// choose finds what moves: what is wrong with what stands behind it, and what was named.
func (p *Proposal) choose(c Case, wrong map[string]string) (moving []migration.Migration, err error) {
	behind := ""
	for _, m := range c.Folder.Migrations {
		why, is := wrong[m.Up.Path]
		wished := is && len(c.Named) > 0 && !c.needs(m)
		switch {
		case !is && behind != "" && c.Git.Adds(m) && c.refused(m) == nil:
			why = "stands behind " + behind
		case !is:
			continue
		case !wished && behind == "":
			behind = m.Up.Path
		}
		if err := c.refused(m); err != nil {
			return nil, err
		}
		if wished {
			past := c.past(m, wrong)
			if len(past) == 0 {
				continue // it is the newest already
			}
			if why = "moves behind " + past[len(past)-1]; p.Past == nil {
				p.Past = past // the first of them goes past most
			}
		}
		moving, p.Why = append(moving, m), append(p.Why, why)
	}
	return moving, nil
}

// needs reports whether the version of a migration will not do, whoever names it.
func (c Case) needs(m migration.Migration) bool {
	return m.Number <= c.highest() || slices.ContainsFunc(c.Folder.Migrations, func(o migration.Migration) bool {
		return o.Up.Path != m.Up.Path && o.Compare(m) == 0
	})
}

// past are the up files behind a migration that are not named too.
func (c Case) past(m migration.Migration, named map[string]string) (paths []string) {
	for _, o := range c.Folder.Migrations {
		if _, too := named[o.Up.Path]; !too && o.Compare(m) > 0 {
			paths = append(paths, o.Up.Path)
		}
	}
	return paths
}

// dropUnmoved leaves out what is above everything already.
func (p *Proposal) dropUnmoved() {
	for i := len(p.Renumbered) - 1; i >= 0; i-- {
		if len(p.Renumbered[i].Moves) == 0 {
			p.Renumbered, p.Why = slices.Delete(p.Renumbered, i, i+1), slices.Delete(p.Why, i, i+1)
		}
	}
}

// Moves are the renames of all of them, the last first: so none has to wait for the
// name of the one behind it.
func (p *Proposal) Moves() []migration.Move {
	var all []migration.Move
	for _, r := range slices.Backward(p.Renumbered) {
		all = append(all, r.Moves...)
	}
	return all
}

func (p *Proposal) message() string {
	first := p.Renumbered[0]
	if len(p.Renumbered) == 1 {
		return fmt.Sprintf("Renumber %s to %s: it %s", path.Base(first.Migration.Up.Path), first.Version, p.Why[0])
	}
	var lines []string
	for _, r := range p.Renumbered {
		lines = append(lines, r.Migration.Version+" -> "+r.Version+"  "+path.Base(r.Migration.Up.Path))
	}
	return fmt.Sprintf("Renumber %d migrations: %s %s\n\n%s", len(p.Renumbered), first.Migration.Up.Path, p.Why[0],
		strings.Join(lines, "\n"))
}

// wrong are the up files whose version will not do, with what is wrong.
func (c Case) wrong() (map[string]string, error) {
	if len(c.Named) > 0 {
		return c.named()
	}
	wrong := map[string]string{}
	for _, same := range c.Folder.Twins() {
		stays, err := c.staying(same)
		if err != nil {
			return nil, err
		}
		for _, m := range same {
			if m.Up.Path != stays.Up.Path {
				wrong[m.Up.Path] = "has the version of " + stays.Up.Path
			}
		}
	}
	for _, p := range c.Format.Collide(c.Folder, c.Git.Added, c.Git.Merged) {
		word := "has a lower version than "
		if p.Kind == migration.Duplicate {
			word = "has the version of "
		}
		wrong[p.Paths[0]] = word + p.Paths[1] + ", which is merged"
	}
	for _, m := range slices.Concat(c.Status.Late, c.Status.Doubtful) {
		if _, is := wrong[m.Up.Path]; !is && c.own(m) {
			wrong[m.Up.Path] = fmt.Sprintf("has a lower version than %s, which is applied on %s", c.Status.Newest,
				c.Database)
		}
	}
	return wrong, nil
}

// named are the migrations that a person names, by path or version.
func (c Case) named() (map[string]string, error) {
	wrong := map[string]string{}
	for _, name := range c.Named {
		var found []migration.Migration
		for _, m := range c.Folder.Migrations {
			if m.Version == name || c.Folder.Path(m.Up) == path.Clean(name) || m.Up.Path == name ||
				path.Base(m.Up.Path) == name {
				found = append(found, m)
			}
		}
		switch len(found) {
		case 0:
			return nil,
				&project.Refusal{
					Problem: "no migration " + name + " in " + c.Folder.Dir, Advice: "name the up file, or its version",
				}
		case 1:
			wrong[found[0].Up.Path] = "was named"
		default:
			return nil,
				&project.Refusal{
					Problem: fmt.Sprintf("%d files have version %s", len(found), name),
					Advice:  "name the file that is to move",
				}
		}
	}
	return wrong, nil
}

// staying is which of one version keeps it: the one that is merged, or that ran.
func (c Case) staying(same []migration.Migration) (migration.Migration, error) {
	var fixed []migration.Migration
	for _, m := range same {
		if by, is := c.Ran[m.Version]; is && by.SHA256 == m.Up.SHA256 || !c.own(m) {
			fixed = append(fixed, m)
		}
	}
	switch {
	case len(fixed) == 1:
		return fixed[0], nil
	case len(fixed) > 1:
		return same[0], &project.Refusal{
			Problem: fmt.Sprintf("%s and %s have one version, and both are merged or have run", fixed[0].Up.Path,
				fixed[1].Up.Path),
			Advice: "find out where each of them is applied; the one that is applied nowhere may move: name it",
		}
	}
	var names []string
	for _, m := range same {
		if !slices.Contains(c.Git.Uncommitted, m.Up.Path) && c.Git.Unknown == "" {
			fixed = append(fixed, m)
		}
		names = append(names, m.Up.Path)
	}
	if len(fixed) == 1 {
		return fixed[0], nil
	}
	return same[0], &project.Refusal{
		Problem: strings.Join(names, " and ") + " have one version, and nothing says which of them came first",
		Advice:  "name the one that is to move: belay renumber " + c.Folder.Path(same[len(same)-1].Up),
	}
}

// own reports whether a migration is of this branch alone, as far as git tells.
func (c Case) own(m migration.Migration) bool {
	return c.Git.Unknown != "" || c.Git.Adds(m)
}

// refused says why a migration must keep its version.
func (c Case) refused(m migration.Migration) error {
	if !c.own(m) {
		return &project.Refusal{Problem: m.Up.Path + " is merged into " + c.Git.Default + ": others may have run it",
			Advice: "what comes after it gets a later version, never what is merged"}
	}
	if slices.Contains(c.NotRun, m.Up.Path) {
		return nil
	}
	if by, is := c.Ran[m.Version]; is && by.SHA256 == m.Up.SHA256 {
		return &project.Refusal{Problem: fmt.Sprintf("%s has run: run %s applied it at %s", m.Up.Path, by.Run,
			by.At.UTC().Format("2006-01-02 15:04 UTC")),
			Advice: takeBack}
	}
	if c.Database == "" || !c.Status.Ran(m) {
		return nil
	}
	doubt := &DoubtError{Path: m.Up.Path, Version: m.Version, Database: c.Database}
	for _, o := range c.Folder.Migrations {
		if o.Up.Path != m.Up.Path && o.Compare(m) == 0 {
			doubt.Other = o.Up.Path
		}
	}
	if doubt.Other != "" || c.Status.UpTo {
		return doubt
	}
	return &project.Refusal{Problem: m.Up.Path + " is applied on " + c.Database, Advice: takeBack}
}

const takeBack = "take it back there first (`belay rollback`), or leave its version and renumber what comes after it"

// highest is the highest version that is known anywhere: merged, applied here, or
// applied by a run of this user.
func (c Case) highest() uint64 {
	above := c.Format.Highest(c.Status, c.Git.Merged)
	for version := range c.Ran {
		above = max(above, migration.LeadingNumber(version))
	}
	return above
}
