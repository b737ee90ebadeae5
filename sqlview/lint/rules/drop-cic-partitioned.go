package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-cic-partitioned", Severity: lint.Stop, Kind: "fails",
	Supersedes: []string{"fails"},
	Summary:    "DROP INDEX CONCURRENTLY on a partitioned index",
	Run:        dropCICPartitioned,
	Doc: `
## Advice
CONCURRENTLY does not work on the index of a partitioned table.

## In practice
The server refuses it, and there is no concurrent way round: the index of the parent and those of the partitions go
together, under ACCESS EXCLUSIVE on all of them. It is quick once it has its locks.

## Measured
Seen: error 0A000.

## Instead
    SET lock_timeout = '200ms';
    DROP INDEX i;      -- alone in its transaction, tried again
`,
})

func dropCICPartitioned(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if d.RemoveType != pg.ObjectType_OBJECT_INDEX || !d.Concurrent {
			continue
		}
		for _, name := range s.Dropped(d) {
			table, _ := s.Catalog().Indexed(name)
			if table == nil || table.Kind != catalog.PartitionedTable {
				continue
			}
			s.Report(lint.Hazard{
				Relation: table.Name, Object: name,
				Message: fmt.Sprintf("This fails (0A000): %s is the index of a partitioned table.", name),
				Why:     fmt.Sprintf("%s has %s.", table.Name, lint.Count(len(table.Children), "partition")),
				Instead: fmt.Sprintf("SET lock_timeout = '200ms';\nDROP INDEX %s;  -- alone in its transaction, "+
					"tried again when it fails", lint.Quote(name)),
			})
		}
	}
}
