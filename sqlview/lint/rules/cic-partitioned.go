package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "cic-partitioned", Severity: lint.Stop, Kind: "fails",
	Supersedes: []string{"server-refuses"},
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
		s.Report(lint.Hazard{
			Relation: r.Name, Object: index.Idxname,
			Message: fmt.Sprintf("This fails (0A000): %s is partitioned, and CONCURRENTLY does not work on the parent.",
				r.Name),
			Why:     fmt.Sprintf("%s has %s.", r.Name, lint.Count(len(r.Children), "partition")),
			Instead: partitionedIndexSteps(r, index, columnText(s, index)),
		})
	}
}

// columnText is the index's column list as it is written.
func columnText(s lint.Stmt, index *pg.IndexStmt) string {
	return s.ConditionText(index.Relation.Location)
}

// partitionedIndexSteps builds an index partition by partition.
func partitionedIndexSteps(r *catalog.Relation, index *pg.IndexStmt, columns string) string {
	name := index.Idxname
	if name == "" {
		name = catalog.Base(r.Name) + "_idx"
	}
	unique := ""
	if index.Unique {
		unique = "UNIQUE "
	}
	lines := []string{
		fmt.Sprintf("CREATE %sINDEX %s ON ONLY %s (%s);", unique, lint.Ident(name), lint.Quote(r.Name), columns),
	}
	for i, child := range r.Children {
		if i == 3 {
			lines = append(lines,
				fmt.Sprintf("-- and the same for %s more", lint.Count(len(r.Children)-i, "partition")))
			break
		}
		part := catalog.Truncate(catalog.Base(child) + "_" + name)
		lines = append(lines,
			fmt.Sprintf("CREATE %sINDEX CONCURRENTLY %s ON %s (%s);  -- alone in its file", unique, lint.Ident(part),
				lint.Quote(child), columns),
			fmt.Sprintf("ALTER INDEX %s ATTACH PARTITION %s;", lint.Quote(schemaOf(r.Name)+name),
				lint.Quote(schemaOf(child)+part)))
	}
	return strings.Join(lines, "\n")
}
