package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "create-rule", Severity: lint.Warn, Kind: "blocks",
	Summary: "CREATE RULE",
	Run:     createRule,
	Doc: `
## Advice
Use a trigger, not a rule.

## In practice
CREATE RULE takes ACCESS EXCLUSIVE on the table. From then on every statement of that kind is rewritten before it is planned:
volatile arguments are evaluated twice, RETURNING and row counts change, and COPY is not rewritten at all. A trigger says the
same in a way that people expect.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE.

## Instead
    CREATE TRIGGER …;
`,
})

func createRule(p *lint.Pass) {
	for s, r := range lint.Each(p, (*pg.Node).GetRuleStmt) {
		table := s.Name(r.Relation)
		if !s.Existed(table) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: table, Object: r.Rulename,
			Message: fmt.Sprintf("Every query on %s waits until this is done, and statements on it are rewritten "+
				"from then on.", table),
			Why:     "CREATE RULE takes ACCESS EXCLUSIVE.",
			Instead: "A trigger.",
		})
	}
}
