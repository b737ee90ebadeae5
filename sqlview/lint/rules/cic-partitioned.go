package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/refusal"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

var _ = add(lint.Rule{
	ID: "cic-partitioned", Severity: lint.Stop, Kind: "fails",
	Supersedes: []string{"fails"},
	Summary:    "CREATE INDEX CONCURRENTLY on a partitioned parent",
	Run:        cicPartitioned,
	Doc: `
## Advice
Build the index of a partitioned table partition by partition.

## In practice
The server refuses CONCURRENTLY on the parent. The way round is an index ON ONLY the parent, which is an empty entry and
not valid, then a concurrent build on every partition, then one ATTACH each; with the last one the parent's index becomes
valid by itself.

## Measured
Seen on 11, 12, 15, 17 and 18: error 0A000. CREATE INDEX ON ONLY: no build. ALTER INDEX … ATTACH PARTITION: no scan.

## Instead
    CREATE INDEX i ON ONLY parent (c);
    CREATE INDEX CONCURRENTLY i_1 ON partition_1 (c);   -- each in its own file
    ALTER INDEX i ATTACH PARTITION i_1;
`,
})

func cicPartitioned(p *lint.Pass) {
	for s, index := range lint.Each(p, (*pg.Node).GetIndexStmt) {
		r := s.Relation(index.Relation)
		if !index.Concurrent || r == nil || r.Kind != catalog.PartitionedTable || !index.Relation.Inh {
			continue
		}
		h := lint.Hazard{
			Relation: r.Name, Object: index.Idxname,
			Message: fmt.Sprintf("This fails (0A000): %s is partitioned, and CONCURRENTLY does not work on the parent.",
				r.Name),
			Why: fmt.Sprintf("%s has %s.", r.Name, lint.Count(len(r.Children), "partition")),
		}
		if f := plain(s, p.Version); f.Code != "" {
			h.Message += " Without CONCURRENTLY it fails too (" + f.Code + "): " + f.Message + "."
		} else {
			h.Instead = s.PartitionedIndex(r, index.Unique, index.Idxname, s.IndexText(index))
		}
		s.Report(h)
	}
}

// plain is why the server would refuse an index without CONCURRENTLY too.
func plain(s lint.Stmt, version int) refusal.Failure {
	st := *s.Statement
	st.Node, _ = proto.Clone(s.Node).(*pg.Node)
	st.Node.GetIndexStmt().Concurrent = false
	return refusal.Of(st, s.Catalog(), version)
}
