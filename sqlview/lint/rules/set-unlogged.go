package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-unlogged", Severity: lint.Stop, Kind: "blocks",
	Summary:        "SET UNLOGGED: rewrite, and lost after a crash",
	GrowsWithTable: true,
	Run:            setUnlogged,
	Doc: `
## Advice
UNLOGGED is for data that may be lost.

## In practice
The table is rewritten under ACCESS EXCLUSIVE. From then on it is emptied after every crash of the server, and it does not
exist on replicas: after a failover it is empty. The way back rewrites it once more and sends all of it to the WAL.

## Measured
Seen on 10 to 18: a new relfilenode under ACCESS EXCLUSIVE.

## Instead
A table of its own for what may be lost.
`,
})

func setUnlogged(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_SetUnLogged) {
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Table,
			Message: fmt.Sprintf("%s is rewritten while nobody can read or write it, and is empty after the next "+
				"crash or failover.", a.Table),
			Why:     "SET UNLOGGED writes the table anew under ACCESS EXCLUSIVE and takes it out of the WAL.",
			Instead: "A table of its own for what may be lost.",
		})
	}
}
