package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "multi-ae-locks-tx", Severity: lint.Warn, Kind: "deadlocks",
	Summary:    "strong locks on several live tables in one transaction",
	Supersedes: []string{"statement-after-ae"},
	Run:        multiAELocksTx,
	Doc: `
## Advice
One table a transaction.

## In practice
The transaction locks the first table and then waits for the second. A query of the application that reads the second and
then wants the first waits for us, and we for it: a deadlock. The server ends one of the two, and it need not be ours.
While we wait for the second table, the first is closed to everybody.

## Measured
Seen in three runs of ALTER t; ALTER u against SELECT u; SELECT t: 40P01, and each time the victim was the application's
SELECT.

## Instead
A migration for each table. Where it must be one transaction: short lock_timeout, the busiest table last, tried again
as a whole.
`,
})

func multiAELocksTx(p *lint.Pass) {
	for s := range p.Statements() {
		held := map[string]bool{}
		line := 0
		for _, h := range s.Held() {
			if h.Mode.BlocksWrites() {
				held[h.Relation] = true
				line = h.Line
			}
		}
		if len(held) == 0 {
			continue
		}
		if table := another(s, held); table != "" {
			s.Report(lint.Hazard{
				Relation: table,
				Message: fmt.Sprintf("While this waits for %s, the tables locked before stay closed; a query that "+
					"uses both in the other order deadlocks.", table),
				Why:     fmt.Sprintf("The transaction holds a strong lock on another table since line %d.", line),
				Instead: "A migration for each table.",
			})
		}
	}
}

// another is a live table that the statement locks strongly and that is not
// held yet, nor a partition of one that is.
func another(s lint.Stmt, held map[string]bool) string {
	for _, l := range s.Effect().Locks {
		if !l.Mode.BlocksWrites() || held[l.Relation] || !s.Existed(l.Relation) || !s.Table(l.Relation) {
			continue
		}
		r := s.Catalog().Seen(l.Relation)
		if r == nil || len(r.Parents) == 0 || !held[r.Parents[0]] {
			return l.Relation
		}
	}
	return ""
}
