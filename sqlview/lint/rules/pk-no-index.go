package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "pk-no-index", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD PRIMARY KEY that builds its index",
	GrowsWithTable: true,
	Run:            pkNoIndex,
	Doc: `
## Advice
Build the unique index CONCURRENTLY, make the column NOT NULL by the CHECK way, then make the index the primary key.

## In practice
ADD PRIMARY KEY builds its index and, where the column may be NULL, reads the table once more, all under ACCESS
EXCLUSIVE. USING INDEX alone is not enough: over a column that may be NULL it still scans.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: USING INDEX over a NOT NULL column does not scan, over one that may be NULL it does.
Documented: without USING INDEX the index is built under ACCESS EXCLUSIVE.

## Instead
    CREATE UNIQUE INDEX CONCURRENTLY t_pkey ON t (id);           -- own file
    -- make id NOT NULL by a valid CHECK (see set-not-null)
    ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey;
`,
})

func pkNoIndex(p *lint.Pass) {
	for s, k := range p.NewConstraints(pg.ConstrType_CONSTR_PRIMARY) {
		if k.Indexname != "" {
			continue
		}
		columns := catalog.Strings(k.Keys)
		name := constraintName(k.Constraint, k.Table, "", "pkey")
		s.Report(lint.Hazard{
			Relation: k.Table, Object: name, At: int(k.Constraint.Location),
			Message: fmt.Sprintf("The index is built while nobody can read or write %s.", k.Table),
			Why:     "ADD PRIMARY KEY builds its index under ACCESS EXCLUSIVE" + nullableToo(k.Relation, columns) + ".",
			Instead: primaryKeySteps(p, k, name, columns),
		})
	}
}

func primaryKeySteps(p *lint.Pass, k lint.NewConstraint, name string, columns []string) string {
	steps := usingIndexSteps(k.Table, name, "PRIMARY KEY", columns)
	for _, c := range columns {
		if known := k.Relation.Column(c); known == nil || !known.NotNull {
			steps = setNotNullSteps(p, k.Relation, k.Table, c) + "\n" + steps
		}
	}
	return steps
}

func nullableToo(r *catalog.Relation, columns []string) string {
	for _, c := range columns {
		if known := r.Column(c); known != nil && !known.NotNull {
			return ", and " + c + " may be NULL, so the rows are read once more to see that none is"
		}
	}
	return ""
}
