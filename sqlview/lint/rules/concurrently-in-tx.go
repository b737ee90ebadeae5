package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "concurrently-in-tx", Severity: lint.Stop, Kind: "fails",
	Supersedes: []string{"fails"},
	Summary:    "CONCURRENTLY inside a transaction or in one multi-statement string",
	Run:        concurrentlyInTx,
	Doc: `
## Advice
CONCURRENTLY runs outside a transaction, as the only statement of its migration.

## In practice
It needs several transactions of its own, so the server refuses it in a transaction block with SQLSTATE 25001. A block
is not only BEGIN: a tool that wraps the file opens one, and several statements sent as one string are one too. There
even a SET before it is enough. Each tool has its own mark for a file that is not wrapped.

## Measured
Seen on 10 to 18: error 25001 inside BEGIN. Seen: "SELECT 1; CREATE INDEX CONCURRENTLY …" sent as one string fails the
same way. golang-migrate with such a file: error, the version dirty, nothing applied.

## Instead
One file that holds only this statement, marked as not transactional where the tool wraps files.
`,
})

func concurrentlyInTx(p *lint.Pass) {
	for s := range p.Statements() {
		what := s.Concurrently()
		if what == "" || !s.InTransaction() {
			continue
		}
		s.Report(lint.Hazard{
			Message: fmt.Sprintf("%s fails here: it cannot run inside a transaction (25001).", what),
			Why:     failsIn(p, s, oneByOne),
			Instead: outside(p, s),
		})
	}
}

// transactionOf says who opened the transaction of a statement.
func transactionOf(p *lint.Pass, s lint.Stmt) string {
	for _, e := range s.Earlier() {
		if e.TransactionControl() {
			return fmt.Sprintf("The transaction was opened by BEGIN in line %d.", e.Line)
		}
	}
	if p.File.Mode == lint.Implicit {
		return fmt.Sprintf("The file holds %s and is sent as one string, which the server runs as one "+
			"transaction.", lint.Count(len(p.File.Statements), "statement"))
	}
	said := "The tool runs the whole file in one transaction."
	if p.File.Outside.How != "" {
		said += " To have it run outside of one, " + p.File.Outside.How + "."
	}
	return said
}

// What belay does with a file that fails with the tool.
const (
	oneByOne = "belay, where this is accepted, runs the statements one by one: what ran before a failure stays."
	alsoOne  = "belay runs it in one transaction too, and undoes it."
)

// failsIn is transactionOf with what comes of the file, with the team's tool and
// with belay.
func failsIn(p *lint.Pass, s lint.Stmt, belay string) string {
	why := transactionOf(p, s)
	if p.File.Mode != lint.Implicit {
		return why
	}
	if p.File.Tool != "" {
		why += fmt.Sprintf(" With %s nothing of it is applied, and the version stays dirty.", p.File.Tool)
	}
	if p.File.ByBelay {
		why += " " + belay
	}
	return why
}
