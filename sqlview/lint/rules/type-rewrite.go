package rules

import (
	"fmt"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-rewrite", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ALTER TYPE that rewrites the table or its indexes",
	GrowsWithTable: true,
	Supersedes:     []string{"type-timestamptz"},
	Run:            typeRewrite,
	Doc: `
## Advice
Do not change a column's type in place on a large table: add a new column, copy, switch.

## In practice
Most type changes write every row anew and build every index anew, under ACCESS EXCLUSIVE; integer to bigint is one of
them. A foreign key on the column also locks the other table. But not all do: varchar(20) to varchar(50) or text,
a larger numeric precision at the same scale, cidr to inet, a longer varbit, timestamp(3) to timestamp(6) only change
the catalog. Every change drops the column's planner statistics until ANALYZE, and prepared statements fail once.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: rewrite for integer to bigint, text to varchar(n), a shorter varchar, another numeric
scale, char(n) to text, json to jsonb, text to enum. No rewrite for the list above, and indexes keep their files.
Seen on 15: the pg_stats row of the column is gone after the change until ANALYZE.

## Instead
    ALTER TABLE t ADD COLUMN c_new newtype;
    -- a trigger or the application writes both; fill the old rows in batches; switch the reads; drop the old column
`,
})

func typeRewrite(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		if !slices.Contains(a.Effect(s).Rewrites, a.Table) {
			continue
		}
		to := catalog.TypeText(a.Def.GetColumnDef().GetTypeName())
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("Changing %s to %s writes every row and index anew while nobody can read or write the table.", a.Name, to),
			Why:     typeWhy(p, s, a, to) + foreignKeyToo(a),
			Instead: typeInstead(p, a, to),
		})
	}
}

func typeWhy(p *lint.Pass, s lint.Stmt, a lint.Alteration, to string) string {
	c := a.Relation.Column(a.Name)
	switch {
	case freeInUTC(p, a, to):
		return fmt.Sprintf("%s to %s is free only in a session with TimeZone UTC and without USING; here it is one %s.", c.Type, to, zoneOf(s))
	case c == nil:
		return "The type that the column has now is not known; most changes rewrite the table under ACCESS EXCLUSIVE."
	case a.Def.GetColumnDef().GetRawDefault() != nil:
		return fmt.Sprintf("%s to %s with a USING expression rewrites the table under ACCESS EXCLUSIVE.", c.Type, to)
	}
	return fmt.Sprintf("%s to %s is not binary compatible: the table is rewritten under ACCESS EXCLUSIVE.", c.Type, to)
}

// freeInUTC is a change between the timestamp types, which a time zone decides.
func freeInUTC(p *lint.Pass, a lint.Alteration, to string) bool {
	c := a.Relation.Column(a.Name)
	return c != nil && !p.Before(12) && zoneChange(c.Type, to)
}

func typeInstead(p *lint.Pass, a lint.Alteration, to string) string {
	if freeInUTC(p, a, to) {
		return utcSteps(a, to)
	}
	return newColumnSteps(a.Table, a.Name, to)
}

// foreignKeyToo names the parents that are locked because the column refers to them.
func foreignKeyToo(a lint.Alteration) string {
	if a.Relation == nil {
		return ""
	}
	for _, k := range a.Relation.Constraints {
		if k.Type == catalog.ForeignKey && slices.Contains(k.Columns, a.Name) {
			return fmt.Sprintf(" Its foreign key is made anew: ACCESS EXCLUSIVE on %s too.", k.References)
		}
	}
	return ""
}

// newColumnSteps changes a type by a second column.
func newColumnSteps(table, column, to string) string {
	t, c, n := lint.Quote(table), lint.Ident(column), lint.Ident(column+"_new")
	return fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n-- a trigger or the application writes both columns, then:\nbelay backfill --table %s --set %q --where %q\n-- switch the reads to %s, then drop %s",
		t, n, to, t, n+" = "+c, n+" IS DISTINCT FROM "+c, n, c)
}
