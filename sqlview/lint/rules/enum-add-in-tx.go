package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "enum-add-in-tx", Severity: lint.Stop, Kind: "fails",
	Supersedes: []string{"cannot-run-in-tx", "fails"},
	Summary:    "ADD VALUE in a transaction before 12",
	Run:        enumAddInTx,
	Doc: `
## Advice
Add an enum value in a migration of its own, outside a transaction.

## In practice
Before 12 ALTER TYPE … ADD VALUE is refused in a transaction, so also in a file that the tool wraps. From 12 on it may be
in one, but the new value cannot be used before COMMIT.

## Measured
Seen on 10 and 11: error 25001. Seen on 12, 15, 17 and 18: allowed.

## Instead
    ALTER TYPE t ADD VALUE 'v';     -- the only statement of its file, outside a transaction
`,
})

func enumAddInTx(p *lint.Pass) {
	if !p.Before(12) {
		return
	}
	for s, e := range lint.Each(p, (*pg.Node).GetAlterEnumStmt) {
		if e.OldVal != "" || !s.InTransaction() {
			continue
		}
		s.Report(lint.Hazard{
			Object: s.NameOf(e.TypeName),
			Message: fmt.Sprintf("This fails on version %d (25001): an enum value cannot be added inside a "+
				"transaction.", p.Version),
			Why:     failsIn(p, s, oneByOne),
			Instead: s.SQL + ";  -- the only statement of its file, outside a transaction",
		})
	}
}
