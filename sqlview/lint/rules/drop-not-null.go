package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-not-null", Severity: lint.Warn, Kind: "breaks",
	Summary: "DROP NOT NULL: code that reads it may meet NULL",
	Run:     dropNotNull,
	Doc: `
## Advice
Loosen the code first, then the schema.

## In practice
The statement is instant. From then on a row may hold NULL, and code that never had to expect it may fail: scans into a
type without NULL, comparisons, sums. Putting NOT NULL back needs the whole way of a SET NOT NULL, and no NULL in between.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE for a moment, no scan.

## Instead
Deploy code that can read NULL everywhere, then drop NOT NULL.
`,
})

func dropNotNull(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DropNotNull) {
		if c := a.Relation.Column(a.Name); c != nil && !c.NotNull {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("Code that reads %s.%s may meet NULL from now on.", a.Table, a.Name),
			Why: "The column promised a value until here; code that was written against the promise has no " +
				"branch for NULL.",
			Instead: "Deploy code that can read NULL first.",
		})
	}
}
