package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-logged", Severity: lint.Stop, Kind: "blocks",
	Summary:        "SET LOGGED: rewrite",
	GrowsWithTable: true,
	Run:            setLogged,
	Doc: `
## Advice
Decide on LOGGED when the table is made.

## In practice
The table and its indexes are written anew under ACCESS EXCLUSIVE, and all of it goes to the WAL at once: replicas fall
behind, slots keep it.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: new relfilenodes under ACCESS EXCLUSIVE.

## Instead
A new logged table, filled in batches, then a swap of the names.
`,
})

func setLogged(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_SetLogged) {
		if a.Relation != nil && a.Relation.Kind == "table" && !a.Relation.Unlogged {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Table,
			Message: fmt.Sprintf("The whole of %s is written anew, and to the WAL, while nobody can read or write it.",
				a.Table),
			Why:     "SET LOGGED rewrites the table and its indexes under ACCESS EXCLUSIVE.",
			Instead: "A new logged table, filled in batches, then a swap of the names.",
		})
	}
}
