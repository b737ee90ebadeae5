package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-view-dependency", Severity: lint.Stop, Kind: "fails",
	Summary:    "a view, rule, policy, trigger, function, publication or generated column uses the column",
	Supersedes: []string{"fails"},
	Run:        typeViewDependency,
	Doc: `
## Advice
List what names a column before you change its type.

## In practice
A view keeps the type that its column had. The server refuses the change while such a view is there, also a free one, and
names one of them. They are dropped and made again in the same transaction, with their grants, views on views included. So it is
with rules, policies, triggers (UPDATE OF, WHEN), functions with a body of BEGIN ATOMIC, lists of columns and row filters of
publications, and generated columns. Indexes, constraints and statistics the server makes anew by itself.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: error 0A000. Seen on 15: 0A000 for a policy, a trigger, a function, a publication and a
generated column too; a column list is refused as "a publication WHERE clause".

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
		var named []string
		views := true
		for _, d := range a.Relation.Dependents {
			switch {
			case !uses(d, a.Name):
			case d.Kind == catalog.View || d.Kind == catalog.MaterializedView:
				named = append(named, d.Name)
			default:
				views, named = false, append(named, string(d.Kind)+" "+d.Name)
			}
		}
		for _, c := range a.Relation.Columns {
			if c.Generated != "" && c.Name != a.Name && catalog.Mentions(c.Default, a.Name) {
				views, named = false, append(named, "generated column "+c.Name)
			}
		}
		if len(named) == 0 {
			continue
		}
		h := lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("This fails (%s): %s uses %s.", a.Effect(s).Fails.Code, strings.Join(named, ", "),
				a.Name),
			Why:     "A view keeps the type that its column had when it was made.",
			Instead: "In one transaction: DROP VIEW, this statement, CREATE VIEW again with its grants.",
		}
		if !views {
			h.Why = "What was parsed with the old type is not changed by the server; it refuses instead."
			h.Instead = "In one transaction: drop what uses the column, this statement, make it again."
		}
		s.Report(h)
	}
}
