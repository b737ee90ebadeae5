package rules

import (
	"fmt"
	"slices"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "pk-using-nullable-index", Severity: lint.Stop, Kind: "blocks",
	Summary:        "PRIMARY KEY USING INDEX over a nullable column: scan",
	GrowsWithTable: true,
	Run:            pkUsingNullableIndex,
	Doc: `
## Advice
Make the column NOT NULL by the CHECK way before its index becomes the primary key.

## In practice
USING INDEX looks like a change in the catalog. But a primary key is NOT NULL, and where the column is not that yet, the
statement makes it so: it reads the whole table under ACCESS EXCLUSIVE.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: scan under ACCESS EXCLUSIVE over a nullable column; none over a NOT NULL one.

## Instead
    -- make the column NOT NULL by a valid CHECK (see set-not-null), then
    ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_key;
`,
})

func pkUsingNullableIndex(p *lint.Pass) {
	for s, k := range p.NewConstraints(pg.ConstrType_CONSTR_PRIMARY) {
		if k.Indexname == "" || !slices.Contains(k.Effect(s).Scans, k.Table) {
			continue
		}
		column, steps := "a column", ""
		if i := k.Relation.Index(schemaOf(k.Table) + k.Indexname); i != nil {
			for _, name := range i.Columns {
				if c := k.Relation.Column(name); c != nil && !c.NotNull {
					column, steps = name, setNotNullSteps(p, k.Relation, k.Table, name)+"\n"
				}
			}
		}
		s.Report(lint.Hazard{
			Relation: k.Table, Object: k.Indexname, At: int(k.Constraint.Location),
			Message: fmt.Sprintf("Every row of %s is read while nobody can read or write it.", k.Table),
			Why: fmt.Sprintf("%s of the index may be NULL, and a primary key makes it NOT NULL under ACCESS "+
				"EXCLUSIVE.", column),
			Instead: steps + s.SQL + ";",
		})
	}
}
