package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"

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
			Message: fmt.Sprintf("Changing %s to %s writes every row and index anew while nobody can read or write "+
				"the table.", a.Name, to),
			Why:     typeWhy(p, s, a, to) + foreignKeyToo(a),
			Instead: typeInstead(p, s, a, to),
		})
	}
}

func typeWhy(p *lint.Pass, s lint.Stmt, a lint.Alteration, to string) string {
	c := a.Relation.Column(a.Name)
	switch {
	case freeInUTC(p, a, to):
		return fmt.Sprintf("%s to %s is free only in a session with TimeZone UTC and without USING; here it is one %s.",
			c.Type, to, zoneOf(s))
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

func typeInstead(p *lint.Pass, s lint.Stmt, a lint.Alteration, to string) string {
	if freeInUTC(p, a, to) {
		return utcSteps(a, to)
	}
	return newColumnSteps(a.Table, a.Name, to, usingText(s, a))
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

// newColumnSteps changes a type by a second column. value is the USING expression;
// "" = there is none.
func newColumnSteps(table, column, to, value string) string {
	t, c, n := lint.Quote(table), lint.Ident(column), lint.Ident(column+"_new")
	has := cmp.Or(value, c)
	if value != "" {
		has = "(" + value + ")"
	}
	return fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n-- a trigger or the application writes both columns, "+
		"then:\nbelay backfill --table %s --set %s --where %s\n-- switch the reads to %s, then drop %s",
		t, n, to, t, shellQuoted(n+" = "+cmp.Or(value, c)), shellQuoted(n+" IS NULL AND "+has+" IS NOT NULL"), n, c)
}

var inShell = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")

// shellQuoted is a text as one word of a shell.
func shellQuoted(s string) string { return `"` + inShell.Replace(s) + `"` }

// usingText is the USING expression as the source writes it; "" = there is none.
func usingText(s lint.Stmt, a lint.Alteration) string {
	expression := a.Def.GetColumnDef().GetRawDefault()
	if expression == nil {
		return ""
	}
	inside := len(s.SQL)
	catalog.Walk(expression, func(m any) bool {
		switch m := m.(type) {
		case *pg.ColumnRef:
			inside = min(inside, int(m.Location))
		case *pg.A_Const:
			inside = min(inside, int(m.Location))
		}
		return true
	})
	from, to, depth := -1, len(s.SQL), 0
	for _, t := range parse.Tokens([]byte(s.SQL)) {
		word := s.SQL[t.Start:t.End]
		switch {
		case word == "(" || word == "[":
			depth++
		case word == ")" || word == "]":
			depth--
		case depth == 0 && strings.EqualFold(word, "USING") && t.Start <= inside:
			from = t.End
		case depth == 0 && word == "," && t.Start > inside && to == len(s.SQL):
			to = t.Start
		}
	}
	if from < 0 {
		return ""
	}
	return strings.TrimSpace(s.SQL[from:to])
}
