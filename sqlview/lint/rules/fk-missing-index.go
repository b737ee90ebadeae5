package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "fk-missing-index", Severity: lint.Warn, Kind: "slow",
	Summary: "foreign key without an index that starts with its columns",
	Run:     fkMissingIndex,
	Doc: `
## Advice
Never a foreign key without an index on its column, in the same change.

## In practice
PostgreSQL indexes the referenced side by itself, the referencing side never. Without it each DELETE or key UPDATE in
the parent reads the whole child table, once per row. The index belongs before the foreign key, built CONCURRENTLY: that
cannot be in the same transaction, so it is a file of its own. An index that only contains the column further back does
not help.

## Measured
Documented: neither the constraint nor VALIDATE needs the index; a DELETE in the parent looks for its rows in the child once
per deleted row, without an index by a sequential scan.

## Instead
    CREATE INDEX CONCURRENTLY t_p_id_idx ON t (p_id);    -- own file, before the foreign key
`,
})

func fkMissingIndex(p *lint.Pass) {
	for s, k := range p.ForeignKeys() {
		if s.Indexed(k.Table, k.Columns) || s.IndexedLater(k.Table, k.Columns) {
			continue
		}
		columns := strings.Join(k.Columns, ", ")
		why := fmt.Sprintf("No index of %s starts with (%s): each DELETE or key UPDATE in %s reads all of %s.", k.Table,
			columns, k.Parent, k.Table)
		if s.Catalog().Relation(k.Table) == nil && s.Existed(k.Table) {
			why = fmt.Sprintf("No index of %s that starts with (%s) is known; without one each DELETE or key UPDATE "+
				"in %s reads all of %s.", k.Table, columns, k.Parent, k.Table)
		}
		instead := indexStep(s, k.Table, k.Columns)
		switch {
		case !s.Existed(k.Table) || k.New:
			instead = strings.Replace(instead, " CONCURRENTLY", "", 1)
			instead, _, _ = strings.Cut(instead, "  --")
			instead += "  -- after it"
		case k.Column != nil:
			instead = strings.Replace(instead, "alone in its file", "after it, alone in its file", 1)
		}
		s.Report(lint.Hazard{
			Relation: k.Table, Object: strings.Join(k.Columns, ","), At: int(k.Constraint.Location),
			Message: fmt.Sprintf("The foreign key on %s (%s) has no index to find its rows by.", k.Table, columns),
			Why:     why, Instead: instead,
		})
	}
}
