package rules

import (
	"fmt"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "index-redundant", Severity: lint.Notice, Kind: "note",
	Summary: "a prefix of an existing index",
	Run:     indexRedundant,
	Doc: `
## Advice
Look at the indexes that are there before you add one.

## In practice
An index on (a, b) serves queries on a as well. One more on (a) costs every write and every vacuum, takes disk and memory,
and gains little: only where the wide index is much larger than the narrow one would be.

## Measured
Documented: a B-tree can be used with conditions on its leading columns.

## Instead
Use the index that is there.
`,
})

func indexRedundant(p *lint.Pass) {
	for s, index := range lint.Each(p, (*pg.Node).GetIndexStmt) {
		r := s.Relation(index.Relation)
		columns := plainColumns(index)
		if r == nil || len(columns) == 0 || index.Unique || index.WhereClause != nil {
			continue
		}
		for _, i := range r.Indexes {
			if covers(i, columns, index) {
				s.Report(lint.Hazard{
					Relation: r.Name, Object: index.Idxname,
					Message: fmt.Sprintf("%s serves the same queries already.", i.Name),
					Why:     "Its first columns are those of the new index; each further index costs every write.",
				})
				break
			}
		}
	}
}

func covers(i catalog.IndexDef, columns []string, index *pg.IndexStmt) bool {
	return i.Valid && i.Predicate == "" && i.Method == index.AccessMethod && catalog.Base(i.Name) != index.Idxname &&
		index.AccessMethod == "btree" && len(i.Columns) >= len(columns) &&
		slices.Equal(i.Columns[:len(columns)], columns)
}

// plainColumns are the key columns; nil where one is an expression or is
// ordered in a way of its own.
func plainColumns(index *pg.IndexStmt) []string {
	var columns []string
	for _, n := range index.IndexParams {
		e := n.GetIndexElem()
		if e.GetName() == "" || len(e.Opclass) > 0 || len(e.Collation) > 0 {
			return nil
		}
		columns = append(columns, e.Name)
	}
	return columns
}
