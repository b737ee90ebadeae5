package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "dml-ddl-mixed", Severity: lint.Warn, Kind: "blocks",
	Summary: "data change and strong lock in one transaction",
	Run:     dmlDDLMixed,
	Doc: `
## Advice
Schema changes and data changes go into different migrations.

## In practice
Whichever comes first makes the other worse. The schema change first: its lock is held through the data change. The data
change first: its row locks and the dead rows stay while the ALTER queues for its lock; and where a deferred foreign key
or trigger still has events waiting, the ALTER fails with 55006.

## Measured
Seen on 11, 15 and 18: ALTER TABLE after a data change with a deferred foreign key on the same table: error 55006.
Documented: a lock is held until COMMIT, so ADD COLUMN holds its lock through an UPDATE that follows.

## Instead
Three migrations: add, fill in batches, tighten.
`,
})

func dmlDDLMixed(p *lint.Pass) {
	changed, locked := map[int]lint.Stmt{}, map[int]lint.Stmt{}
	reported := map[int]bool{}
	for s := range p.Statements() {
		t := s.Transaction()
		if !s.InTransaction() || reported[t] {
			continue
		}
		change, lock := changesRows(s), locksStrongly(s)
		if change {
			changed[t] = s
		}
		if lock && locked[t].Statement == nil {
			locked[t] = s
		}
		if (change || lock) && changed[t].Statement != nil && locked[t].Statement != nil {
			reported[t] = true
			reportMixed(s, changed[t], locked[t])
		}
	}
}

func reportMixed(s, changed, locked lint.Stmt) {
	why := fmt.Sprintf("The data change in line %d runs under the lock that line %d took.", changed.Line, locked.Line)
	if changed.Index < locked.Index {
		why = fmt.Sprintf("Line %d waits for its lock while the rows of line %d stay locked.", locked.Line,
			changed.Line)
	}
	s.Report(lint.Hazard{
		Message: "The transaction changes rows and takes a strong lock; each makes the other last longer.",
		Why:     why, Instead: "One migration for the schema change, the next for the rows.",
	})
}

// changesRows reports whether the statement writes rows of a table that existed.
func changesRows(s lint.Stmt) bool {
	if insert := s.Node.GetInsertStmt(); insert != nil && s.Existed(s.Name(insert.Relation)) {
		return true
	}
	for _, d := range s.DataChanges() {
		if s.Existed(d.Table) {
			return true
		}
	}
	return false
}

func locksStrongly(s lint.Stmt) bool {
	for _, l := range s.Effect().Locks {
		if l.Mode.BlocksWrites() && s.Existed(l.Relation) && s.Table(l.Relation) {
			return true
		}
	}
	return false
}
