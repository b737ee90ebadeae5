package migration

import (
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

var (
	golangMigrateName = pattern.New(`^([0-9]+)_(.*)\.(down|up)\.(.*)$`)
	likeMigration     = pattern.New(`(?i)^V?[0-9].*\.sql$|\.(up|down)\.sql$`)
)

func loadGolangMigrate(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: "golang-migrate", Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	root = ahead(root, dir, l.files, golangMigrateName.MatchString)
	downs := map[uint64][]File{}
	for _, name := range l.files {
		if err := f.addGolangMigrate(root, name, downs); err != nil {
			return f, err
		}
	}
	f.pairDowns(downs)
	f.Problems = append(f.Problems,
		checkIgnored(root, dir, l, f.Format, golangMigrateName.MatchString, likeMigration.MatchString)...)
	f.finish(l.files, "golang-migrate refuses to start")
	return f, nil
}

func (f *Folder) addGolangMigrate(root fs.FS, name string, downs map[uint64][]File) error {
	part := golangMigrateName.FindStringSubmatch(name)
	if part == nil {
		return nil
	}
	number, err := parseVersion(part[1])
	if err != nil || number > math.MaxInt64 {
		f.Problems = append(f.Problems, Problem{Kind: Name, Paths: []string{name}, Stops: true,
			Message: name + ": the version does not fit the history table's bigint",
			Hint:    "give it a shorter version"})
		return nil
	}
	file, err := readFile(root, f.Dir, name, TxImplicit)
	if err != nil {
		return err
	}
	f.Problems = append(f.Problems, checkSections(file)...)
	if part[3] == "down" {
		downs[number] = append(downs[number], file)
		return nil
	}
	f.Migrations = append(f.Migrations, Migration{
		Version: fmt.Sprint(number), Number: number, Title: part[2], Up: file,
	})
	return nil
}

// pairDowns gives each migration the down file of its version.
func (f *Folder) pairDowns(downs map[uint64][]File) {
	pairWays(f, downs, func(m Migration) uint64 { return m.Number })
	for number, files := range downs {
		f.Problems = append(f.Problems, f.checkDowns(number, files)...)
	}
	slices.SortFunc(f.Problems, func(a, b Problem) int { return strings.Compare(a.Message, b.Message) })
}

func (f Folder) checkDowns(number uint64, files []File) []Problem {
	tool, version := Title(f.Format), fmt.Sprint(number)
	var ups []Migration
	for _, m := range f.Migrations {
		if m.Number == number {
			ups = append(ups, m)
		}
	}
	var paths []string
	for _, file := range files {
		paths = append(paths, file.Path)
	}
	var found []Problem
	if len(files) > 1 {
		found = append(found, Problem{Kind: Duplicate, Paths: paths, Version: version, Stops: true,
			Message: fmt.Sprintf("%d down files of version %s: %s; %s refuses to start", len(paths), version,
				strings.Join(paths, ", "), tool),
			Hint: f.severalWays(files, ups)})
	}
	if len(ups) == 0 {
		found = append(found, Problem{Kind: Orphan, Paths: paths, Version: version, Stops: true,
			Message: paths[0] + " has no up file: " + tool + " would record version " + version +
				" as applied and run nothing",
			Hint: "add the up file, or remove the down file"})
	}
	return found
}

// golangMigrateVersion is Format.VersionOf.
func golangMigrateVersion(name string) (string, bool) {
	part := golangMigrateName.FindStringSubmatch(name)
	if part == nil || part[3] == "down" {
		return "", false
	}
	return part[1], true
}

func isGolangMigrateUp(name string) bool {
	_, up := golangMigrateVersion(name)
	return up
}
