package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "unique-no-index", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD UNIQUE that builds its index",
	GrowsWithTable: true,
	Run:            uniqueNoIndex,
	Doc: `
## Advice
Build the unique index CONCURRENTLY, then make it the constraint.

## In practice
ADD UNIQUE builds its index under ACCESS EXCLUSIVE: nobody reads or writes until it is done. With an index that is there
already, USING INDEX is a change in the catalog. Look for duplicates first: a concurrent unique build that meets one
fails after all its work and leaves an INVALID index.

## Measured
Seen on 10 to 18 for the inline form: the index is built under ACCESS EXCLUSIVE. Documented: USING INDEX builds nothing.

## Instead
    CREATE UNIQUE INDEX CONCURRENTLY t_c_key ON t (c);               -- own file
    ALTER TABLE t ADD CONSTRAINT t_c_key UNIQUE USING INDEX t_c_key;
`,
})

func uniqueNoIndex(p *lint.Pass) {
	for s, k := range p.NewConstraints(pg.ConstrType_CONSTR_UNIQUE) {
		if k.Indexname != "" {
			continue
		}
		columns := catalog.Strings(k.Keys)
		name := constraintName(k.Constraint, k.Table, strings.Join(columns, "_"), "key")
		s.Report(lint.Hazard{
			Relation: k.Table, Object: name, At: int(k.Constraint.Location),
			Message: fmt.Sprintf("The index is built while nobody can read or write %s.", k.Table),
			Why:     "ADD UNIQUE builds its index under ACCESS EXCLUSIVE.",
			Instead: usingIndexSteps(k.Table, name, "UNIQUE", columns),
		})
	}
}
