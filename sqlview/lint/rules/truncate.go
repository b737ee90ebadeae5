package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "truncate", Severity: lint.Stop, Kind: "destroys",
	Summary: "TRUNCATE",
	Run:     truncate,
	Doc: `
## Advice
Look twice at a statement that empties a table, and at which database it is.

## In practice
TRUNCATE takes ACCESS EXCLUSIVE and gives the space back at once; after COMMIT nothing but a restore brings the rows
back. Row triggers do not fire, and a repeatable read transaction that began before sees an empty table.

## Measured
Seen on 10, 11, 12, 15, 17 and 18 with CASCADE: ACCESS EXCLUSIVE on each table and index, new relfilenodes.

## Instead
Rename the table aside and make an empty one of the same shape, or delete in batches what is not wanted.
`,
})

func truncate(p *lint.Pass) {
	for s, t := range lint.Each(p, (*pg.Node).GetTruncateStmt) {
		for _, n := range t.Relations {
			table := s.Name(n.GetRangeVar())
			if !s.Existed(table) {
				continue
			}
			s.Report(lint.Hazard{
				Relation: table, Object: table,
				Message: fmt.Sprintf("All rows of %s are gone.", table),
				Why:     "TRUNCATE takes ACCESS EXCLUSIVE; after COMMIT the way back is a restore." + sized(s, table),
				Instead: fmt.Sprintf("BEGIN;\nALTER TABLE %s RENAME TO %s;\nCREATE TABLE %s (LIKE %s INCLUDING "+
					"ALL);\nCOMMIT;  -- foreign keys, triggers and grants are made again; drop the old one a week "+
					"later",
					lint.Quote(table), lint.Ident(catalog.Base(table)+"_drop_"+stamp(p.Today)),
					lint.Quote(table), lint.Quote(schemaOf(table)+catalog.Base(table)+"_drop_"+stamp(p.Today))),
			})
		}
	}
}

// schemaOf is the schema with its dot, to put before a name.
func schemaOf(table string) string {
	if schema := catalog.Schema(table); schema != "" {
		return schema + "."
	}
	return ""
}
