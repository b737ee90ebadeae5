package rules

import (
	"fmt"
	"slices"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "inherit-fanout", Severity: lint.Warn, Kind: "blocks",
	Summary: "a change that reaches all inheritance children",
	Run:     inheritFanout,
	Doc: `
## Advice
Count the children before you alter their parent.

## In practice
ALTER TABLE on a parent goes on to every child, by inheritance and by partition, and takes its lock on each of them, one after
another. One long query on one child holds the whole family up. ONLY keeps a change to the parent where the server allows
it.

## Measured
Seen on 10, 11, 12, 15, 17 and 18 for ADD COLUMN on a partitioned table: ACCESS EXCLUSIVE on each partition.

## Instead
    SET lock_timeout = '200ms';
    ALTER TABLE parent …;      -- alone in its transaction, tried again
`,
})

func inheritFanout(p *lint.Pass) {
	reported := map[int]bool{}
	for s, a := range p.Alterations() {
		if reported[s.Index] || a.Relation == nil || !a.Whole.Relation.Inh ||
			a.Subtype == pg.AlterTableType_AT_DetachPartition ||
			addsToPartitioned(a) {
			continue
		}
		children := 0
		for _, table := range s.StrongTables() {
			if slices.Contains(a.Relation.Children, table) {
				children++
			}
		}
		if children == 0 {
			continue
		}
		reported[s.Index] = true
		s.Report(lint.Hazard{
			Relation: a.Table,
			Message: fmt.Sprintf("This waits for %s one after another, and keeps each closed until it has them all.",
				lint.Count(1+children, "table")),
			Why:     fmt.Sprintf("The change of %s reaches %s.", a.Table, lint.Count(children, "child table")),
			Instead: "SET lock_timeout = '200ms';  -- and this alone in its transaction, tried again when it fails",
		})
	}
}

// addsToPartitioned is what add-col-partitioned-fanout says more exactly.
func addsToPartitioned(a lint.Alteration) bool {
	return a.Subtype == pg.AlterTableType_AT_AddColumn && a.Relation.Kind == "partitioned table"
}
