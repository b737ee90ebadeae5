package ways

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "rename-table-with-view",
	Summary: "RENAME TABLE leaves an updatable view under the old name",
	Lifts:   []string{"rename-table"},
	Doc: `
## Files
One: the rename and, in the same transaction, a view with the old name that reads and writes the table. Its way back drops the view
and renames the table back. Drop the view in a later migration, when no code uses the old name.

## In practice
PostgreSQL lets INSERT, UPDATE and DELETE through such a view. What does not go through it: TRUNCATE, LOCK TABLE, ON CONFLICT with
a constraint's name, a foreign key to the old name, and a column that is added to the table later. The view runs with the rights of
its owner, so its privileges have to be granted by hand.

## Left alone
Views and tables with row level security, whose policies a view would get around; IF EXISTS; a file that goes on to make
something under the old name.
`,
	Run: renameTableWithView,
})

func renameTableWithView(p *rewrite.Piece) (rewrite.Rewritten, error) {
	n := p.Node.GetRenameStmt()
	table := p.Name(n.GetRelation())
	r := p.Before.Seen(table)
	switch {
	case n.GetRenameType() != pg.ObjectType_OBJECT_TABLE:
		return rewrite.Refuse("only a table leaves a view behind")
	case n.MissingOk:
		return rewrite.Refuse("IF EXISTS does nothing where the table is missing, and a view of it would fail there")
	case r == nil || r.Partial:
		return rewrite.Refuse("nothing is known of the table: give a database or --schema")
	case r.RowSecurity:
		return rewrite.Refuse("the table has row level security, which a view would get around")
	}
	for _, st := range p.Later {
		if create := st.Node.GetCreateStmt(); create != nil && p.Name(create.Relation) == table {
			return rewrite.Refuse("something is made under the old name further down")
		}
		if view := st.Node.GetViewStmt(); view != nil && p.Name(view.View) == table {
			return rewrite.Refuse("the file makes a view under the old name already")
		}
	}
	old, fresh := rewrite.Written(n.Relation), renamed(rewrite.Written(n.Relation), catalog.Truncate(n.Newname))
	return rewrite.Rewritten{
		Phases: []rewrite.Phase{{
			Title: title(table, "rename to", n.Newname),
			SQL:   []string{p.SQL, "CREATE VIEW " + old + " AS SELECT * FROM " + fresh},
			Down:  []string{"DROP VIEW " + old, "ALTER TABLE " + fresh + " RENAME TO " + lint.Ident(n.Relation.Relname)},
			Why:   "old code goes on through a view under the old name; both happen in one transaction",
		}},
		Kept: []string{
			"view " + table + " stands under the old name: drop it when no code uses it",
			"the privileges of " + table + " stay with the table: grant them on the view by hand",
		},
	}, nil
}
