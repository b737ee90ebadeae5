package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "fk-locks-both", Severity: lint.Notice, Kind: "blocks",
	Summary: "a foreign key locks the other table too (parent named)",
	Run:     fkLocksBoth,
	Doc: `
## Advice
Look at every table that a statement locks, not only the one it names first.

## In practice
A foreign key puts triggers on the referenced table, so making one takes SHARE ROW EXCLUSIVE there: writes to it wait.
That holds for NOT VALID and for CREATE TABLE … REFERENCES as well, where the new table itself is of no concern. It is
held until COMMIT, so it belongs in a short transaction, the busiest table last.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: CREATE TABLE with a foreign key: INSERT into the parent waits until COMMIT, SELECT
goes on. Teams have been down for it with empty tables, because the lock on the parent queued behind a long read.

## Instead
Under a short lock_timeout, in a transaction that does nothing else; try again when it does not get the lock.
`,
})

func fkLocksBoth(p *lint.Pass) {
	for s, k := range p.ForeignKeys() {
		if !s.Existed(k.Parent) || k.Parent == k.Table {
			continue
		}
		s.Report(lint.Hazard{
			Relation: k.Parent, Object: strings.Join(k.Columns, ","), At: int(k.Constraint.Location),
			Message: fmt.Sprintf("Writes to %s wait until this transaction ends.", k.Parent),
			Why:     fmt.Sprintf("The foreign key of %s takes SHARE ROW EXCLUSIVE on %s.", k.Table, k.Parent),
			Instead: "SET lock_timeout = '200ms';  -- and this statement alone in its transaction, tried again when " +
				"it fails",
		})
	}
}
