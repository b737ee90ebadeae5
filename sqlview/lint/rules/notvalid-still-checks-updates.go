package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "notvalid-still-checks-updates", Severity: lint.Notice, Kind: "note",
	Summary: "NOT VALID constraints are checked for new and updated rows",
	Run:     notValidStillChecksUpdates,
	Doc: `
## Advice
Count the rows that break a constraint before you add it, NOT VALID or not.

## In practice
NOT VALID spares the rows that exist only as long as nobody touches them. An UPDATE of any column makes a new version of
the row, and that one is checked: code that only wanted to set a timestamp fails on an old bad row.

## Measured
Seen on 11, 15 and 18: UPDATE of another column of an old row that breaks the CHECK: error 23514.

## Instead
    SELECT count(*) FROM t WHERE NOT (…);     -- and clean these rows first
`,
})

func notValidStillChecksUpdates(p *lint.Pass) {
	for s, k := range p.NewConstraints(pg.ConstrType_CONSTR_CHECK) {
		if !k.SkipValidation || s.NotEnforced(k.Constraint) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: k.Table, Object: k.Conname, At: int(k.Constraint.Location),
			Message: fmt.Sprintf("An UPDATE of any column of an old row that breaks %s fails from now on.",
				constraintName(k.Constraint, k.Table, "", "check")),
			Why: "NOT VALID leaves out the rows that exist only until they are written again (23514).",
			Instead: fmt.Sprintf("SELECT count(*) FROM %s WHERE NOT (%s);  -- and clean these rows first",
				lint.Quote(k.Table), s.ConditionText(k.Constraint.Location)),
		})
	}
}
