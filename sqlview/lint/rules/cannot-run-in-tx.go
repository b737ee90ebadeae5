package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "cannot-run-in-tx", Severity: lint.Stop, Kind: "fails",
	Summary: "VACUUM, ALTER SYSTEM, CREATE DATABASE and their kin inside a transaction or in one multi-statement " +
		"string",
	Run: cannotRunInTx,
	Doc: `
## Advice
Give such a statement a migration file of its own, outside a transaction.

## In practice
VACUUM, CLUSTER of everything, REINDEX of a schema or of a partitioned index, CREATE and DROP DATABASE, TABLESPACE and
SUBSCRIPTION, ALTER SYSTEM, DISCARD ALL and COMMIT PREPARED are refused in a transaction block. Several statements sent as one
string are one, so in the team's tool the file fails as a whole, also where belay could run it statement by statement.

## Measured
Seen on 15 for each of them: error 25001, also as one of several statements of one string. golang-migrate with
"DELETE …; VACUUM FULL t": error, nothing applied, the version dirty.

## Instead
One file that holds only this statement, marked as not transactional where the tool wraps files.
`,
})

func cannotRunInTx(p *lint.Pass) {
	for s := range p.Statements() {
		e := s.Effect()
		if !e.Known || e.Transactional || !s.InTransaction() || s.Concurrently() != "" {
			continue
		}
		s.Report(lint.Hazard{
			Message: fmt.Sprintf("%s fails here: it cannot run inside a transaction (25001).", s.Kind),
			Why:     failsIn(p, s, oneByOne),
			Instead: outside(p, s),
		})
	}
}

// outside is the statement as it runs outside a transaction, by the word of the
// folder's tool.
func outside(p *lint.Pass, s lint.Stmt) string {
	if p.File.Mode == lint.OneTransaction && p.File.ByBelay {
		switch {
		case p.File.Outside.Header != "":
			return p.File.Outside.Header + s.SQL + ";  -- the only statement of its file"
		case p.File.Outside.How != "":
			return s.SQL + ";  -- " + p.File.Outside.How
		}
		return "-- belay: no-transaction\n" + s.SQL + ";  -- the only statement of its file"
	}
	return s.SQL + ";  -- the only statement of its file, outside a transaction"
}
