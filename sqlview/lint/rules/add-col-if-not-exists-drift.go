package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-if-not-exists-drift", Severity: lint.Warn, Kind: "silent",
	Summary: "ADD COLUMN IF NOT EXISTS over a column of another type or default",
	Run:     addColIfNotExistsDrift,
	Doc: `
## Advice
IF NOT EXISTS compares a name, nothing else.

## In practice
A column of that name is there, and it is another one: the statement says so in a NOTICE, does nothing and succeeds. The
migration is recorded, the schema is not what it says, and the next environment gets a different one. It queues for ACCESS
EXCLUSIVE all the same.

## Measured
Seen on 10 to 18: the statement waits for ACCESS EXCLUSIVE also where it does nothing, and keeps a column of another type.

## Instead
Find out why the column is there, then bring it to what is wanted by a statement that says so.
`,
})

func addColIfNotExistsDrift(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		have := c.Relation.Column(c.Colname)
		if !c.MissingOk || have == nil {
			continue
		}
		drift := columnDrift(have, c)
		if len(drift) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(c.ColumnDef.Location),
			Message: fmt.Sprintf("%s.%s is there already and is another column: the statement does nothing and "+
				"succeeds.", c.Table, c.Colname),
			Why:     "There: " + strings.Join(drift, "; ") + ".",
			Instead: "Bring the column to what is wanted by a statement that says so.",
		})
	}
}

// columnDrift says how a column differs from its definition.
func columnDrift(have *catalog.Column, c lint.NewColumn) []string {
	var drift []string
	if want := columnType(c); catalog.Base(have.Type) != catalog.Base(want) {
		drift = append(drift, fmt.Sprintf("type %s, wanted %s", have.Type, want))
	}
	if want := c.Constraint(pg.ConstrType_CONSTR_NOTNULL) != nil; want && !have.NotNull {
		drift = append(drift, "may be NULL, wanted NOT NULL")
	}
	if want := lint.ColumnDefault(c.ColumnDef); want != nil && have.Default == "" && !have.Identity {
		drift = append(drift, "no default, wanted one")
	}
	return drift
}
