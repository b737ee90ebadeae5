package rules

import (
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "vacuum-full", Severity: lint.Stop, Kind: "blocks",
	Summary:        "VACUUM FULL",
	GrowsWithTable: true,
	Run:            vacuumFull,
	Doc: `
## Advice
VACUUM FULL is not maintenance, it is downtime.

## In practice
It writes the table and its indexes anew under ACCESS EXCLUSIVE, needs as much free disk as the table, and cannot run in
a transaction. Plain VACUUM makes the dead space usable again and blocks nobody. Where the file must really shrink, a
tool that copies beside the table and swaps (pg_repack, pg_squeeze) holds the strong lock only for moments.

## Measured
Documented for 10 to 18: ACCESS EXCLUSIVE, a new file for the table and each index, error 25001 in a transaction.

## Instead
    VACUUM t;
`,
})

func vacuumFull(p *lint.Pass) {
	for s, v := range lint.Each(p, (*pg.Node).GetVacuumStmt) {
		if !v.IsVacuumcmd || !lint.Option(v.Options, "full") {
			continue
		}
		if len(v.Rels) == 0 {
			s.Report(lint.Hazard{
				Message: "Every table of the database is written anew, each while nobody can read or write it.",
				Why:     "VACUUM FULL without a table takes them all, one after another, under ACCESS EXCLUSIVE.",
				Instead: "VACUUM;",
			})
		}
		for _, n := range v.Rels {
			table := s.Name(n.GetVacuumRelation().GetRelation())
			s.Report(lint.Hazard{
				Relation: table, Object: table,
				Message: "The whole of " + table + " is written anew while nobody can read or write it.",
				Why:     "VACUUM FULL holds ACCESS EXCLUSIVE and needs free disk for a second copy.",
				Instead: "VACUUM " + lint.Quote(table) + ";  -- or pg_repack where the file must shrink",
			})
		}
	}
}
