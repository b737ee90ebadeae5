package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "lock-all-rows", Severity: lint.Warn, Kind: "blocks",
	Summary: "SELECT … FOR UPDATE of a whole table",
	Run:     lockAllRows,
	Doc: `
## Advice
Lock the rows that you are about to change, by their key, a few at a time.

## In practice
FOR UPDATE and its kin lock each row that they return until COMMIT: every writer of one of them waits. The lock is written
into the row, so the statement writes every page of the table, and the WAL and the replicas carry it.

## Measured
Seen on 12 to 18: ROW SHARE on the table, for which only EXCLUSIVE and ACCESS EXCLUSIVE wait; what others wait for are
the locks on the rows.

## Instead
    SELECT id FROM t WHERE … ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED;     -- in batches, each its own transaction
`,
})

func lockAllRows(p *lint.Pass) {
	for s, q := range lint.Each(p, (*pg.Node).GetSelectStmt) {
		if len(q.LockingClause) == 0 || q.WhereClause != nil || q.LimitCount != nil {
			continue
		}
		for _, n := range q.FromClause {
			r := n.GetRangeVar()
			if table := s.Name(r); r != nil && s.Existed(table) && locks(q, r) {
				s.Report(lint.Hazard{
					Relation: table, Object: table, At: int(r.Location),
					Message: fmt.Sprintf("Every row of %s is locked against writers until the transaction ends, and "+
						"is written for that.", table),
					Why: "The query has no WHERE and no LIMIT.",
					Instead: "The rows of one range of keys after the other, with LIMIT and SKIP LOCKED, each its " +
						"own transaction.",
				})
			}
		}
	}
}

// locks reports whether one of the locking clauses is about the table.
func locks(q *pg.SelectStmt, r *pg.RangeVar) bool {
	for _, n := range q.LockingClause {
		of := n.GetLockingClause().GetLockedRels()
		if len(of) == 0 {
			return true
		}
		for _, o := range of {
			if name := o.GetRangeVar().GetRelname(); name == r.Relname || name == r.GetAlias().GetAliasname() {
				return true
			}
		}
	}
	return false
}
