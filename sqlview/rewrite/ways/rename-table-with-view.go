package ways

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/pair"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "rename-table-with-view",
	Summary: "RENAME TABLE leaves an updatable view under the old name",
	Lifts:   []string{"rename-table"},
	Doc: `
## Files
One: the rename and, in the same transaction, a view with the old name that reads and writes the table, with the table's owner,
privileges and defaults. Its way back drops the view and renames the table back. Drop the view in a later migration, when no code
uses the old name.

## In practice
PostgreSQL lets INSERT, UPDATE and DELETE through such a view, and ON CONFLICT by columns. What does not go through it: TRUNCATE, LOCK
TABLE, COPY, ON CONFLICT with a constraint's name, system columns such as ctid, a foreign key to the old name, and a column that is
added to the table later.

## Left alone
Views and tables with row level security, whose policies a view would get around; IF EXISTS; a file that goes on to make
something under the old name; a table of which the server was not asked.
`,
	Run: renameTableWithView,
})

func renameTableWithView(p *rewrite.Piece) (rewrite.Rewritten, error) {
	n := p.Node.GetRenameStmt()
	table := p.Name(n.GetRelation())
	r := p.Before.Relation(table)
	switch {
	case n.GetRenameType() != pg.ObjectType_OBJECT_TABLE:
		return rewrite.Refuse("only a table leaves a view behind")
	case n.MissingOk:
		return rewrite.Refuse("IF EXISTS does nothing where the table is missing, and a view of it would fail there")
	case r == nil || r.Details == nil || p.Before.Source != catalog.SourceLive:
		return rewrite.Refuse("the privileges and defaults of the table are not known: give a database")
	case r.RowSecurity:
		return rewrite.Refuse("the table has row level security, which a view would get around")
	case takenBelow(p, pair.Thing{Kind: pair.Relation, Name: table}):
		return rewrite.Refuse("the old name is given to something else further down")
	}
	old, fresh := rewrite.Written(n.Relation), renamed(rewrite.Written(n.Relation), catalog.Truncate(n.Newname))
	return rewrite.Rewritten{
		Phases: []rewrite.Phase{{
			Title: title(table, "rename to", n.Newname), Switch: true,
			SQL: slices.Concat([]string{p.SQL, "CREATE VIEW " + old + " AS SELECT * FROM " + fresh},
				viewDefaults(r, old), viewRights(r, old)),
			Down: []string{"DROP VIEW " + old, "ALTER TABLE " + fresh + " RENAME TO " +
				lint.Ident(n.Relation.Relname)},
			Why: "old code goes on through a view under the old name; both happen in one transaction",
		}},
		Differences: []string{
			"view " + table +
				" stands under the old name: drop it when no code uses it; TRUNCATE, LOCK, COPY and ON CONFLICT ON " +
				"CONSTRAINT do not go through it",
		},
		Contract: &rewrite.Contract{
			Old: lint.Quote(table),
			Phases: []rewrite.Phase{{
				Title: title(table, "drop the old name"), SQL: []string{"DROP VIEW " + old},
				Why: "no code uses the old name any more; the table and its rows stay",
			}},
			Parking: parkView(p, table, old),
		},
	}, nil
}

// parkView takes the view of the old name out of reach; nil = the date is not known.
func parkView(p *rewrite.Piece, table, view string) *rewrite.Parking {
	if p.Today == "" {
		return nil
	}
	as := p.Aside(catalog.Schema(table), catalog.Base(table))
	return &rewrite.Parking{
		As: as, Away: []string{"ALTER VIEW " + view + " RENAME TO " + lint.Ident(as)},
		Back: []string{"ALTER VIEW " + renamed(view, as) + " RENAME TO " + lint.Ident(catalog.Base(table))},
	}
}

// viewDefaults are the table's defaults for who writes DEFAULT through the view: an
// UPDATE does not look behind it.
func viewDefaults(r *catalog.Relation, view string) []string {
	var all []string
	for _, c := range r.Columns {
		if c.Default != "" && c.Generated == "" {
			all = append(all, "ALTER VIEW "+view+" ALTER COLUMN "+lint.Ident(c.Name)+" SET DEFAULT "+c.Default)
		}
	}
	return all
}

// viewRights give the view the owner and the privileges of the table, as far as a
// view can use them.
func viewRights(r *catalog.Relation, view string) []string {
	var all []string
	if r.Owner != "" {
		all = append(all, "ALTER VIEW "+view+" OWNER TO "+lint.Ident(r.Owner))
	}
	of := []string{"SELECT", "INSERT", "UPDATE", "DELETE"}
	for _, g := range r.Details.Grants {
		if slices.Contains(of, g.Name) {
			all = append(all, grant(g, "", view))
		}
	}
	for _, c := range r.Columns {
		for _, g := range r.Details.Columns[c.Name].Grants {
			if slices.Contains(of, g.Name) {
				all = append(all, grant(g, " ("+lint.Ident(c.Name)+")", view))
			}
		}
	}
	return all
}
