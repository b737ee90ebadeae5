package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "needs-tx", Severity: lint.Stop, Kind: "fails",
	Summary: "LOCK TABLE, or a cursor without HOLD, outside a transaction",
	Run:     needsTx,
	Doc: `
## Advice
Take a lock in the transaction of the work that it is for.

## In practice
A lock and a cursor end with their transaction, so the server refuses both where there is none. A file of one statement is
in none with a tool that opens no transaction, such as golang-migrate.

## Measured
Seen on 15: error 25P01. golang-migrate with "LOCK TABLE t" alone in its file: error, the version dirty.

## Instead
    BEGIN; LOCK TABLE t IN SHARE MODE NOWAIT; …; COMMIT;
`,
})

func needsTx(p *lint.Pass) {
	for s := range p.Statements() {
		if !s.Effect().NeedsBlock || s.InTransaction() {
			continue
		}
		h := lint.Hazard{
			Message: fmt.Sprintf("%s fails here: it can only be used inside a transaction (25P01).", s.Kind),
			Why:     "Nothing opens a transaction around it.",
			Instead: "BEGIN;\n" + s.SQL + ";\n…\nCOMMIT;",
		}
		if p.File.Mode == lint.Implicit {
			h.Why = p.WithTool("25P01")
			if p.File.ByBelay {
				h.Why += " belay runs it in a transaction of its own, which ends at once: the statement then serves " +
					"nothing."
			}
		}
		s.Report(h)
	}
}
