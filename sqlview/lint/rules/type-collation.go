package rules

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/measure"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-collation", Severity: lint.Warn, Kind: "blocks",
	Summary:        "collation change: rebuilds the indexes of the column",
	GrowsWithTable: true,
	Supersedes:     []string{"type-free-but-scans"},
	Run:            typeCollation,
	Doc: `
## Advice
Change the order of an index, not of the column: build an index with the collation.

## In practice
The rows stay as they are, which is why the statement looks free. But every index of the column is sorted by the old rules
and is built anew, all under ACCESS EXCLUSIVE.

## Measured
Seen on 10 to 18: the table keeps its file, each index of the column gets a new one, under ACCESS EXCLUSIVE.

## Instead
    CREATE INDEX CONCURRENTLY i ON t (c COLLATE "und-x-icu");
or a new column with the collation.
`,
})

func typeCollation(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		def := a.Def.GetColumnDef()
		if def.GetCollClause() == nil || slices.Contains(a.Effect(s).Rewrites, a.Table) {
			continue
		}
		indexes := "every index of the column"
		if a.Relation != nil {
			n := 0
			for _, i := range a.Relation.Indexes {
				if slices.Contains(i.Columns, a.Name) || catalog.Mentions(i.Expressions, a.Name) ||
					catalog.Mentions(i.Predicate, a.Name) {
					n++
				}
			}
			if n == 0 {
				continue
			}
			indexes = measure.Plural(n, "index") + " of the column"
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("The indexes of %s are built anew while nobody can read or write %s.", a.Name,
				a.Table),
			Why: fmt.Sprintf("The table is not rewritten, but %s must be sorted by the new rules under ACCESS "+
				"EXCLUSIVE.", indexes),
			Instead: fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (%s COLLATE %s);  -- alone in its file; queries "+
				"then name the collation", lint.Quote(a.Table), lint.Ident(a.Name), collation(def.CollClause)),
		})
	}
}

func collation(c *pg.CollateClause) string {
	parts := catalog.Strings(c.Collname)
	for i, p := range parts {
		parts[i] = lint.Ident(p)
	}
	return strings.Join(parts, ".")
}
