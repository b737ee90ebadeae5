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

import "path"

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
}

// File is one text of a migration, read once.
type File struct {
	// Path is relative to the folder, slash separated; it begins with "../" for
	// a down file that stands in a folder beside it.
	Path   string
	Bytes  []byte
	SHA256 string // hex, of Bytes
	// Normalized is the hex SHA-256 of the SQL without comments and with blanks
	// folded: equal for two texts that differ in nothing the server runs.
	Normalized string
	Tx         Tx
	// Backfill is the header's word to run the file's UPDATE in batches; nil = it
	// does not say so.
	Backfill *Backfill
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
}

// Path is where a file of the folder stands under the root given to Load.
func (f Folder) Path(file File) string { return path.Join(f.Dir, file.Path) }

// Paths lists every file of the folder's migrations, up and down, under the
// root given to Load.
func (f Folder) Paths() []string {
	var all []string
	for _, m := range f.Migrations {
		all = append(all, f.Path(m.Up))
		if m.Down != nil {
			all = append(all, f.Path(*m.Down))
		}
	}
	return all
}

// Find returns the migration of that version, leading zeros aside; nil = none.
func (f Folder) Find(version string) *Migration {
	number, err := parseVersion(version)
	for i := range f.Migrations {
		m := &f.Migrations[i]
		if m.Version == version || (err == nil && m.Number == number) {
			return m
		}
	}
	return nil
}
