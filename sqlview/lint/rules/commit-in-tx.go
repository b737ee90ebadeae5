package rules

import (
	"fmt"

	"belay/sqlview/effect"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "commit-in-tx", Severity: lint.Stop, Kind: "fails",
	Summary: "CALL or DO that commits, inside a transaction or in one multi-statement string (warn where it only may)",
	Run:     commitInTx,
	Doc: `
## Advice
Run a procedure that commits alone, outside a transaction.

## In practice
COMMIT and ROLLBACK inside a procedure or a DO block are allowed only where nothing has opened a transaction around the call.
A file of several statements sent as one string is such a transaction, BEGIN is one, and so is a tool that wraps its files.
Alone in its file a CALL runs without: with golang-migrate, with psql and with belay. What it has committed when it fails stands.

## Measured
Seen on 15: error 2D000, invalid transaction termination, and all before it undone. golang-migrate with "CALL chunked(3)" alone:
applied; with one more statement in the file: 2D000, nothing applied, the version dirty.

## Instead
One file that holds only the CALL.
`,
})

func commitInTx(p *lint.Pass) {
	for s := range p.Statements() {
		c := s.Effect().Commits
		if c == effect.CommitsNever || !s.InTransaction() {
			continue
		}
		h := lint.Hazard{
			Message: fmt.Sprintf("%s fails here: it commits by itself, which a transaction around it forbids (2D000).",
				s.Kind),
			Why:     failsIn(p, s, alsoOne),
			Instead: outside(p, s),
		}
		if c == effect.CommitsMaybe {
			h.Severity = lint.Warn
			h.Message = fmt.Sprintf("%s fails here if it commits by itself: a transaction around it forbids that "+
				"(2D000).", s.Kind)
		}
		s.Report(h)
	}
}
