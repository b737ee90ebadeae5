package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "exclude-constraint", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD EXCLUDE: builds its index under a strong lock",
	GrowsWithTable: true,
	Run:            excludeConstraint,
	Doc: `
## Advice
Decide on an exclusion constraint while the table is small.

## In practice
There is no way to build it CONCURRENTLY, no NOT VALID and no USING INDEX: the statement builds the index under ACCESS
EXCLUSIVE. On a large table it means a new table with the constraint, filled beside the old one, and a swap; or a window in
which nobody works.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: scan and build under ACCESS EXCLUSIVE.

## Instead
A new table with the constraint, both written, filled in batches, then a swap of the names.
`,
})

func excludeConstraint(p *lint.Pass) {
	for s, k := range p.NewConstraints(pg.ConstrType_CONSTR_EXCLUSION) {
		s.Report(lint.Hazard{
			Relation: k.Table, Object: k.Conname, At: int(k.Constraint.Location),
			Message: fmt.Sprintf("The index is built while nobody can read or write %s.", k.Table),
			Why:     "EXCLUDE builds its index under ACCESS EXCLUSIVE, and there is no concurrent way to do it.",
			Instead: "A new table with the constraint, both written, filled in batches, then a swap of the names.",
		})
	}
}
