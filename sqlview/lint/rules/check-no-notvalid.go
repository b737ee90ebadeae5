package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "check-no-notvalid", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD CHECK without NOT VALID",
	GrowsWithTable: true,
	Run:            checkNoNotValid,
	Doc: `
## Advice
Add a CHECK NOT VALID and validate it in another transaction.

## In practice
ADD CHECK verifies every row under ACCESS EXCLUSIVE: nobody reads or writes until it is done, and one bad row undoes it
all. NOT VALID takes the same lock for a moment and checks only new and changed rows; VALIDATE reads the rest under SHARE
UPDATE EXCLUSIVE, where work goes on. An UPDATE of any column of an old bad row fails in between: count those rows first.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: scan under ACCESS EXCLUSIVE. NOT VALID: no scan. VALIDATE: SHARE UPDATE EXCLUSIVE.
Seen: an UPDATE of another column of an old violating row fails with 23514.

## Instead
    ALTER TABLE t ADD CONSTRAINT c_check CHECK (…) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT c_check;     -- another transaction
`,
})

func checkNoNotValid(p *lint.Pass) {
	for s, k := range p.NewConstraints(pg.ConstrType_CONSTR_CHECK) {
		if k.SkipValidation || s.NotEnforced(k.Constraint) {
			continue
		}
		name := constraintName(k.Constraint, k.Table, "", "check")
		s.Report(lint.Hazard{
			Relation: k.Table, Object: name, At: int(k.Constraint.Location),
			Message: fmt.Sprintf("Every row of %s is checked while nobody can read or write it.", k.Table),
			Why:     "ADD CHECK verifies the rows that exist under ACCESS EXCLUSIVE.",
			Instead: fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT VALID;\nALTER TABLE %s VALIDATE "+
				"CONSTRAINT %s;  -- another transaction",
				lint.Quote(k.Table), lint.Ident(name), s.ConditionText(k.Constraint.Location), lint.Quote(k.Table),
				lint.Ident(name)),
		})
	}
}
