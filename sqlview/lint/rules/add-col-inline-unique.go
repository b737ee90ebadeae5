package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "add-col-inline-unique", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ADD COLUMN UNIQUE: builds the index under ACCESS EXCLUSIVE",
	GrowsWithTable: true,
	Run:            addColInlineUnique,
	Doc: `
## Advice
Add the column, build a unique index CONCURRENTLY, make it the constraint.

## In practice
The index is built in the same statement, under the ACCESS EXCLUSIVE of ADD COLUMN: nobody reads or writes until it is
done, and on a large table of NULLs that is a full scan and an index of every row. The same holds for PRIMARY KEY.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: the table is scanned and the index built under ACCESS EXCLUSIVE.

## Instead
    ALTER TABLE t ADD COLUMN c type;
    CREATE UNIQUE INDEX CONCURRENTLY t_c_key ON t (c);               -- own file
    ALTER TABLE t ADD CONSTRAINT t_c_key UNIQUE USING INDEX t_c_key;  -- instant
`,
})

func addColInlineUnique(p *lint.Pass) {
	for s, c := range p.NewColumns() {
		k, word, suffix := c.Constraint(pg.ConstrType_CONSTR_UNIQUE), "UNIQUE", "key"
		if k == nil {
			k, word, suffix = c.Constraint(pg.ConstrType_CONSTR_PRIMARY), "PRIMARY KEY", "pkey"
		}
		if k == nil {
			continue
		}
		s.Report(lint.Hazard{
			Relation: c.Table, Object: c.Colname, At: int(k.Location),
			Message: fmt.Sprintf("The index for %s on %s is built while nobody can read or write the table.", word,
				c.Colname),
			Why: "An inline " + word + " builds its index under the ACCESS EXCLUSIVE of ADD COLUMN.",
			Instead: fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n%s", lint.Quote(c.Table), lint.Ident(c.Colname),
				columnType(c),
				usingIndexSteps(c.Table, constraintName(k, c.Table, c.Colname, suffix), word, []string{c.Colname})),
		})
	}
}

// usingIndexSteps builds a unique index first and makes it the constraint then.
func usingIndexSteps(table, name, word string, columns []string) string {
	return fmt.Sprintf("CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s);  -- alone in its file, outside a "+
		"transaction\nALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s;",
		lint.Ident(name), lint.Quote(table), lint.Idents(columns), lint.Quote(table), lint.Ident(name), word,
		lint.Ident(name))
}
