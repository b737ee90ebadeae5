package rules

import (
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-virtual-notnull", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD COLUMN VIRTUAL NOT NULL (18): scan",
	GrowsWithTable: true,
	Supersedes:     []string{"add-col-inline-check"},
	Run:            addColVirtualNotNull,
	Doc: `
## Advice
Add a virtual column plain, and its NOT NULL or CHECK in a second step.

## In practice
A virtual column costs nothing to add: no value is stored. NOT NULL or a CHECK on it costs all the same: the server
computes the value of every row to see that it holds, under the ACCESS EXCLUSIVE of ADD COLUMN.

## Measured
Seen on 18: VIRTUAL: no rewrite and no scan. VIRTUAL NOT NULL: scan under ACCESS EXCLUSIVE.

## Instead
    ALTER TABLE t ADD COLUMN c type GENERATED ALWAYS AS (…) VIRTUAL;
    ALTER TABLE t ADD CONSTRAINT c_present NOT NULL c NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT c_present;      -- another transaction
`,
})

func addColVirtualNotNull(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		k := c.Constraint(pg.ConstrType_CONSTR_GENERATED)
		if k == nil || !s.Has(parse.Virtual, k.Location) {
			continue
		}
		check := c.Constraint(pg.ConstrType_CONSTR_CHECK)
		notNull := c.Constraint(pg.ConstrType_CONSTR_NOTNULL)
		if notNull == nil && (check == nil || s.NotEnforced(check)) {
			continue
		}
		what := "NOT NULL"
		if notNull == nil {
			what = "CHECK"
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(k.Location),
			Message: fmt.Sprintf("%s on %s computes the value of every row while nobody can read or write the table.",
				what, c.Colname),
			Why: "Without it a VIRTUAL column is added at once; with it every row is verified under ACCESS EXCLUSIVE.",
			Instead: fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s GENERATED ALWAYS AS (%s) VIRTUAL;\n-- then the %s "+
				"as a constraint NOT VALID, and VALIDATE in another transaction",
				lint.Quote(c.Table), lint.Ident(c.Colname), columnType(c), s.ConditionText(k.Location), what),
		})
	}
}
