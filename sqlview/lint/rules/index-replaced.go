package rules

import (
	"fmt"
	"slices"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "index-replaced", Severity: lint.Warn, Kind: "breaks",
	Summary: "an index dropped before its replacement is valid",
	Run:     indexReplaced,
	Doc: `
## Advice
Build the new index, see that it is valid and used, then drop the old one.

## In practice
Between the drop and the end of the build queries have neither: each reads the whole table, all at once, on the busiest
tables first. If the build fails, that is how it stays.

## Measured
Documented: a plan that has lost its index is a sequential scan from the next query on.

## Instead
    CREATE INDEX CONCURRENTLY new ON t (…);     -- first migration
    DROP INDEX CONCURRENTLY old;                -- a later one
`,
})

func indexReplaced(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if d.RemoveType != pg.ObjectType_OBJECT_INDEX {
			continue
		}
		for _, name := range s.Dropped(d) {
			table, old := s.Catalog().Indexed(name)
			if old == nil || table.CreatedHere {
				continue
			}
			if later, ok := replacement(p, s, table.Name, old.Columns); ok {
				s.Report(lint.Hazard{
					Relation: table.Name, Object: name,
					Message: fmt.Sprintf("Until the new index is built, queries on %s have neither.", table.Name),
					Why:     fmt.Sprintf("%s goes here, and line %d builds what replaces it.", name, later.Line),
					Instead: "Build the new index first; drop this one in a later migration.",
				})
			}
		}
	}
}

// replacement finds a later index of the table on one of the columns.
func replacement(p *lint.Pass, s lint.Stmt, table string, columns []string) (lint.Stmt, bool) {
	for later, index := range lint.Each(p, (*pg.Node).GetIndexStmt) {
		if later.Index <= s.Index || later.Name(index.Relation) != table {
			continue
		}
		for _, n := range index.IndexParams {
			if slices.Contains(columns, n.GetIndexElem().GetName()) {
				return later, true
			}
		}
	}
	return lint.Stmt{}, false
}
