package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "old-transaction", Severity: lint.Notice, Kind: "session",
	Summary: "an old or idle transaction stands in the way now",
	Run:     oldTransaction,
	Doc: `
## Advice
Look for old transactions on the table before you run.

## In practice
The statement may take a millisecond; the wait for its lock takes as long as the oldest transaction that touched the table,
and everybody who comes later waits behind it. What does nothing ("idle in transaction") ends only when its client does. So
belay names who stands in the way now, with the age of the transaction, and asks again in the moment of the run. What is
younger than a second is not named.

## Measured
Seen on 15 and 18: a waiting ALTER blocks a plain SELECT that comes after it; with lock_timeout on the ALTER the SELECT goes
on right after it gives up.

## Instead
SET lock_timeout, and try again when they are gone; or ask the owners to end their transactions.
`,
})

func oldTransaction(p *lint.Pass) {
	for s := range p.Statements() {
		blockers := s.Blockers()
		if s.Concurrently() != "" || len(blockers) == 0 {
			continue
		}
		relation := blockers[0].Relation
		s.Report(lint.Hazard{
			Relation: relation,
			Message: fmt.Sprintf("It would wait for its lock on %s now, and everybody who comes later would wait "+
				"behind it.", relation),
			Why:     "In its way: " + lint.Sessions(blockers) + ".",
			Instead: "Ask them to end first, or run it under a short lock_timeout and try again.",
		})
	}
}
