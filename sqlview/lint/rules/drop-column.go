package rules

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-column", Severity: lint.Stop, Kind: "breaks",
	Summary: "DROP COLUMN, with all that goes or stops with it",
	Run:     dropColumn,
	Doc: `
## Advice
Drop a column last: first deploy code that neither reads nor writes it, wait, look whether anything still names it.

## In practice
The statement is quick and cannot be taken back: adding the column again brings no data. Code that still names it fails,
and SELECT * in prepared statements fails once. Some dependents stop the drop (views, policies, publications with a
column list), others vanish without a word: every index that contains the column, also a wide one, its CHECKs,
its extended statistics. Functions and triggers that name it are not known as dependents and fail when they run.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE for a moment, no rewrite; an index on (b, a) goes with column a, no
CASCADE needed. Seen on 15: a view, materialized view, policy or publication stops it; a trigger function breaks at the
next INSERT.

## Instead
    ALTER TABLE t ALTER COLUMN c DROP NOT NULL;   -- so that new code can leave it out
    -- deploy code that does not know c; watch; then drop it in a later migration

or, as for a table, rename it first to a name with the date: that breaks the same code and is taken back in a moment.

` + "`belay campaign new drop TABLE.COLUMN` walks a team through it, with evidence before the drop." + `
`,
})

func dropColumn(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DropColumn) {
		h := lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("The data of %s.%s is gone, and code that still names the column fails.", a.Table,
				a.Name),
			Why: "Nothing brings the values back but a backup." + goesAlong(a.Relation, a.Name) +
				stops(a.Relation, a.Name, a.Behavior),
			Instead: dropColumnSteps(a),
		}
		if aged(a.Name, p.Today) {
			h.Severity, h.Instead = lint.Notice, ""
			h.Why = "The name says that the column was set aside more than a week ago." +
				goesAlong(a.Relation, a.Name) + stops(a.Relation, a.Name, a.Behavior)
		}
		s.Report(h)
	}
}

func dropColumnSteps(a lint.Alteration) string {
	steps := ""
	if c := a.Relation.Column(a.Name); c != nil && c.NotNull && c.Default == "" {
		steps = fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL;  -- so that new code can leave it out\n",
			lint.Quote(a.Table), lint.Ident(a.Name))
	}
	return steps + "-- deploy code that neither reads nor writes " + lint.Ident(a.Name) +
		", watch it for days, then drop the column"
}

// goesAlong names what vanishes with the column without a word.
func goesAlong(r *catalog.Relation, column string) string {
	if r == nil {
		return ""
	}
	var gone []string
	for _, i := range r.Indexes {
		if slices.Contains(i.Columns, column) || catalog.Mentions(i.Predicate, column) ||
			catalog.Mentions(i.Expressions, column) {
			gone = append(gone, "index "+catalog.Base(i.Name))
		}
	}
	for _, k := range r.Constraints {
		if k.Type != catalog.PrimaryKey && k.Type != catalog.Unique &&
			(slices.Contains(k.Columns, column) || catalog.Mentions(k.Expression, column)) {
			gone = append(gone, strings.ToLower(string(k.Type))+" "+k.Name)
		}
	}
	if len(gone) == 0 {
		return ""
	}
	return " With it goes: " + strings.Join(gone, ", ") + "."
}

// stops names the views that hold the drop up.
func stops(r *catalog.Relation, column string, behavior pg.DropBehavior) string {
	used := dependentsOn(r, column)
	if used == "" || behavior == pg.DropBehavior_DROP_CASCADE {
		return ""
	}
	return used + " The server refuses the drop (2BP01) while they are there."
}
