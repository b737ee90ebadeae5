package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "index-partitioned-fanout", Severity: lint.Stop, Kind: "blocks",
	Summary:    "CREATE INDEX on a partitioned parent: every partition at once",
	Supersedes: []string{"index-nonconcurrent"},
	Run:        indexPartitionedFanout,
	Doc: `
## Advice
Build the index of a partitioned table partition by partition.

## In practice
One statement locks the parent and every partition against writes and keeps all of them until the last index is built.
CONCURRENTLY is refused there. ON ONLY makes an empty entry on the parent; then each partition gets its index
CONCURRENTLY and is attached.

## Measured
Seen on 11, 12, 15, 17 and 18: SHARE on the parent and on every partition, all scanned. ON ONLY: no build. On 10 the server
refuses an index on a partitioned table.

## Instead
    CREATE INDEX i ON ONLY parent (c);
    CREATE INDEX CONCURRENTLY i_1 ON partition_1 (c);   -- each in its own file
    ALTER INDEX i ATTACH PARTITION i_1;
`,
})

func indexPartitionedFanout(p *lint.Pass) {
	for s, index := range lint.Each(p, (*pg.Node).GetIndexStmt) {
		r := s.Relation(index.Relation)
		if index.Concurrent || r == nil || r.CreatedHere || r.Kind != catalog.PartitionedTable ||
			!index.Relation.Inh || s.Effect().Fails.Code != "" {
			continue
		}
		s.Report(lint.Hazard{
			Relation: r.Name, Object: index.Idxname,
			Message: fmt.Sprintf("Writes to %s and to all its partitions wait until the last index is built.", r.Name),
			Why: fmt.Sprintf("SHARE is taken on the parent and on %s, and kept until the end.",
				lint.Count(len(r.Children), "partition")),
			Instead: s.PartitionedIndex(r, index.Unique, index.Idxname, s.IndexText(index)),
		})
	}
}
