package rules

import (
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/lock"
)

var _ = add(lint.Rule{
	ID: "statement-after-ae", Severity: lint.Warn, Kind: "blocks",
	Summary: "further statements after ACCESS EXCLUSIVE in the same transaction",
	Run:     statementAfterAE,
	Doc: `
## Advice
Let the transaction end with the statement that takes the strong lock.

## In practice
While the transaction goes on, nobody reads the table. Each further statement is a chance to wait: for a row that another
session holds, for a lock on another table, for the network. A further change of the same table that is instant as well
costs a moment and is left alone.

## Measured
Seen: in a transaction that has altered a table, SELECT on it waits until COMMIT, whatever follows.

## Instead
Put what needs no lock before it, and the rest into the next migration.
`,
})

func statementAfterAE(p *lint.Pass) {
	reported := map[int]bool{}
	for s := range p.Statements() {
		held, ok := heldStrong(s)
		if !ok || held.Mode != lock.AccessExclusive || !s.Effectful() || reported[s.Transaction()] ||
			!waitsElsewhere(s) {
			continue
		}
		reported[s.Transaction()] = true
		s.Report(lint.Hazard{
			Relation: held.Relation,
			Message:  fmt.Sprintf("Nobody can read %s until this statement is done as well.", held.Relation),
			Why:      fmt.Sprintf("The transaction holds ACCESS EXCLUSIVE on it since line %d.", held.Line),
			Instead:  "Move this statement before the one that takes the lock, or into the next migration.",
		})
	}
}

// waitsElsewhere reports whether the statement locks a table that the
// transaction has not locked as strongly already, or changes rows.
func waitsElsewhere(s lint.Stmt) bool {
	if len(s.DataChanges()) > 0 {
		return true
	}
	held := map[string]lock.Mode{}
	for _, h := range s.Held() {
		held[h.Relation] = max(held[h.Relation], h.Mode)
	}
	for _, l := range s.Effect().Locks {
		if s.Existed(l.Relation) && l.Mode > held[l.Relation] && s.Table(l.Relation) {
			return true
		}
	}
	return false
}
