package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-default-pre11", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD COLUMN with a default before 11: rewrite",
	GrowsWithTable: true,
	Run:            addColDefaultPre11,
	Doc: `
## Advice
On a large table add the column without default, then fill it in batches.

## In practice
Up to PostgreSQL 10 every default rewrites the table under ACCESS EXCLUSIVE. Since 11 a default that is not volatile,
also now(), is kept in the catalog and the column is there at once, NOT NULL included. Advice that still calls it slow
is older than that. The lock is ACCESS EXCLUSIVE all the same, so lock_timeout stays.

## Measured
Seen on 10: new relfilenode for the table and its indexes. Seen on 11, 12, 15, 17 and 18: no rewrite and no scan for a
constant and for now().

## Instead
    ALTER TABLE t ADD COLUMN c type;
    ALTER TABLE t ALTER COLUMN c SET DEFAULT …;   -- for new rows
    -- then fill the old rows in batches
`,
})

func addColDefaultPre11(p *lint.Pass) {
	if !p.Before(11) {
		return
	}
	for s, c := range p.NewColumns() {
		k := c.Constraint(pg.ConstrType_CONSTR_DEFAULT)
		if k == nil || k.RawExpr.GetAConst().GetIsnull() {
			continue
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(c.ColumnDef.Location),
			Message: fmt.Sprintf("Adding %s rewrites the whole table, and nobody can read or write it meanwhile.",
				c.Colname),
			Why: fmt.Sprintf("The server is version %d; before 11 every default is written into every row under "+
				"ACCESS EXCLUSIVE.", p.Version),
			Instead: defaultLater(s, c, s.DefaultText(k.Location)),
		})
	}
}

// defaultLater adds a column in three steps that hold no lock for long.
func defaultLater(s lint.Stmt, c lint.NewColumn, value string) string {
	table, column := lint.Quote(c.Table), lint.Ident(c.Colname)
	return fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\nALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s;\nbelay "+
		"backfill --table %s --set %q --where %q",
		table, column, columnType(c), table, column, value, table, column+" = "+value, column+" IS NULL")
}
