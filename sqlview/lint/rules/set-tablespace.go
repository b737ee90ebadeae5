package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-tablespace", Severity: lint.Stop, Kind: "blocks",
	Summary:        "SET TABLESPACE: rewrite",
	GrowsWithTable: true,
	Run:            setTablespace,
	Doc: `
## Advice
Do not move a live table with one statement.

## In practice
Every block is copied to the other disk under ACCESS EXCLUSIVE, and through the WAL. Its indexes stay where they are. Tools
that copy beside the table and swap (pg_repack) do it with a strong lock of moments.

## Measured
Seen on 15, 17 and 18: the file is copied under ACCESS EXCLUSIVE.

## Instead
pg_repack with --tablespace.
`,
})

func setTablespace(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_SetTableSpace) {
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Table,
			Message: fmt.Sprintf("The whole of %s is copied while nobody can read or write it.", a.Table),
			Why:     fmt.Sprintf("SET TABLESPACE %s copies every block under ACCESS EXCLUSIVE.", a.Name),
			Instead: "pg_repack with --tablespace.",
		})
	}
}
