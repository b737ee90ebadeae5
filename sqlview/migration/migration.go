// Package migration reads the folders that migration tools keep: which files
// there are, in which order, what each tool wraps in a transaction, and how it
// records what it ran. A Format is one tool; it only reads an fs.FS and returns
// SQL text, it never connects.
package migration

import "io/fs"

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
	Path   string // relative to the folder, slash separated
	Bytes  []byte
	SHA256 string // hex, of Bytes
	Tx     Tx
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

// Problem is something wrong with the folder that a person must see.
type Problem struct {
	Kind    string // duplicate, name, empty, encoding, unsupported
	Paths   []string
	Version string
	Message string
	Hint    string
	// Stops is true where nothing may run before it is mended.
	Stops bool
}

// Folder is a tool's folder, read whole.
type Folder struct {
	Format     string // the Format's name
	Migrations []Migration
	Problems   []Problem
}

// Row is one row of a tool's history table, as far as the tool keeps it.
type Row struct {
	Version string
	Name    string // "" where the tool keeps none
	At      string // the tool's own time as text; "" where it keeps none
	Dirty   bool
}

// Write is one statement that records something in the history table. Args are
// bound, never spliced.
type Write struct {
	SQL  string
	Args []any
}

// History says how a tool records what it ran. The functions return SQL for a
// table named by its quoted, schema-qualified identifier.
type History struct {
	// Table is the default name, without schema.
	Table string
	// Columns are the columns that must be there, name to format_type; an
	// unknown further column without default refuses native writing.
	Columns map[string]string
	// Create is the tool's own DDL.
	Create func(table string) string
	// Read selects version text, name text, at text, dirty boolean, newest first.
	Read func(table string) string
	// UpTo is true where one row of version N means every version <= N is applied.
	UpTo bool
	// Record is what makes m the newest applied version, inside the unit's own
	// transaction. Begin is what is written before a unit that cannot be in a
	// transaction, nil for tools that write nothing then.
	Record func(table string, m Migration) []Write
	Begin  func(table string, m Migration) []Write
	// Unrecord is what takes m back; prev is the version before it, nil = none.
	Unrecord func(table string, m Migration, prev *Migration) []Write
	// Keys are the advisory lock keys the tool takes on this database.
	// schema and table are unquoted.
	Keys func(database, schema, table string) []int64
}

// Format is one migration tool.
type Format struct {
	// Name is kebab-case and equal to the file's name: "golang-migrate".
	Name string
	Doc  string
	// Detect is how sure the format is that the folder is its own, 0 (no) to
	// 100 (certain by a marker of the tool).
	Detect  func(fs.FS) int
	Load    func(fs.FS) (Folder, error)
	History History
	// NextName is the path of the next migration's up file, "" = unsupported.
	NextName func(f Folder, title string, now string) string
}
