package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-constraint", Severity: lint.Notice, Kind: "note",
	Summary: "DROP CONSTRAINT other than those above",
	Run:     dropConstraint,
	Doc: `
## Advice
Know what the constraint kept out before you drop it.

## In practice
The statement is instant. From then on rows may come in that it kept out, and putting it back needs a validation that
such rows fail. Dropping a primary key or unique constraint drops its index too: plans that used it change at once.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE for a moment, no scan; the index of a key goes with it.

## Instead
Keep the statement that adds it again, with NOT VALID, beside the migration.
`,
})

func dropConstraint(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DropConstraint) {
		k := a.Relation.Constraint(a.Name)
		why := "Rows that it kept out may come in from now on."
		if k != nil && (k.Type == catalog.PrimaryKey || k.Type == catalog.Unique) {
			why += " Its index goes with it, and plans that used it change at once."
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("%s no longer holds for %s.", a.Name, a.Table), Why: why,
		})
	}
}
