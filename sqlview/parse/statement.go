// Package parse turns migration text into statements with exact positions and
// PostgreSQL parse trees. It is the only package that calls the parser, and it
// calls it in a child process with a deadline, because deep SQL can end the
// process that parses it. What cannot be parsed is said, never skipped.
package parse

import pg "github.com/pganalyze/pg_query_go/v6"

// Statement is one SQL statement of a file, parsed or not.
type Statement struct {
	// Index counts from 0 within the file.
	Index int
	// Start and End are byte offsets into the source as given: the statement's
	// first byte and the byte after its last, without the semicolon and without
	// the comments and blanks before it.
	Start, End int
	// Line and EndLine count from 1.
	Line, EndLine int
	// SQL is the source from Start to End, byte for byte.
	SQL string
	// Kind is PostgreSQL's command tag, such as "ALTER TABLE" or "CREATE INDEX".
	// It is "" where Node is nil.
	Kind string
	// Node is the parse tree. Its locations are byte offsets into SQL.
	// It is nil where the statement could not be analysed; Problem says why.
	Node *pg.Node
	// Problem is nil where Node is not.
	Problem *Problem
	// Unsendable is true where no part of the text may be sent to a server, whoever
	// accepts it: what would run is not known. It is or holds a psql meta-command,
	// or text that is cut differently by psql and the server. Problem says why.
	Unsendable bool
	// Features lists the PostgreSQL 18 syntax that was read for a grammar of 17,
	// by byte offset into SQL. Empty for everything older.
	Features []Feature
}

// Problem says why a statement, or a whole file, was not analysed.
type Problem struct {
	// Line and Column count from 1, the column in characters.
	Line, Column int
	// Message is lower case and made for the person who wrote the file.
	Message string
}

// Feature is a piece of PostgreSQL 18 syntax that the tree cannot show.
type Feature struct {
	Name FeatureName
	// Offset is the byte offset into Statement.SQL where the syntax stands.
	Offset int
	// Node is the location of the node it belongs to: of the Constraint, for
	// VacuumOnly of the RangeVar. For ReturningWith and LargeObjects it is Offset.
	Node int
}

// Has says whether the node at location carries the feature name.
func (s Statement) Has(name FeatureName, location int32) bool {
	for _, f := range s.Features {
		if f.Name == name && f.Node == int(location) {
			return true
		}
	}
	return false
}

// FeatureName names a piece of PostgreSQL 18 syntax.
type FeatureName string

// The syntax new in PostgreSQL 18 that a grammar of 17 rejects.
const (
	Virtual         FeatureName = "VIRTUAL"              // generated column, VIRTUAL or bare
	NotEnforced     FeatureName = "NOT ENFORCED"         // constraint, ADD or ALTER
	Enforced        FeatureName = "ENFORCED"             // constraint, ADD or ALTER
	NotNullNotValid FeatureName = "NOT NULL … NOT VALID" // table constraint
	NotNullTable    FeatureName = "NOT NULL constraint"  // named table constraint, valid
	WithoutOverlaps FeatureName = "WITHOUT OVERLAPS"     // primary key or unique
	Period          FeatureName = "PERIOD"               // foreign key
	ReturningWith   FeatureName = "RETURNING WITH"       // OLD and NEW aliases
	VacuumOnly      FeatureName = "ONLY"                 // VACUUM ONLY, ANALYZE ONLY
	LargeObjects    FeatureName = "LARGE OBJECTS"        // ALTER DEFAULT PRIVILEGES
	Inherit         FeatureName = "INHERIT"              // ALTER CONSTRAINT
	NoInherit       FeatureName = "NO INHERIT"           // ALTER CONSTRAINT; NOT NULL of a column
)

// File is what a source text holds.
type File struct {
	Statements []Statement
	// Comments are the line and block comments in source order, for directives
	// and waivers.
	Comments []Comment
	// Problem is set where nothing of the file could be read: a NUL byte, text
	// that is not UTF-8. Statements is then empty.
	Problem *Problem
	// Meta lists psql meta-commands (\set, \restrict) and COPY data: they are no SQL.
	Meta []Meta
}

// Comment is one comment of the source.
type Comment struct {
	Start, End int // byte offsets, the comment marks included
	Line       int // of its first byte, from 1
	Text       string
}

// Meta is a stretch of the source that psql would handle itself.
type Meta struct {
	Start, End int
	Line       int
	What       string // "psql meta-command" or "COPY data"
	// Problem says what psql does there; nil = nothing that changes the SQL it
	// sends. A statement with the same Problem then stands for it.
	Problem *Problem
}

// Analysed counts the statements that have a parse tree.
func (f File) Analysed() int {
	n := 0
	for _, s := range f.Statements {
		if s.Node != nil {
			n++
		}
	}
	return n
}
