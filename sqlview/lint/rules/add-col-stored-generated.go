package rules

import (
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-stored-generated", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD COLUMN GENERATED STORED: rewrite",
	GrowsWithTable: true,
	Run:            addColStoredGenerated,
	Doc: `
## Advice
Do not add a stored generated column to a large table.

## In practice
The value of every row is computed and written when the column is added: a rewrite under ACCESS EXCLUSIVE. From 18 a
VIRTUAL column costs nothing to add, it is computed when it is read; it cannot be indexed. Where the value must be
stored, a plain column, a trigger for new rows and a backfill for the old ones do the same without the long lock.

## Measured
Seen on 12, 15, 17 and 18: new relfilenode for the table and its indexes. VIRTUAL on 18: no rewrite and no scan.

## Instead
    ALTER TABLE t ADD COLUMN c type GENERATED ALWAYS AS (…) VIRTUAL;   -- 18

before 18: a plain column, a trigger BEFORE INSERT OR UPDATE, then a backfill.
`,
})

func addColStoredGenerated(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		k := c.Constraint(pg.ConstrType_CONSTR_GENERATED)
		if k == nil || s.Has(parse.Virtual, k.Location) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(k.Location),
			Message: fmt.Sprintf("Adding %s rewrites the whole table, and nobody can read or write it meanwhile.",
				c.Colname),
			Why:     "A STORED generated column is computed for every row under ACCESS EXCLUSIVE.",
			Instead: generatedInstead(p, s, c, k),
		})
	}
}

func generatedInstead(p *lint.Pass, s lint.Stmt, c lint.NewColumn, k *pg.Constraint) string {
	table, column := lint.Quote(c.Table), lint.Ident(c.Colname)
	if !p.Before(18) {
		return fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s GENERATED ALWAYS AS (%s) VIRTUAL;", table, column,
			columnType(c), s.ConditionText(k.Location))
	}
	value := s.ConditionText(k.Location)
	return fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n-- a trigger BEFORE INSERT OR UPDATE that sets NEW.%s := "+
		"%s\nbelay backfill --table %s --set %q --where %q",
		table, column, columnType(c), column, value, table, column+" = "+value, column+" IS NULL")
}
