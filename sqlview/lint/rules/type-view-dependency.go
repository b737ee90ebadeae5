package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-view-dependency", Severity: lint.Stop, Kind: "fails",
	Summary: "a view or rule uses the column",
	Run:     typeViewDependency,
	Doc: `
## Advice
List the views on a column before you change its type.

## In practice
A view keeps the type that its column had. The server refuses the change while such a view is there, also a free one, and
names one of them. They are dropped and made again in the same transaction, with their grants, views on views included.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: error 0A000.

## Instead
    BEGIN;
    DROP VIEW v;
    ALTER TABLE t ALTER COLUMN c TYPE …;
    CREATE VIEW v AS …;      -- and its grants
    COMMIT;
`,
})

func typeViewDependency(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		if a.Relation == nil {
			continue
		}
		var views []string
		for _, d := range a.Relation.Dependents {
			if uses(d, a.Name) {
				views = append(views, d.Name)
			}
		}
		if len(views) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("This fails (0A000): %s uses %s.", strings.Join(views, ", "), a.Name),
			Why:     "A view keeps the type that its column had when it was made.",
			Instead: "In one transaction: DROP VIEW, this statement, CREATE VIEW again with its grants.",
		})
	}
}
