package migration

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// oneFolder reads the folder of a tool that keeps each migration in a folder of
// its own, with the up file and the way back in it under fixed names.
type oneFolder struct {
	format string
	// name has the version and the title of the inner folder's name.
	name     *pattern.Pattern
	up, down string
	// twice says what the tool does with two folders of one version.
	twice string
	// fill completes a migration and says what in it stops; inner is its folder.
	fill func(m *Migration, root fs.FS, inner string) []Problem
}

func (o oneFolder) load(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: o.format, Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	for _, name := range l.folders {
		if err := o.add(&f, root, name); err != nil {
			return f, err
		}
	}
	for _, name := range l.files {
		if likeMigration.MatchString(name) {
			f.Problems = append(f.Problems, Problem{Kind: Name, Paths: []string{name},
				Message: fmt.Sprintf("%s looks like a migration, but %s keeps each in a folder of its own", name,
					Title(o.format)),
				Hint: "move it into a folder as " + o.up + ", or out of here"})
		}
	}
	f.finish(l.folders, o.twice)
	return f, nil
}

func (o oneFolder) add(f *Folder, root fs.FS, name string) error {
	part := o.name.FindStringSubmatch(name)
	inner, err := list(root, path.Join(f.Dir, name))
	switch {
	case err != nil:
		return err
	case part == nil && !slices.Contains(inner.files, o.up):
		return nil
	case part == nil || !slices.Contains(inner.files, o.up):
		f.Problems = append(f.Problems, o.unfit(name, part != nil))
		return nil
	}
	m := Migration{Version: part[1], Number: LeadingNumber(name), Title: part[2]}
	if m.Up, err = readFile(root, f.Dir, name+"/"+o.up, TxFile); err != nil {
		return err
	}
	if slices.Contains(inner.files, o.down) {
		down, err := readFile(root, f.Dir, name+"/"+o.down, TxFile)
		if err != nil {
			return err
		}
		m.Down = &down
	}
	f.Problems = append(f.Problems, o.fill(&m, root, path.Join(f.Dir, name))...)
	for _, file := range m.Files() {
		f.Problems = append(f.Problems, checkSections(file)...)
	}
	f.Migrations = append(f.Migrations, m)
	return nil
}

func (o oneFolder) unfit(name string, named bool) Problem {
	if named {
		return Problem{Kind: Orphan, Paths: []string{name}, Stops: true,
			Message: fmt.Sprintf("%s/ is named like a migration and has no %s", name, o.up),
			Hint:    "add the file, or remove the folder"}
	}
	return Problem{Kind: Name, Paths: []string{name}, Stops: true,
		Message: fmt.Sprintf("%s/ has a %s, and belay cannot read a version in its name", name, o.up),
		Hint:    "rename the folder as the others are, where it is applied nowhere"}
}

// version is Format.VersionOf.
func (o oneFolder) version(name string) (string, bool) {
	dir, base := path.Split(name)
	part := o.name.FindStringSubmatch(strings.TrimSuffix(dir, "/"))
	if part == nil || base != o.up {
		return "", false
	}
	return part[1], true
}

// compose writes a draft as a folder of that name.
func (o oneFolder) compose(name string, up, down string) Migration {
	part := o.name.FindStringSubmatch(name)
	m := Migration{
		Version: part[1], Number: LeadingNumber(name), Title: part[2], Up: NewFile(name+"/"+o.up, []byte(up), TxFile),
	}
	if down != "" {
		file := NewFile(name+"/"+o.down, []byte(down), TxFile)
		m.Down = &file
	}
	return m
}
