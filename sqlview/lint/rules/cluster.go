package rules

import (
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "cluster", Severity: lint.Stop, Kind: "blocks",
	Summary:        "CLUSTER",
	GrowsWithTable: true,
	Run:            clusterTable,
	Doc: `
## Advice
Do not CLUSTER a live table.

## In practice
It sorts the table by an index and writes it and every index anew, under ACCESS EXCLUSIVE all the time, with free disk
for a second copy. The order is lost again with the next writes. Without a name it does that to every table that was
ever clustered.

## Measured
Documented for 10 to 18: ACCESS EXCLUSIVE on the table, a new file for the table and each index.

## Instead
pg_repack with an order, or partitions by the column that the queries range over.
`,
})

func clusterTable(p *lint.Pass) {
	for s, c := range lint.Each(p, (*pg.Node).GetClusterStmt) {
		table := s.Name(c.Relation)
		what := table
		if table == "" {
			what = "every table that was clustered before"
		} else if !s.Existed(table) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: table, Object: table,
			Message: "The whole of " + what + " is written anew while nobody can read or write it.",
			Why:     "CLUSTER holds ACCESS EXCLUSIVE and needs free disk for a second copy.",
			Instead: "pg_repack with an order does the same and holds the strong lock only for moments.",
		})
	}
}
