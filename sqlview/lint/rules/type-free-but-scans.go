package rules

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-free-but-scans", Severity: lint.Warn, Kind: "blocks",
	Summary:        "a free type change that a CHECK, partial or expression index turns into a scan or rebuild",
	GrowsWithTable: true,
	Run:            typeFreeButScans,
	Doc: `
## Advice
Before you trust that a type change is free, look at the CHECKs and indexes of the column.

## In practice
varchar to text changes the catalog and nothing else, until the column stands in a CHECK: then every row is checked again.
Or in the WHERE or an expression of an index: then that index is built again. All of it under ACCESS EXCLUSIVE.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: varchar to text with a CHECK on the column: scan; with a partial index that names it: the
index is built anew; with neither: no scan.

## Instead
    ALTER TABLE t DROP CONSTRAINT c_check;
    ALTER TABLE t ALTER COLUMN c TYPE text;
    ALTER TABLE t ADD CONSTRAINT c_check CHECK (…) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT c_check;      -- another transaction
`,
})

func typeFreeButScans(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		e := a.Effect(s)
		if slices.Contains(e.Rewrites, a.Table) || !slices.Contains(e.Scans, a.Table) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("The rows of %s are read while nobody can read or write it, though nothing of them "+
				"changes.", a.Table),
			Why:     "The change itself is free; " + costs(a) + ".",
			Instead: "Drop what depends on the column first, change the type, add it again NOT VALID or CONCURRENTLY.",
		})
	}
}

// costs names the CHECKs and indexes that are verified or built again.
func costs(a lint.Alteration) string {
	var again []string
	if a.Relation != nil {
		for _, k := range a.Relation.Constraints {
			if k.Type == catalog.Check && catalog.Mentions(k.Expression, a.Name) {
				again = append(again, "CHECK "+k.Name+" is verified again")
			}
		}
		for _, i := range a.Relation.Indexes {
			if catalog.Mentions(i.Predicate, a.Name) || catalog.Mentions(i.Expressions, a.Name) {
				again = append(again, "index "+catalog.Base(i.Name)+" is built again")
			}
		}
	}
	if len(again) == 0 {
		return "an index or a constraint of the column is built or verified again"
	}
	return strings.Join(again, ", ")
}
