package ways

import (
	"fmt"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "not-null-proven",
	Summary: "SET NOT NULL is proven first: by a CHECK on 12 to 17, by NOT NULL … NOT VALID on 18",
	Lifts:   []string{"set-not-null"},
	Doc: `
## Files
On 12 to 17 three: a CHECK (c IS NOT NULL) NOT VALID; VALIDATE; then SET NOT NULL, which reads nothing because the CHECK is valid,
and the CHECK is dropped in a statement of its own. On 18 two: NOT NULL … NOT VALID under the name that the server would have
given it, and VALIDATE. Where the version is not known, the way of 12 to 17, which 18 takes as well.

## In practice
From the first file on nothing can write a NULL, also not by an UPDATE of another column of a row that has one: the
application must fill the column before. Where nothing in the file fills them, the first file says
so, and names the backfill that fills them.

## Left alone
Servers before 12, where SET NOT NULL reads the table whatever is proven.
`,
	Run: notNullProven,
})

func notNullProven(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	switch {
	case !ok:
		return rewrite.Refuse("the statement does more than to set one column NOT NULL")
	case p.Version != 0 && p.Version < 12:
		return rewrite.Refuse("before 12 SET NOT NULL reads the table whatever is proven: keep a validated CHECK in " +
			"its place")
	}
	made, code := notNullByCheck(p, a), "23514"
	if p.Version >= 18 {
		made, code = notNullNotValid(p, a), "23502"
	}
	if !filled(p, a) {
		made.Phases[0].Before = fillNulls(a) + "; from this file on an UPDATE of a row that is not filled fails (" +
			code + "), and the next file fails over it"
		made.Differences = append(made.Differences, fmt.Sprintf(
			"rows of %s in which %s is NULL: once the constraint is there each UPDATE of one fails (%s), "+
				"and VALIDATE fails; fill them before", a.Table, lint.Ident(a.Name), code))
	}
	return made, nil
}

// filled reports whether what stands before gives each row a value: an UPDATE of the
// column, or the default that it came with.
func filled(p *rewrite.Piece, a rewrite.Alteration) bool {
	for _, s := range p.Ahead {
		u := s.Node.GetUpdateStmt()
		if u == nil || p.Before.Name(u.Relation) != a.Table {
			continue
		}
		if slices.ContainsFunc(u.TargetList, func(n *pg.Node) bool { return n.GetResTarget().GetName() == a.Name }) {
			return true
		}
	}
	c := p.Before.Seen(a.Table).Column(a.Name)
	return c != nil && c.Default != "" && p.Start.Seen(a.Table).Column(a.Name) == nil
}

// fillNulls is the command for what nobody but the author can do.
func fillNulls(a rewrite.Alteration) string {
	column := lint.Ident(a.Name)
	return "fill the rows in which " + column + " is NULL: " + lint.Batches{
		Table: a.Written, Set: column + " = …", Where: column + " IS NULL",
	}.Command()
}

func notNullByCheck(p *rewrite.Piece, a rewrite.Alteration) rewrite.Rewritten {
	column, name := lint.Ident(a.Name), p.FreeConstraint(a.Table, a.Name+"_present")
	add := a.Head + " ADD CONSTRAINT " + lint.Ident(name) + " CHECK (" + column + " IS NOT NULL) NOT VALID"
	return rewrite.Rewritten{Phases: []rewrite.Phase{
		{
			Title: title(a.Table, a.Name, "present"), SQL: []string{add}, Down: dropConstraint(a.Head, name),
			Why: "no NULL is written from here on; the rows that are there are not read yet",
		},
		validate(a, name),
		{
			Title: title(a.Table, a.Name, "not null"),
			SQL: []string{
				a.Head + " ALTER COLUMN " + column + " SET NOT NULL", a.Head + " DROP CONSTRAINT " + lint.Ident(name),
			},
			Down: []string{add, a.Head + " ALTER COLUMN " + column + " DROP NOT NULL"},
			Why: "the valid CHECK spares the scan; it goes in a statement of its own, because in the same ALTER it " +
				"would go first",
		},
	}}
}

func notNullNotValid(p *rewrite.Piece, a rewrite.Alteration) rewrite.Rewritten {
	name := p.FreeConstraint(a.Table, catalog.ObjectName(catalog.Base(a.Table), a.Name, "not_null"))
	return rewrite.Rewritten{Phases: []rewrite.Phase{
		{
			Title: title(a.Table, a.Name, "not null not valid"),
			SQL: []string{
				a.Head + " ADD CONSTRAINT " + lint.Ident(name) + " NOT NULL " + lint.Ident(a.Name) + " NOT VALID",
			},
			Down: dropConstraint(a.Head, name),
			Why:  "no NULL is written from here on; the rows that are there are not read yet",
		},
		validate(a, name),
	}}
}
