package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "concurrently-mixed-with-tx-ddl", Severity: lint.Warn, Kind: "fails",
	Summary: "CONCURRENTLY beside other statements in a file that the team's tool runs as one transaction",
	Run:     concurrentlyMixedWithTxDDL,
	Doc: `
## Advice
A concurrent build has a migration file of its own.

## In practice
As long as the tool runs the file as one transaction, the concurrent statement fails. Taking the transaction off the
file cures that and takes it off the statements beside it as well: after a failure half of them have happened, and the
next try stumbles over what is there already. Only splitting the file solves both.

## Measured
Seen: golang-migrate with one more statement beside CREATE INDEX CONCURRENTLY: error, dirty, nothing applied.
Documented: without a transaction the first statement stays when the build fails, and the second try ends with 42701 or 42P07.

## Instead
One file for the statements that share a transaction, the next version for the concurrent build alone.
`,
})

func concurrentlyMixedWithTxDDL(p *lint.Pass) {
	if p.File.Mode != lint.OneTransaction && p.File.Mode != lint.Implicit {
		return
	}
	concurrent, others := mixture(p)
	if len(concurrent) == 0 || len(others) == 0 {
		return
	}
	others[0].Report(lint.Hazard{
		Message: fmt.Sprintf("The file mixes %s with %s, so neither with nor without a transaction can it run as a "+
			"whole.",
			concurrent[0].Concurrently(), lint.Count(len(others), "other statement")),
		Why: fmt.Sprintf("With the tool's transaction the statement in line %d fails; without it a failure leaves "+
			"the others half done.",
			concurrent[0].Line),
		Instead: fmt.Sprintf("Move line %d into a migration file of its own, outside a transaction.",
			concurrent[0].Line),
	})
}

// mixture parts the statements that do something into concurrent ones and others.
func mixture(p *lint.Pass) (concurrent, others []lint.Stmt) {
	for s := range p.Statements() {
		switch {
		case s.Concurrently() != "":
			concurrent = append(concurrent, s)
		case s.Effectful():
			others = append(others, s)
		}
	}
	return concurrent, others
}
