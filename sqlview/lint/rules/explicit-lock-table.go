package rules

import (
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "explicit-lock-table", Severity: lint.Warn, Kind: "blocks",
	Summary: "LOCK TABLE",
	Run:     explicitLockTable,
	Doc: `
## Advice
Let each statement take the lock it needs.

## In practice
LOCK TABLE without a mode is ACCESS EXCLUSIVE, held until the transaction ends, whatever the statements after it would have
needed. It has its use: to take several locks in one order before the work, with NOWAIT or a short lock_timeout.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE where no mode is given.

## Instead
    LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE NOWAIT;
`,
})

func explicitLockTable(p *lint.Pass) {
	for s, l := range lint.Each(p, (*pg.Node).GetLockStmt) {
		mode := lock.Mode(l.Mode)
		if !mode.BlocksWrites() {
			continue
		}
		for _, n := range l.Relations {
			table := s.Name(n.GetRangeVar())
			if !s.Existed(table) {
				continue
			}
			what := "writes"
			if mode.BlocksReads() {
				what = "reads and writes"
			}
			s.Report(lint.Hazard{
				Relation: table, Object: table, At: int(n.GetRangeVar().Location),
				Message: fmt.Sprintf("This blocks %s of %s until the transaction ends.", what, table),
				Why:     fmt.Sprintf("LOCK TABLE takes %s, whatever the statements after it need.", mode),
				Instead: "Leave it out, or name the weakest mode that serves, with NOWAIT.",
			})
		}
	}
}
