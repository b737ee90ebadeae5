// Package migration reads the folders that migration tools keep: which files
// there are, in which order, what each tool wraps in a transaction, and how it
// records what it ran. A Format is one tool; it only reads an fs.FS and returns
// SQL text, it never connects.
//
// To add a format, declare a Format in a file of its name, call register on it,
// and put its sample folder, its history table as SQL and its rows into
// testdata/NAME.txtar: the tests of this package and of db/history find it
// there. Its want section is written by go test -update and read by you.
package migration

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Migration is one version of a folder.
type Migration struct {
	// Version is spelled as the tool stores it. Number orders versions; for the
	// tools that compare numbers it is the version without leading zeros.
	Version string
	Number  uint64
	Title   string
	Up      File
	// Down is nil where the folder has no way back.
	Down *File
	// Checksum is what the tool stores of the file in its history, as text; "" =
	// it stores none.
	Checksum string
	// Alike are the checksums of other texts that the tool takes for this one.
	Alike []string
	// sortKey is Format.SortKey of Version; "" = versions are numbers.
	sortKey string
}

// Compare orders migrations of one folder as the tool runs them, 0 for what the
// tool takes for one version.
func (m Migration) Compare(o Migration) int {
	if m.sortKey != "" || o.sortKey != "" {
		return strings.Compare(m.sortKey, o.sortKey)
	}
	return cmp.Compare(m.Number, o.Number)
}

// File is one text of a migration, read once.
type File struct {
	// Path is relative to the folder, slash separated; it begins with "../" for
	// a down file that stands in a folder beside it.
	Path string
	// Bytes are what of the file is run in this direction. Where a tool keeps up
	// and down in one file they are one of its parts, below as many empty lines as
	// the part stands below in the file.
	Bytes []byte
	// Whole is the file as it stands in the folder.
	Whole  []byte
	SHA256 string // hex, of Bytes
	Tx     Tx
	// Backfill is the header's word to run the file's UPDATE in batches; nil = it
	// does not say so.
	Backfill *Backfill
}

// Files are the migration's files, one where up and down stand in the same.
func (m Migration) Files() []File {
	if m.Down == nil || m.Down.Path == m.Up.Path {
		return []File{m.Up}
	}
	return []File{m.Up, *m.Down}
}

// Tx says what the tool wraps in a transaction when it runs the file.
type Tx string

// How a tool runs a file.
const (
	// TxFile: the whole file and its history row in one transaction.
	TxFile Tx = "file"
	// TxImplicit: the file is one string, an implicit transaction where it has
	// more than one statement; the history row apart (golang-migrate).
	TxImplicit Tx = "implicit"
	// TxNone: one statement at a time, by a marker in the file.
	TxNone Tx = "none"
	// TxForeign: the file is a program, which only the tool can run.
	TxForeign Tx = "foreign"
)

// InBlock reports whether the tool runs the file inside a transaction block,
// given how many statements the parser found in it. Which statements cannot be
// in a block is for sqlview/effect to say.
func (f File) InBlock(statements int) bool {
	switch f.Tx {
	case TxNone:
		return false
	case TxImplicit:
		return statements > 1
	}
	return true
}

// Folder is a tool's folder, read whole.
type Folder struct {
	Format string // the Format's name
	// Dir is the folder's path under the root that was given to Load.
	Dir string
	// Migrations are in the order in which the tool runs them. Two files of one
	// version both stand here, beside a Problem that stops.
	Migrations []Migration
	Problems   []Problem
	// HistoryTable is the tool's table where a file of the tool's beside the
	// migrations names it; "" = none does.
	HistoryTable string
	// Git is true where the root that was given to Load is a git work tree.
	Git bool
}

// Path is where a file of the folder stands under the root given to Load.
func (f Folder) Path(file File) string { return path.Join(f.Dir, file.Path) }

// Paths lists every file of the folder's migrations, up and down, under the
// root given to Load.
func (f Folder) Paths() []string {
	var all []string
	for _, m := range f.Migrations {
		for _, file := range m.Files() {
			all = append(all, f.Path(file))
		}
	}
	return all
}

// OneByOne is the folder of a tool that was told to send each statement of a file
// alone, as golang-migrate is by x-multi-statement.
func (f Folder) OneByOne() Folder {
	f.Migrations = slices.Clone(f.Migrations)
	for i := range f.Migrations {
		m := &f.Migrations[i]
		m.Up.Tx = TxNone
		if m.Down != nil {
			down := *m.Down
			down.Tx = TxNone
			m.Down = &down
		}
	}
	return f
}

// Newest is the last migration; none where the folder is empty.
func (f Folder) Newest() []Migration {
	return f.Migrations[max(0, len(f.Migrations)-1):]
}

// Find returns the migration of that version, leading zeros aside where versions
// are numbers; nil = none.
func (f Folder) Find(version string) *Migration {
	for i := range f.Migrations {
		if f.Migrations[i].Version == version {
			return &f.Migrations[i]
		}
	}
	at, ok := f.at(version)
	for i := range f.Migrations {
		if ok && f.Migrations[i].Compare(at) == 0 {
			return &f.Migrations[i]
		}
	}
	return nil
}

// at is a migration of that version and of no file, to compare with others;
// false where the tool has no such version.
func (f Folder) at(version string) (Migration, bool) {
	m := Migration{Version: version}
	if format, err := Find(f.Format); err == nil && format.SortKey != nil {
		m.Number, m.sortKey = LeadingNumber(version), format.SortKey(version)
		return m, version != ""
	}
	number, err := parseVersion(version)
	m.Number = number
	return m, err == nil
}
