package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "not-idempotent-partial", Severity: lint.Warn, Kind: "fails",
	Summary: "cannot be run again after failing half-way outside a transaction",
	Run:     notIdempotentPartial,
	Doc: `
## Advice
One statement per migration where there is no transaction.

## In practice
Outside a transaction each statement stays when a later one fails, and a concurrent build fails more easily than most: a
duplicate, a timeout, a cancelled session. The tool then runs the file from its first line again, and that fails because
its work is there already (42701, 42P07). Somebody has to find out by hand how far it came. belay keeps the state of each
statement and goes on behind the last that was done.

## Measured
Documented: outside a transaction each statement commits by itself; a second ADD COLUMN fails with 42701, a second CREATE with
42P07.

## Instead
A migration for each statement; or IF NOT EXISTS on what comes before the one that can fail.
`,
})

func notIdempotentPartial(p *lint.Pass) {
	if !outsideTransactions(p) {
		return
	}
	for s := range p.Statements() {
		later, ok := effectfulAfter(p, s)
		if s.InTransaction() || !ok || !s.FailsAgain() {
			continue
		}
		severity := lint.Severity(0)
		if p.File.ByBelay {
			severity = lint.Notice
		}
		s.Report(lint.Hazard{
			Severity: severity,
			Message:  "If a later statement fails, this one stays, and running the file again fails here.",
			Why:      fmt.Sprintf("The file runs outside a transaction, and line %d can still fail.", later.Line),
			Instead:  "A migration for each statement, or the IF NOT EXISTS / IF EXISTS form here.",
		})
		return
	}
}

// outsideTransactions reports whether the file cannot be one transaction: the
// tool was told so, or a statement of it refuses to be in one.
func outsideTransactions(p *lint.Pass) bool {
	if p.File.Mode == lint.NoTransaction {
		return true
	}
	for s := range p.Statements() {
		if s.Concurrently() != "" && !s.InTransaction() {
			return true
		}
	}
	return false
}

func effectfulAfter(p *lint.Pass, s lint.Stmt) (lint.Stmt, bool) {
	for later := range p.Statements() {
		if later.Index > s.Index && later.Effectful() {
			return later, true
		}
	}
	return lint.Stmt{}, false
}
