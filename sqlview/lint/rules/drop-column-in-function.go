package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-column-in-function", Severity: lint.Stop, Kind: "breaks",
	Summary: "a function, trigger or policy text names the column",
	Run:     dropColumnInFunction,
	Doc: `
## Advice
Search the texts of functions before you drop a column.

## In practice
PostgreSQL records what views and constraints depend on, not what the body of a function says. The column goes without a
word, and the function fails when it is next called; a trigger function fails at the next write of its table. belay searches
the texts: a match may be a word that means something else.

## Measured
Seen on 11, 15 and 18: DROP COLUMN used only in a plpgsql body succeeds; the next call fails with 42703. Seen on 15: a
trigger function breaks at the next INSERT.

## Instead
CREATE OR REPLACE the function without the column first.
`,
})

func dropColumnInFunction(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DropColumn) {
		var named []string
		for name, f := range s.Catalog().Functions.All() {
			if catalog.Mentions(f.Body, a.Name) &&
				(catalog.Mentions(f.Body, catalog.Base(a.Table)) || firesOn(a.Relation, name)) {
				named = append(named, name)
			}
		}
		if len(named) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: "function text " + a.Name,
			Message: fmt.Sprintf("%s still says %s and fails when it is next called.", strings.Join(named, ", "),
				a.Name),
			Why:     "Text match: PostgreSQL records no dependency for the body of a function, so the drop succeeds.",
			Instead: "CREATE OR REPLACE the function without the column first.",
		})
	}
}

// firesOn reports whether the function is one of the table's triggers.
func firesOn(r *catalog.Relation, function string) bool {
	if r == nil {
		return false
	}
	for _, t := range r.Triggers {
		if t.Function == function {
			return true
		}
	}
	return false
}
