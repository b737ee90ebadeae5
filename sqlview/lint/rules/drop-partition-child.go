package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-partition-child", Severity: lint.Stop, Kind: "blocks",
	Summary: "DROP of a partition: ACCESS EXCLUSIVE on the parent",
	Run:     dropPartitionChild,
	Doc: `
## Advice
Detach a partition CONCURRENTLY, then drop it.

## In practice
DROP TABLE of a partition takes ACCESS EXCLUSIVE on its parent too: to throw away one old month, every query on all months
waits. Once it is detached it is a table like any other, and its drop touches nobody.

## Measured
Seen: ACCESS EXCLUSIVE on the parent. DETACH CONCURRENTLY on 15, 17 and 18: SELECT and UPDATE go on.

## Instead
    ALTER TABLE parent DETACH PARTITION part CONCURRENTLY;     -- 14 and later, own file
    DROP TABLE part;
`,
})

func dropPartitionChild(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if d.RemoveType != pg.ObjectType_OBJECT_TABLE {
			continue
		}
		for _, part := range s.Dropped(d) {
			r := s.Catalog().Relation(part)
			if r == nil || r.CreatedHere {
				continue
			}
			for _, parent := range r.Parents {
				if of := s.Catalog().Seen(parent); of == nil || of.Kind == catalog.PartitionedTable {
					s.Report(lint.Hazard{
						Relation: parent, Object: "partition " + part,
						Message: fmt.Sprintf("Every query on %s waits while %s is dropped.", parent, part),
						Why:     "Dropping a partition takes ACCESS EXCLUSIVE on its parent.",
						Instead: fmt.Sprintf("ALTER TABLE %s DETACH PARTITION %s CONCURRENTLY;  -- 14 and later, "+
							"alone in its file\nDROP TABLE %s;", lint.Quote(parent), lint.Quote(part),
							lint.Quote(part)),
					})
				}
			}
		}
	}
}
