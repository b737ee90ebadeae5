package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-serial-identity", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD COLUMN serial or identity: rewrite",
	GrowsWithTable: true,
	Supersedes:     []string{"serial"},
	Run:            addColSerialIdentity,
	Doc: `
## Advice
Give an existing table a numbered column in steps.

## In practice
Every row gets its own number, so the table is rewritten under ACCESS EXCLUSIVE. serial and identity are the same in
this; taking identity instead of serial is good style and no help against the lock.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: new relfilenode for serial, bigserial and GENERATED … AS IDENTITY alike.

## Instead
    CREATE SEQUENCE t_c_seq;
    ALTER TABLE t ADD COLUMN c bigint;
    ALTER TABLE t ALTER COLUMN c SET DEFAULT nextval('t_c_seq');
    ALTER SEQUENCE t_c_seq OWNED BY t.c;
    -- then fill the old rows in batches
`,
})

func addColSerialIdentity(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		base, serial := catalog.SerialBase(c.TypeName)
		identity := c.Constraint(pg.ConstrType_CONSTR_IDENTITY) != nil
		if !serial && !identity {
			continue
		}
		if !serial {
			base = columnType(c)
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(c.ColumnDef.Location),
			Message: fmt.Sprintf("Adding %s rewrites the whole table, and nobody can read or write it meanwhile.",
				c.Colname),
			Why: "Each row that exists gets a number of its own under ACCESS EXCLUSIVE; serial and identity do " +
				"the same here.",
			Instead: numberedInstead(c, base),
		})
	}
}

func numberedInstead(c lint.NewColumn, base string) string {
	sequence := lint.Quote(c.Table + "_" + c.Colname + "_seq")
	table, column := lint.Quote(c.Table), lint.Ident(c.Colname)
	return fmt.Sprintf("CREATE SEQUENCE %s;\nALTER TABLE %s ADD COLUMN %s %s;\nALTER TABLE %s ALTER COLUMN %s SET "+
		"DEFAULT nextval('%s');\nALTER SEQUENCE %s OWNED BY %s.%s;\nbelay backfill --table %s --set %q --where %q",
		sequence, table, column, base, table, column, sequence, sequence, table, column,
		table, column+" = nextval('"+sequence+"')", column+" IS NULL")
}
