package rules

import (
	"fmt"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-shrink", Severity: lint.Stop, Kind: "fails",
	Summary: "a type change that rows may not fit",
	Run:     typeShrink,
	Doc: `
## Advice
Look at the values before you make the type smaller.

## In practice
The first row that does not fit ends the statement, after it has held ACCESS EXCLUSIVE for as long as it took to get there.
With USING the values are cut instead, and what was cut is gone. Either way rows that the application writes meanwhile are
no longer accepted. A CHECK NOT VALID does the same job, tells first and can be validated beside the work.

## Measured
Seen on 10 to 18: a shorter varchar and text to varchar(n) rewrite the table; a value that is too long ends it with 22001.

## Instead
    ALTER TABLE t ADD CONSTRAINT c_short CHECK (length(c) <= 20) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT c_short;      -- another transaction
`,
})

func typeShrink(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		c := a.Relation.Column(a.Name)
		to := catalog.TypeText(a.Def.GetColumnDef().GetTypeName())
		if c == nil || !shrinks(c.Type, to) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("This fails on the first value of %s that does not fit into %s.", a.Name, to),
			Why:     fmt.Sprintf("The column is %s now.", c.Type),
			Instead: shrinkInstead(a, to),
		})
	}
}

func shrinkInstead(a lint.Alteration, to string) string {
	base, mods, _ := catalog.SplitType(to)
	if base == "character varying" && len(mods) == 1 {
		table, column := lint.Quote(a.Table), lint.Ident(a.Name)
		return fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (length(%s) <= %d) NOT VALID;\nALTER TABLE %s "+
			"VALIDATE CONSTRAINT %s;  -- another transaction",
			table, lint.Ident(a.Name+"_short"), column, mods[0], table, lint.Ident(a.Name+"_short"))
	}
	return fmt.Sprintf("Count the values of %s that do not fit first; then a new column, filled in batches.",
		lint.Ident(a.Name))
}

// shrinks reports whether a value of the one type may not fit into the other.
func shrinks(from, to string) bool {
	a, am, _ := catalog.SplitType(from)
	b, bm, _ := catalog.SplitType(to)
	texts := []string{"text", "character varying", "character"}
	switch {
	case integerWidth[a] > 0 && integerWidth[b] > 0:
		return integerWidth[b] < integerWidth[a]
	case slices.Contains(texts, a) && slices.Contains(texts, b):
		return len(bm) > 0 && (len(am) == 0 || bm[0] < am[0])
	case a == "numeric" && b == "numeric":
		return len(bm) == 2 && (len(am) != 2 || bm[0]-bm[1] < am[0]-am[1])
	case a == "numeric":
		return integerWidth[b] > 0
	}
	return false
}
