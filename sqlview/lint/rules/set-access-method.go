package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-access-method", Severity: lint.Stop, Kind: "blocks",
	Summary:        "SET ACCESS METHOD: rewrite",
	GrowsWithTable: true,
	Run:            setAccessMethod,
	Doc: `
## Advice
Do not change the access method of a live table with one statement.

## In practice
Every row is read from the old form and written in the new one, and every index is built anew, under ACCESS EXCLUSIVE.

## Measured
Seen on 15, 17 and 18: new relfilenodes under ACCESS EXCLUSIVE. The statement is there from 15 on.

## Instead
A new table with the access method, filled in batches, then a swap of the names.
`,
})

func setAccessMethod(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_SetAccessMethod) {
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Table,
			Message: fmt.Sprintf("The whole of %s is written anew while nobody can read or write it.", a.Table),
			Why:     "SET ACCESS METHOD rewrites the table and its indexes under ACCESS EXCLUSIVE.",
			Instead: "A new table with the access method, filled in batches, then a swap of the names.",
		})
	}
}
