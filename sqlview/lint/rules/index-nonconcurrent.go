package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "index-nonconcurrent", Severity: lint.Stop, Kind: "blocks",
	Summary:        "CREATE INDEX without CONCURRENTLY on a table that existed before this run",
	GrowsWithTable: true,
	Run:            indexNonconcurrent,
	Doc: `
## Advice
Build indexes on a live database CONCURRENTLY.

## In practice
CREATE INDEX takes SHARE on the table until the build is done: reads go on, every INSERT, UPDATE and DELETE waits.
While it waits for that lock itself, writes that come later queue behind it. A table made in the same run is safe:
nobody else can see it. CONCURRENTLY is not "without locking": it takes SHARE UPDATE EXCLUSIVE, reads the table twice
and waits for every older transaction of the database, so it belongs outside a transaction, alone, without a short timeout.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: SHARE on the table, held for the whole build, also for UNIQUE.

## Instead
    CREATE INDEX CONCURRENTLY name ON table (column);

alone in its own migration file, outside a transaction. Then look at pg_index.indisvalid: a build that failed leaves
an INVALID index that must be dropped with DROP INDEX CONCURRENTLY.
`,
})

func indexNonconcurrent(p *lint.Pass) {
	for s, index := range lint.Each(p, (*pg.Node).GetIndexStmt) {
		table := s.Name(index.Relation)
		if index.Concurrent || !s.Existed(table) || onlyParent(s, index) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: table, Object: index.Idxname,
			Message: fmt.Sprintf("Building the index blocks every write to %s until it is done.", table),
			Why: "CREATE INDEX holds SHARE on the table for the whole build; INSERT, UPDATE and DELETE wait " +
				"for it.",
			Instead: firstIndexWord.ReplaceAllString(s.SQL, "${1} CONCURRENTLY") +
				";  -- alone in its file, outside a transaction",
		})
	}
}

var firstIndexWord = pattern.New(`(?i)^(CREATE(?:\s+UNIQUE)?\s+INDEX)`)

// onlyParent is CREATE INDEX ON ONLY a partitioned table: no build, an entry
// in the catalog.
func onlyParent(s lint.Stmt, index *pg.IndexStmt) bool {
	r := s.Relation(index.Relation)
	return !index.Relation.Inh && r != nil && r.Kind == catalog.PartitionedTable
}
