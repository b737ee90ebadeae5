package migration

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// programs reads a flat folder of a watched tool: each migration is one file, mostly a
// program with the way there and back in it.
type programs struct {
	format string
	// name has the version and the title of a file's name; not are the names among them
	// that the tool leaves out. nil = none.
	name, not *pattern.Pattern
	// twice says what the tool does with two files of one version.
	twice string
	// version is what the history table has of a file, where it is not the version in
	// the name; nil = it is.
	version func(dir, name string) string
}

func (p programs) load(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: p.format, Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	root = ahead(root, dir, l.files, p.name.MatchString)
	for _, name := range l.files {
		version, title, ok := p.named(dir, name)
		if !ok {
			continue
		}
		tx := TxForeign
		if path.Ext(name) == ".sql" {
			tx = TxFile
		}
		file, err := readFile(root, dir, name, tx)
		if err != nil {
			return f, err
		}
		m := Migration{Version: version, Number: LeadingNumber(name), Title: title, Up: file}
		if tx == TxForeign {
			m.Down = &file // both ways stand in one program
		}
		f.Migrations = append(f.Migrations, m)
	}
	f.finish(l.files, p.twice)
	return f, nil
}

func (p programs) named(dir, name string) (version, title string, ok bool) {
	part := p.name.FindStringSubmatch(name)
	if part == nil || p.not != nil && p.not.MatchString(name) {
		return "", "", false
	}
	version, title = part[1], part[2]
	if p.version != nil {
		version = p.version(dir, name)
	}
	return version, title, true
}

// nextInOrder is the number of the next migration of a folder whose order is not that
// of its versions; it is no version that anybody has.
func (f Folder) nextInOrder() uint64 { return 1<<62 + uint64(len(f.Migrations)) }

// versionOf is Format.VersionOf.
func (p programs) versionOf(name string) (string, bool) {
	version, _, ok := p.named("", name)
	return version, ok
}

// lacks is Format.Wraps of a tool that wraps each file unless its text says otherwise.
func lacks(word string) func(File) bool {
	says := pattern.New(word)
	return func(f File) bool { return !says.Match(f.Bytes) }
}

// behind are the words of a command up to the tool's own program, and what follows
// then; nil = the command does not name it.
func behind(command []string, program func(word string) bool, then ...string) []string {
	at := slices.IndexFunc(command, program)
	if at < 0 {
		return nil
	}
	return append(slices.Clone(command[:at+1]), then...)
}

// reads is a history that belay only reads: columns with the types that they have.
func reads(table string, read func(table string) string, columns ...Column) History {
	return History{Table: table, Columns: columns, Privileges: []string{"SELECT"}, Read: read, Keys: noKeys}
}

// selected is a Read of version, name and time, newest first, without dirty rows.
func selected(version, name, at, order string) func(table string) string {
	return func(table string) string {
		return fmt.Sprintf("SELECT %s, %s, %s, false FROM %s ORDER BY %s", version, name, at, table, order)
	}
}

// watched is filled by watch, as formats is by register.
var watched []Format

func watch(f Format) Format {
	watched = append(watched, f)
	return f
}

// Watched lists the tools that only their own command runs, and whose folder and
// history belay reads, sorted by name.
func Watched() []Format {
	all := slices.Clone(watched)
	slices.SortFunc(all, func(a, b Format) int { return strings.Compare(a.Name, b.Name) })
	return all
}

var (
	varchars = []string{"character varying", "text"}
	stamps   = append([]string{
		"timestamp(0) without time zone", "timestamp(3) without time zone", "timestamp(6) without time zone",
		"timestamp(3) with time zone", "timestamp(6) with time zone",
	}, times...)
	javaFile = `\.(js|ts|cjs|mjs)$`
)
