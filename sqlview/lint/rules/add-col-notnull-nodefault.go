package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-notnull-nodefault", Severity: lint.Stop, Kind: "fails",
	Summary: "ADD COLUMN NOT NULL without default on a table with rows; old code's INSERTs fail",
	Run:     addColNotNullNoDefault,
	Doc: `
## Advice
Add the column nullable, let the application write it, fill the old rows, then make it NOT NULL.

## In practice
There is no value for the rows that exist, so the statement fails on the first of them (23502). On an empty table it
works at once, which is why it passes on a fresh test database. And where it works, every INSERT of code that does not
know the column fails from then on. With a constant default it is instant from 11 on and old code goes on.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: error 23502 on a table with rows; instant on an empty one.

## Instead
    ALTER TABLE t ADD COLUMN c type;                                        -- 1
    -- 2: deploy code that writes c, fill the old rows in batches
    ALTER TABLE t ADD CONSTRAINT c_present CHECK (c IS NOT NULL) NOT VALID;  -- 3
    ALTER TABLE t VALIDATE CONSTRAINT c_present;                            -- 4, another transaction
    ALTER TABLE t ALTER COLUMN c SET NOT NULL;                              -- 5, no scan from 12 on
`,
})

func addColNotNullNoDefault(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		if !requiresValue(c) {
			continue
		}
		table, column := lint.Quote(c.Table), lint.Ident(c.Colname)
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(c.ColumnDef.Location),
			Message: fmt.Sprintf("This fails as soon as %s has one row, and code that does not write %s cannot "+
				"insert any more.", c.Table, c.Colname),
			Why: "NOT NULL without a default leaves no value for the rows that exist (23502).",
			Instead: fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n-- deploy code that writes it, fill the old rows "+
				"in batches, then:\n%s",
				table, column, columnType(c), setNotNullSteps(p, c.Relation, c.Table, c.Colname)),
		})
	}
}

// requiresValue is a new column that must have a value and gets none.
func requiresValue(c lint.NewColumn) bool {
	required := c.Constraint(pg.ConstrType_CONSTR_NOTNULL) != nil || c.Constraint(pg.ConstrType_CONSTR_PRIMARY) != nil
	k := c.Constraint(pg.ConstrType_CONSTR_DEFAULT)
	_, serial := catalog.SerialBase(c.TypeName)
	filled := k != nil && !k.RawExpr.GetAConst().GetIsnull() || serial ||
		c.Constraint(pg.ConstrType_CONSTR_IDENTITY) != nil || c.Constraint(pg.ConstrType_CONSTR_GENERATED) != nil
	return required && !filled
}

func columnType(c lint.NewColumn) string {
	return catalog.TypeText(c.TypeName)
}
