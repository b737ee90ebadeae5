package rules

import (
	"fmt"
	"slices"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-breaks-prepared", Severity: lint.Warn, Kind: "breaks",
	Summary: "prepared statements with the column fail after the change",
	Run:     typeBreaksPrepared,
	Doc: `
## Advice
Let connections start anew after a type change.

## In practice
A prepared statement keeps the type of its result. After the change its next execution fails (0A000), also where it names
its columns. Drivers that prepare in the background do it with every statement of every connection of the pool. It shows
minutes later, when that statement comes again on that connection. A free change of a length is only noted.

## Measured
Seen on 11, 15 and 18: a prepared SELECT of the column by name fails after the type change: "cached plan must not change
result type".

## Instead
Restart the pools, or DISCARD ALL on their connections, right after the migration.
`,
})

func typeBreaksPrepared(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		h := lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("Prepared statements that return %s.%s fail once (0A000) after this.", a.Table,
				a.Name),
			Why:     "They keep the type that the result had when they were prepared.",
			Instead: "Restart the connection pools, or DISCARD ALL on their connections, right after the migration.",
		}
		if !slices.Contains(a.Effect(s).Rewrites, a.Table) {
			h.Severity = lint.Notice
		}
		s.Report(h)
	}
}
