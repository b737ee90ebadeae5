package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-database", Severity: lint.Stop, Kind: "destroys",
	Summary: "DROP DATABASE",
	Run:     dropDatabase,
	Doc: `
## Advice
A migration does not drop databases.

## In practice
It cannot be undone and not even be in a transaction; WITH (FORCE) terminates the sessions that would have stopped it. The
outages of this kind began with a command that was meant for another server.

## Measured
Documented for 10 to 18; WITH (FORCE) from 13 on.

## Instead
By hand, by somebody who has looked at the name of the server twice.
`,
})

func dropDatabase(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropdbStmt) {
		s.Report(lint.Hazard{
			Object:  d.Dbname,
			Message: fmt.Sprintf("The database %s is gone.", d.Dbname),
			Why:     "DROP DATABASE cannot be undone, and runs outside of any transaction.",
		})
	}
}
