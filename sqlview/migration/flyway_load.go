package migration

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

var (
	flywayName       = pattern.New(`^V([0-9][0-9._]*)__(.*)\.sql$`)
	flywayUndo       = pattern.New(`^U([0-9][0-9._]*)__(.*)\.sql$`)
	flywayScript     = pattern.New(`^V([0-9][0-9._]*)__(.*)\.(?:sh|ps1|bat|cmd|py|java|kt)$`)
	flywayRepeatable = pattern.New(`^R__.*\.\w+$`)
	flywayBaseline   = pattern.New(`^B[0-9._]+__.*\.\w+$`)
	flywayCallback   = pattern.New(
		`^(before|after)[A-Z][A-Za-z]*(__.*)?\.(sql|sh|ps1|bat|cmd|py)$|^createSchema(__.*)?\.sql$`,
	)
	flywayPlaceholder = pattern.New(`\$\{[^}\n]*\}?`)
	flywayNoTx        = pattern.New(`(?m)^\s*executeInTransaction\s*=\s*false\s*$`)
	flywayKeep        = pattern.New(`(?m)^\s*placeholderReplacement\s*=\s*false\s*$`)
)

// loadFlyway also reads the folders below, as Flyway does.
func loadFlyway(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: "flyway", Dir: dir, Git: there(root, ".git")}
	var names []string
	err := fs.WalkDir(root, dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("migrations folder: %w", err)
		}
		if !e.IsDir() {
			names = append(names, strings.TrimPrefix(strings.TrimPrefix(name, dir), "/"))
		}
		return nil
	})
	if err != nil {
		return f, err
	}
	downs := map[string][]File{}
	for _, name := range names {
		if err := f.addFlyway(root, name, downs); err != nil {
			return f, err
		}
	}
	pairWays(&f, downs, func(m Migration) string { return flywayKey(m.Version) })
	f.finish(names, "Flyway refuses to start")
	return f, nil
}

func (f *Folder) addFlyway(root fs.FS, name string, downs map[string][]File) error {
	base := path.Base(name)
	if why := flywayOther(base); why != "" {
		f.Problems = append(f.Problems, Problem{Kind: Unsupported, Paths: []string{name}, Stops: true,
			Message: fmt.Sprintf("%s is %s: belay does not run it, and Flyway would", name, why),
			Hint:    "run this folder with the team's own flyway migrate, or move the file out of the location"})
		return nil
	}
	if part := flywayScript.FindStringSubmatch(base); part != nil {
		file, err := readFile(root, f.Dir, name, TxForeign)
		if err != nil {
			return err
		}
		m := Migration{
			Version: strings.ReplaceAll(part[1], "_", "."), Number: LeadingNumber(part[1]), Title: part[2], Up: file,
		}
		f.Migrations, f.Problems = append(f.Migrations, m), append(f.Problems, program("flyway", m))
		return nil
	}
	part, undo := flywayName.FindStringSubmatch(base), flywayUndo.FindStringSubmatch(base)
	switch {
	case part == nil && undo == nil && likeMigration.MatchString(base):
		f.Problems = append(f.Problems, Problem{Kind: Name, Paths: []string{name},
			Message: fmt.Sprintf("%s looks like a migration, but Flyway ignores the name", name),
			Hint:    "rename it to V…__title.sql, or move it out of the folder"})
		return nil
	case part == nil && undo == nil:
		return nil
	}
	file, err := readFile(root, f.Dir, name, TxFile)
	if err != nil {
		return err
	}
	checksum := flywayCRC(file.Whole)
	if bytes.HasPrefix(file.Whole, byteOrderMark) { // Flyway leaves it out
		file = file.part(len(byteOrderMark), len(file.Whole), TxFile)
	}
	conf, _ := fs.ReadFile(root, path.Join(f.Dir, name+".conf"))
	f.Problems = append(f.Problems, checkFlyway(&file, conf)...)
	if undo != nil {
		key := flywayKey(undo[1])
		downs[key] = append(downs[key], file)
		return nil
	}
	version := strings.ReplaceAll(part[1], "_", ".")
	f.Migrations = append(f.Migrations, Migration{
		Version: version, Number: LeadingNumber(version), Title: part[2], Up: file, Checksum: checksum,
	})
	return nil
}

// flywayOther says what a file is that Flyway runs by its name and belay does not.
func flywayOther(base string) string {
	switch {
	case flywayRepeatable.MatchString(base):
		return "repeatable, run again whenever its text changes"
	case flywayBaseline.MatchString(base):
		return "a baseline migration, which stands for all before it in a new database"
	case flywayCallback.MatchString(base):
		return "a callback"
	}
	return ""
}

// checkFlyway settles the file's transaction and finds what Flyway makes another
// text of.
func checkFlyway(file *File, conf []byte) []Problem {
	found := checkSections(*file)
	if !flywayKeep.Match(conf) {
		found = append(found,
			checkTemplate(*file, flywayPlaceholder, "a placeholder of Flyway's: what runs is not in the file",
				"write the value out, or run this file with the team's own flyway migrate")...)
	}
	if flywayNoTx.Match(conf) {
		file.Tx = TxNone
		return found
	}
	tx, mixed := flywayTx(*file)
	file.Tx = tx
	if mixed {
		line := 1 +
			slices.IndexFunc(linesOf(file.Whole), func(l sourceLine) bool {
				return flywayAlone.MatchString(l.text + " ")
			})
		found = append(found,
			atLine(*file, max(line, 1),
				"a statement that cannot be in a transaction beside others that are: Flyway refuses the file",
				"give it a file of its own"))
	}
	return found
}
