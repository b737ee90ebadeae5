package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "long-tx-after-ae", Severity: lint.Stop, Kind: "blocks",
	Summary:    "slow work after a strong lock in the same transaction",
	Supersedes: []string{"statement-after-ae"},
	Run:        longTxAfterAE,
	Doc: `
## Advice
What changes the schema and what changes many rows belong into different migrations.

## In practice
A lock lasts until the transaction ends, not until its statement ends. An instant ALTER TABLE followed by a long UPDATE in
the same transaction keeps everybody off the table for as long as the UPDATE takes. A file that the tool runs as one
transaction is enough for it.

## Measured
Seen: in a transaction that has altered a table, SELECT on it waits until COMMIT, also while VALIDATE or an UPDATE of the same
transaction works.

## Instead
Two migrations: the schema change in one, the slow work, in batches, in the next.
`,
})

func longTxAfterAE(p *lint.Pass) {
	for s := range p.Statements() {
		lock, ok := heldStrong(s)
		if !ok || !s.Slow() {
			continue
		}
		s.Report(lint.Hazard{
			Relation: lock.Relation,
			Message:  fmt.Sprintf("%s stays locked while this statement works.", lock.Relation),
			Why: fmt.Sprintf("The transaction holds %s on it since line %d, and a lock lasts until COMMIT.",
				lock.Mode, lock.Line),
			Instead: "Move this statement into a migration of its own; changes of many rows in batches.",
		})
	}
}

// heldStrong is the strongest lock on a live table that the transaction of a
// statement holds already; false = none that stops writes.
func heldStrong(s lint.Stmt) (lint.Held, bool) {
	var strongest lint.Held
	for _, h := range s.Held() {
		if h.Mode > strongest.Mode {
			strongest = h
		}
	}
	return strongest, strongest.Mode.BlocksWrites()
}
