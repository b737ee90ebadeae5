package migration

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"belay/sqlview/visible"
)

// Later is the command that gives a migration, and those of the same branch behind
// it, versions above everything; "" = the tool keeps its names elsewhere too.
func Later(m Migration, f Folder) string {
	if format, _ := Find(f.Format); format.OwnNames {
		return ""
	}
	return "belay renumber " + visible.Shell(f.Path(m.Up))
}

// laterHint tells a person to give a migration a later version, and how.
func laterHint(which string, m Migration, f Folder) string {
	command := Later(m, f)
	if command == "" {
		return fmt.Sprintf("where it is applied nowhere, drop it and make it anew with %s", Title(f.Format))
	}
	return "give " + which + " a later version: " + command
}

// Spare has no advice of the folder give a later version to a file that ran where
// another one of its version did not.
func (f Folder) Spare(problems []Problem, ran func(Migration) bool) []Problem {
	all := slices.Clone(problems)
	for _, same := range f.Twins() {
		left := slices.DeleteFunc(slices.Clone(same), ran)
		if len(left) == 0 || len(left) == len(same) {
			continue
		}
		named, free := Later(same[len(same)-1], f), Later(left[len(left)-1], f)
		for i, p := range all {
			if p.Kind == Duplicate && named != "" && strings.HasSuffix(p.Hint, named) {
				all[i].Hint = strings.TrimSuffix(p.Hint, named) + free
			}
		}
	}
	return all
}

// Move is one file to be renamed; both paths are relative to the folder.
type Move struct{ From, To string }

// Renumbered is a migration with its new version.
type Renumbered struct {
	Migration Migration
	Version   string
	Moves     []Move
}

// Renumber gives migrations versions above everything that stays: the folder's
// newest, and above, the highest version applied in any known database or merged
// anywhere. They keep their order among themselves and the folder's style (width,
// timestamp), and their ways back go along. now is UTC as YYYYMMDDhhmmss. A
// migration that is applied anywhere must not be renumbered; the caller asks that
// first. One that is above everything already keeps its version, with no moves.
func Renumber(ms []Migration, f Folder, above uint64, now string) ([]Renumbered, error) {
	stays := f
	stays.Migrations = slices.DeleteFunc(slices.Clone(f.Migrations), func(m Migration) bool {
		return slices.ContainsFunc(ms, func(o Migration) bool { return o.Up.Path == m.Up.Path })
	})
	var all []Renumbered
	for _, m := range ms {
		r, err := renumber(m, stays, above, now)
		if err != nil {
			return nil, fmt.Errorf("renumber %s: %w", m.Up.Path, err)
		}
		all = append(all, r)
		above, _ = parseVersion(r.Version)
	}
	return all, nil
}

func renumber(m Migration, stays Folder, above uint64, now string) (Renumbered, error) {
	highest := max(newestNumber(stays), above)
	if m.Number > 0 {
		highest = max(highest, m.Number-1) // never a lower one than it has
	}
	r := Renumbered{Migration: m, Version: laterVersion(newestName(stays, m.Up.Path), highest, now)}
	number, err := parseVersion(r.Version)
	if err != nil || number > math.MaxInt64 || number <= above {
		return r, fmt.Errorf("no version above %d fits", above)
	}
	if number == m.Number {
		return r, nil
	}
	for _, file := range m.Files() {
		move, ok := withVersion(file.Path, r.Version)
		if !ok {
			return r, fmt.Errorf("the name of %s has no version to replace", file.Path)
		}
		if !slices.Contains(r.Moves, move) {
			r.Moves = append(r.Moves, move)
		}
	}
	return r, nil
}

// leadingDigits are those of a file's name, or of its folder's where the file is
// called alike in every migration.
func leadingDigits(name string) string {
	for _, base := range []string{path.Base(name), path.Base(path.Dir(name))} {
		if dashed := dashedStamp.FindString(base); dashed != "" {
			return strings.ReplaceAll(dashed, "-", "")
		}
		if part := leadingVersion.FindStringSubmatch(base); part != nil {
			return part[2]
		}
	}
	return ""
}

// UneditHint says how a file that was edited gets its text back. file is its path
// within the folder.
func UneditHint(file string) string {
	return "`belay unedit " + visible.Shell(file) +
		"` takes it back as it was, and puts the difference into a new migration"
}
