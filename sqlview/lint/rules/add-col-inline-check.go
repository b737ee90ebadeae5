package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-inline-check", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD COLUMN with CHECK: scan under ACCESS EXCLUSIVE",
	GrowsWithTable: true,
	Run:            addColInlineCheck,
	Doc: `
## Advice
Add the column, add the CHECK NOT VALID, validate it in another transaction.

## In practice
Although every value is NULL and NULL satisfies nearly every CHECK, the server reads the whole table to see it, under
the ACCESS EXCLUSIVE that ADD COLUMN holds: nobody reads or writes meanwhile. An inline CHECK cannot be NOT VALID; a
table constraint can.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: no rewrite, one scan under ACCESS EXCLUSIVE, also with a constant default.

## Instead
    ALTER TABLE t ADD COLUMN c type;
    ALTER TABLE t ADD CONSTRAINT c_check CHECK (…) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT c_check;   -- another transaction: SHARE UPDATE EXCLUSIVE
`,
})

func addColInlineCheck(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		k := c.Constraint(pg.ConstrType_CONSTR_CHECK)
		if k == nil || s.NotEnforced(k) {
			continue
		}
		table, column := lint.Quote(c.Table), lint.Ident(c.Colname)
		name := lint.Ident(constraintName(k, c.Table, c.Colname, "check"))
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(k.Location),
			Message: fmt.Sprintf("The CHECK on %s reads the whole table while nobody can read or write it.", c.Colname),
			Why: "An inline CHECK is verified for every row under the ACCESS EXCLUSIVE of ADD COLUMN, also where " +
				"every value is NULL.",
			Instead: fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\nALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT "+
				"VALID;\nALTER TABLE %s VALIDATE CONSTRAINT %s;  -- another transaction",
				table, column, columnType(c), table, name, s.ConditionText(k.Location), table, name),
		})
	}
}

// constraintName is the name a constraint has, or the one the server gives it.
func constraintName(k *pg.Constraint, table, column, suffix string) string {
	switch {
	case k.Conname != "":
		return k.Conname
	case column == "":
		return catalog.Base(table) + "_" + suffix
	}
	return catalog.Base(table) + "_" + column + "_" + suffix
}
