// Package usage decides whether a text uses a relation or a column of it: a statement
// that somebody sends, the body of a function, a line of code. It reads names as the
// server does and never looks for a part of a word: "email" is not in email_address.
// Where a text may mean another thing of the same name, it says so. It is pure.
package usage

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview/parse"
)

// Mark stands as a comment in every statement that belay sends to read or write rows of
// a table for itself: those are no use of it.
const Mark = "/* belay */"

// Subject is the thing that may be used.
type Subject struct {
	Schema, Relation string
	// Column is "" where the relation itself is meant.
	Column string
	// Twins are the schemas that have a relation of the same name too.
	Twins []string
	// Sharing are other relations, by name alone, that have a column of the same name.
	Sharing []string
}

// Verdict says how sure a use is.
type Verdict int

// The verdicts, in order.
const (
	// None: the text does not name it.
	None Verdict = iota
	// Perhaps: the text may mean it, or something else of the same name.
	Perhaps
	// Sure: the text names it.
	Sure
)

// Use is what a text does with the subject.
type Use struct {
	Verdict Verdict
	// Why says in words what made it so; "" = nothing is to be said.
	Why string
}

func (u Use) or(other Use) Use {
	if other.Verdict > u.Verdict {
		return other
	}
	return u
}

// Own reports whether a statement is belay's own, or one by which pg_dump reads a table.
func Own(sql string) bool {
	if strings.Contains(sql, Mark) {
		return true
	}
	sql = strings.TrimSpace(sql)
	return strings.HasPrefix(sql, "COPY ") && strings.HasSuffix(strings.TrimSuffix(sql, ";"), " TO stdout") ||
		strings.Contains(sql, "_pg_dump_cursor")
}

// Statement is the use that a parsed statement makes of the subject. One that could not
// be parsed, such as one that the server cut, is read word by word.
func (s Subject) Statement(st parse.Statement) Use {
	if st.Node == nil {
		return s.Text(st.SQL)
	}
	switch st.Node.GetNode().(type) {
	case *pg.Node_SelectStmt, *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt,
		*pg.Node_CopyStmt, *pg.Node_PrepareStmt, *pg.Node_DeclareCursorStmt, *pg.Node_ExplainStmt,
		*pg.Node_TruncateStmt, *pg.Node_LockStmt, *pg.Node_CallStmt, *pg.Node_CreateTableAsStmt:
		return s.tree(st.Node)
	case *pg.Node_DoStmt:
		return s.Text(st.SQL)
	}
	// What changes the schema is a migration's own, and no use by the application.
	return Use{}
}

// relation reports whether a name in a text means the subject's relation.
func (s Subject) relation(schema, name string) Verdict {
	switch {
	case name != s.Relation, schema != "" && schema != s.Schema:
		return None
	case schema == "" && len(s.Twins) > 0:
		return Perhaps
	}
	return Sure
}

// Title names the subject as a person writes it.
func (s Subject) Title() string {
	name := s.Schema + "." + s.Relation
	if s.Column != "" {
		name += "." + s.Column
	}
	return name
}
