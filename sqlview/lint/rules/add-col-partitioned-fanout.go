package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "add-col-partitioned-fanout", Severity: lint.Warn, Kind: "blocks",
	Summary: "ADD COLUMN on a parent: ACCESS EXCLUSIVE on every child",
	Run:     addColPartitionedFanout,
	Doc: `
## Advice
Count the partitions before you alter their parent.

## In practice
The statement needs ACCESS EXCLUSIVE on the parent and on every partition, one after another, and keeps what it has while
it waits for the next. One long query on one partition holds up the whole table. The more partitions, the less likely a
short lock_timeout is enough; try again in a quiet moment.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on the parent and on each partition, no rewrite.

## Instead
    SET lock_timeout = '200ms';
    ALTER TABLE parent ADD COLUMN c type;     -- alone in its transaction, tried again
`,
})

func addColPartitionedFanout(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		if c.Relation == nil || c.Relation.Kind != catalog.PartitionedTable || len(c.Relation.Children) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(c.ColumnDef.Location),
			Message: fmt.Sprintf("This waits for %s one after another, and keeps each closed until it has them all.",
				lint.Count(1+len(c.Relation.Children), "table")),
			Why: fmt.Sprintf("ACCESS EXCLUSIVE is taken on %s and on each of its %s.", c.Table,
				lint.Count(len(c.Relation.Children), "partition")),
			Instead: "SET lock_timeout = '200ms';  -- and this alone in its transaction, tried again when it fails",
		})
	}
}
