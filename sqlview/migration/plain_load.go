package migration

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

var plainName = pattern.New(`^(V?[0-9]+)[_-](.+?)(\.up|\.down)?\.sql$`)

func loadPlain(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: "plain", Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	root = ahead(root, dir, l.files, plainName.MatchString)
	downs := map[uint64][]File{}
	for _, name := range l.files {
		if err := f.addPlain(root, name, downs); err != nil {
			return f, err
		}
	}
	if err := f.rollbackFiles(root, downs); err != nil {
		return f, err
	}
	f.pairPlainDowns(downs)
	l.folders = slices.DeleteFunc(l.folders, func(name string) bool { return name == "rollback" })
	f.Problems = append(f.Problems,
		checkIgnored(root, dir, l, "belay's plain format", plainName.MatchString, likeMigration.MatchString)...)
	f.finish(l.files, "belay cannot know which is meant")
	for _, m := range f.Migrations {
		f.Problems = append(f.Problems, checkPlain(m.Up)...)
	}
	return f, nil
}

func (f *Folder) addPlain(root fs.FS, name string, downs map[uint64][]File) error {
	part := plainName.FindStringSubmatch(name)
	if part == nil {
		return nil
	}
	number, err := parseVersion(part[1])
	if err != nil {
		f.Problems = append(f.Problems, Problem{Kind: Name, Paths: []string{name}, Stops: true,
			Message: name + ": the version does not fit 64 bits", Hint: "give it a shorter version"})
		return nil
	}
	file, err := readFile(root, f.Dir, name, TxFile)
	if err != nil {
		return err
	}
	if headerSaysNoTransaction(file.Bytes) {
		file.Tx = TxNone
	}
	if part[3] == ".down" {
		downs[number] = append(downs[number], file)
		return nil
	}
	f.Migrations = append(f.Migrations, Migration{
		Version: strings.TrimPrefix(part[1], "V"), Number: number, Title: part[2], Up: file})
	return nil
}

// rollbackFiles reads the ways back from a folder inside or beside the folder.
func (f *Folder) rollbackFiles(root fs.FS, downs map[uint64][]File) error {
	for _, beside := range []string{"rollback", "../rollback"} {
		at := path.Join(f.Dir, beside)
		l, err := listIfThere(root, at)
		if err != nil {
			return err
		}
		for _, name := range l.files {
			part := plainName.FindStringSubmatch(name)
			if part == nil {
				continue
			}
			number, err := parseVersion(part[1])
			if err != nil {
				continue
			}
			file, err := readFile(root, f.Dir, beside+"/"+name, TxFile)
			if err != nil {
				return err
			}
			if headerSaysNoTransaction(file.Bytes) {
				file.Tx = TxNone
			}
			downs[number] = append(downs[number], file)
		}
	}
	return nil
}

// pairPlainDowns gives each migration its way back, and shows where a version has several.
func (f *Folder) pairPlainDowns(downs map[uint64][]File) {
	pairWays(f, downs, func(m Migration) uint64 { return m.Number })
	shown := map[uint64]bool{}
	for _, m := range f.Migrations {
		files := downs[m.Number]
		if len(files) < 2 || shown[m.Number] {
			continue
		}
		shown[m.Number] = true
		var ups []Migration
		var paths []string
		for _, o := range f.Migrations {
			if o.Number == m.Number {
				ups = append(ups, o)
			}
		}
		for _, d := range files {
			paths = append(paths, d.Path)
		}
		f.Problems = append(f.Problems, Problem{Kind: Duplicate, Version: m.Version, Stops: true, Paths: paths,
			Message: fmt.Sprintf("version %s has several ways back: %s", m.Version, strings.Join(paths, ", ")),
			Hint:    f.severalWays(files, ups)})
	}
}

// checkPlain finds what makes a file unfit to be run whole.
func checkPlain(file File) []Problem {
	if found := checkSections(file); len(found) > 0 {
		return found
	}
	if line := lateMarker(file.Bytes, noTransaction); line > 0 {
		return []Problem{{Kind: Marker, Paths: []string{file.Path}, Stops: true,
			Message: fmt.Sprintf("%s line %d: belay: no-transaction stands below the first statement and is not "+
				"obeyed there", file.Path, line),
			Hint: "move it above the first statement"}}
	}
	return nil
}

// plainVersion is Format.VersionOf.
func plainVersion(name string) (string, bool) {
	part := plainName.FindStringSubmatch(name)
	if part == nil || part[3] == ".down" {
		return "", false
	}
	return part[1], true
}
