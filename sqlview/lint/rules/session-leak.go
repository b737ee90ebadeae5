package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "session-leak", Severity: lint.Warn, Kind: "silent",
	Summary: "a setting that an earlier file leaves in the session of the team's tool, where this file depends on it",
	Run:     sessionLeak,
	Doc: `
## Advice
Set what a file needs with SET LOCAL, in its own transaction.

## In practice
A tool that keeps one connection for all files of a run carries a SET from one file into the next; run one at a time, by belay or
by psql, each file begins with the settings of the login. So the same folder makes other tables in other places, owned by
others, or reads strings otherwise, depending on how many files were pending. A dump as first file empties the search_path.

## Measured
Seen with golang-migrate v4.20.1, two files in one run: SET search_path = app in the first puts the second one's table into app;
set_config('search_path', '', false), as pg_dump writes it, ends the second in 3F000, dirty; SET ROLE makes its tables another
role's; standard_conforming_strings = off reads its backslashes otherwise; session_replication_role = replica fires no triggers;
a statement_timeout cancels it.

## Instead
    BEGIN; SET LOCAL search_path = app; …; COMMIT;
`,
})

// dependsOn says, by setting, whether a statement means something else under it.
// Any other setting is only mentioned.
var dependsOn = map[string]func(lint.Stmt) bool{
	"search_path":                 dependsOnPath,
	"role":                        lint.Stmt.Effectful,
	"session_authorization":       lint.Stmt.Effectful,
	"session_replication_role":    mayChangeRows,
	"row_security":                mayChangeRows,
	"standard_conforming_strings": hasBackslash,
	"default_tablespace":          makesTable,
	"default_table_access_method": makesTable,
}

func sessionLeak(p *lint.Pass) {
	for _, left := range p.File.Inherits {
		depends, known := dependsOn[left.Name]
		if !known {
			depends = lint.Stmt.Effectful
		}
		for s := range p.Statements() {
			if settles(s, left.Name) {
				break
			}
			if s.Node == nil || !depends(s) {
				continue
			}
			h := lint.Hazard{
				Object: left.Name,
				Message: fmt.Sprintf("With the team's tool this meets %s = %s; belay runs it with the login's own.",
					left.Name, shownValue(left)),
				Why: fmt.Sprintf("%s:%d sets it for the session, and the tool runs all files of a run on one.%s",
					path.Base(left.Path), left.Line, otherwise(s, left)),
				Instead: fmt.Sprintf("SET LOCAL in %s, or RESET %s at its end.", path.Base(left.Path), left.Name),
			}
			if !known {
				h.Severity = lint.Notice
			}
			s.Report(h)
			break
		}
	}
}

func shownValue(l lint.Left) string {
	if l.Value() == "" {
		return "''"
	}
	return l.Value()
}

// settles reports a statement that sets the setting anew, so that nothing behind
// it meets what was left.
func settles(s lint.Stmt, name string) bool {
	one := lint.File{File: parse.File{Statements: []parse.Statement{*s.Statement}}}
	after := one.Leaves([]lint.Left{{Name: name, Line: -1}})
	return len(after) != 1 || after[0].Line != -1
}

// otherwise is where the first name without a schema leads, with the tool and
// with belay.
func otherwise(s lint.Stmt, left lint.Left) string {
	if left.Name != "search_path" {
		return ""
	}
	there := *s.Catalog()
	there.SearchPath = left.Values
	for _, r := range unqualified(s) {
		if strings.Join(left.Values, "") == "" {
			return fmt.Sprintf(" There no schema is searched and %s fails; with belay it is %s.", r.Relname, s.Name(r))
		}
		if other := there.Resolve("", r.Relname); other != s.Name(r) {
			return fmt.Sprintf(" There %s is %s, with belay %s.", r.Relname, other, s.Name(r))
		}
	}
	return ""
}

// dependsOnPath reports a name without a schema, or a statement whose names are
// not relations.
func dependsOnPath(s lint.Stmt) bool {
	if !s.Effectful() {
		return false
	}
	return len(unqualified(s)) > 0 || len(s.Mentioned()) == 0 && s.Kind != "SELECT"
}

// unqualified lists the relations that stand without a schema, but for the names
// of WITH.
func unqualified(s lint.Stmt) []*pg.RangeVar {
	with := map[string]bool{}
	catalog.Walk(s.Node, func(m any) bool {
		if c, ok := m.(*pg.CommonTableExpr); ok {
			with[c.Ctename] = true
		}
		return true
	})
	return slices.DeleteFunc(slices.Clone(s.Mentioned()), func(r *pg.RangeVar) bool {
		return r.Schemaname != "" || with[r.Relname]
	})
}

func mayChangeRows(s lint.Stmt) bool {
	switch s.Node.GetNode().(type) {
	case *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt, *pg.Node_CopyStmt,
		*pg.Node_DoStmt, *pg.Node_CallStmt:
		return true
	}
	return false
}

// hasBackslash reports a backslash in a plain string.
func hasBackslash(s lint.Stmt) bool {
	for _, t := range parse.Tokens([]byte(s.SQL)) {
		if text := s.SQL[t.Start:t.End]; t.Kind == parse.TokenString && text[0] == '\'' && strings.Contains(text, `\`) {
			return true
		}
	}
	return false
}

func makesTable(s lint.Stmt) bool {
	switch s.Node.GetNode().(type) {
	case *pg.Node_CreateStmt, *pg.Node_CreateTableAsStmt, *pg.Node_IndexStmt:
		return true
	}
	return false
}
