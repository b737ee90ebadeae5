package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-index-nonconcurrent", Severity: lint.Warn, Kind: "blocks",
	Summary: "DROP INDEX without CONCURRENTLY",
	Run:     dropIndexNonconcurrent,
	Doc: `
## Advice
Drop indexes CONCURRENTLY too.

## In practice
DROP INDEX takes ACCESS EXCLUSIVE on the table, not only on the index. It is done in a moment once it has the lock;
the wait is the danger: behind a long SELECT it queues, and every later SELECT queues behind it. An index on a
partitioned table cannot be dropped CONCURRENTLY; there a short lock_timeout and another try is what remains.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on the table and the index.
Documented: DROP INDEX CONCURRENTLY takes SHARE UPDATE EXCLUSIVE.

## Instead
    DROP INDEX CONCURRENTLY name;

alone in its own migration file, outside a transaction.
`,
})

func dropIndexNonconcurrent(p *lint.Pass) {
	for s, drop := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if drop.RemoveType != pg.ObjectType_OBJECT_INDEX || drop.Concurrent {
			continue
		}
		for _, index := range s.Dropped(drop) {
			reportDropIndex(s, index, drop.MissingOk)
		}
	}
}

func reportDropIndex(s lint.Stmt, index string, missingOk bool) {
	table, _ := s.Catalog().Indexed(index)
	if !s.Existed(index) || table != nil && table.CreatedHere {
		return
	}
	named := lint.Quote(index)
	if missingOk {
		named = "IF EXISTS " + named
	}
	on, instead := "its table",
		fmt.Sprintf("DROP INDEX CONCURRENTLY %s;  -- alone in its file, outside a transaction", named)
	relation := ""
	if table != nil {
		on, relation = table.Name, table.Name
		if table.Kind == catalog.PartitionedTable {
			instead = fmt.Sprintf("SET lock_timeout = '200ms';\nDROP INDEX %s;  -- CONCURRENTLY does not work on a "+
				"partitioned table", named)
		}
	}
	h := lint.Hazard{
		Relation: relation, Object: index,
		Message: fmt.Sprintf("Dropping %s waits for ACCESS EXCLUSIVE on %s, and every query on it waits behind.", index,
			on),
		Why:     "DROP INDEX takes ACCESS EXCLUSIVE on the table as well as on the index.",
		Instead: instead,
	}
	if strings.HasPrefix(instead, "SET") && s.GivesUp() {
		h.Severity, h.Instead = lint.Notice, ""
		h.Why += " It gives up soon, and there is no other way on a partitioned table."
	}
	s.Report(h)
}
