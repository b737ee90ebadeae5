package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "unique-using-invalid-index", Severity: lint.Stop, Kind: "fails",
	Supersedes: []string{"fails"},
	Summary:    "USING INDEX with an INVALID index",
	Run:        uniqueUsingInvalidIndex,
	Doc: `
## Advice
Look at pg_index.indisvalid before you make an index a constraint.

## In practice
A concurrent unique build that met a duplicate or a timeout has left an INVALID index. It cannot become a constraint, and
it is kept up by every write all the same. Drop it, find the duplicates, build again.

## Measured
Seen on 11, 15 and 18: error 55000.

## Instead
    DROP INDEX CONCURRENTLY i;
    CREATE UNIQUE INDEX CONCURRENTLY i ON t (c);
`,
})

func uniqueUsingInvalidIndex(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AddConstraint) {
		k := a.Def.GetConstraint()
		if k.GetIndexname() == "" {
			continue
		}
		i := a.Relation.Index(schemaOf(a.Table) + k.Indexname)
		if i == nil || i.Valid {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: k.Indexname, At: int(k.Location),
			Message: fmt.Sprintf("This fails (55000): %s is INVALID.", i.Name),
			Why:     "A build that failed left it; it is kept up by every write and can serve nothing.",
			Instead: fmt.Sprintf("DROP INDEX CONCURRENTLY %s;  -- then build it again", lint.Quote(i.Name)),
		})
	}
}
