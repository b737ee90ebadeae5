package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-local-outside-tx", Severity: lint.Warn, Kind: "silent",
	Summary: "SET LOCAL outside a transaction does nothing",
	Run:     setLocalOutsideTx,
	Doc: `
## Advice
Check that a timeout is in force, do not believe the line that sets it.

## In practice
SET LOCAL lasts until the end of the transaction. Outside of one it ends with itself: the server says WARNING 25P01, most
tools do not show it, and lock_timeout is what it was, which is usually no limit.

## Measured
Seen on 11, 15 and 18: WARNING 25P01, and SHOW lock_timeout gives 0 afterwards.

## Instead
    SET lock_timeout = '2s';         -- for the session
or BEGIN before SET LOCAL.
`,
})

func setLocalOutsideTx(p *lint.Pass) {
	for s, v := range lint.Each(p, (*pg.Node).GetVariableSetStmt) {
		if !v.IsLocal || s.InTransaction() {
			continue
		}
		s.Report(lint.Hazard{
			Object:  v.Name,
			Message: fmt.Sprintf("This sets nothing: %s is what it was before.", v.Name),
			Why:     "SET LOCAL ends with its transaction, and outside of one that is at once (WARNING 25P01).",
			Instead: lint.WithoutLocal(s.SQL) + ";",
		})
	}
}
