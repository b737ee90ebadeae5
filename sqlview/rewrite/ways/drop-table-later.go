package ways

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "drop-table-later",
	Summary: "DROP TABLE becomes a rename to a name with the date; the drop itself is for a week later",
	Lifts:   []string{"drop-table"},
	Doc: `
## Files
One for each table: it gets a name with _drop_ and the date, and its way back is the rename back. The DROP is not written: it is
for a week later, when nothing has missed the table, and ` + "`belay review`" + ` lets it pass then.

## In practice
Who still asks for the table is told so within minutes, and the way back is instant. Its foreign keys go with its name, so that
they hold no rows of other tables; they come back NOT VALID. Views and sequences follow the rename without a word. A table to
which nobody writes any more has a gap when it comes back.

## Left alone
A table whose name is taken again further down in the file: its indexes and constraints would hold their names. A file that goes
on to drop what the table uses, such as its type. CASCADE. A table of which the server was not asked.
`,
	Run: dropTableLater,
})

func dropTableLater(p *rewrite.Piece) (rewrite.Rewritten, error) {
	d := p.Node.GetDropStmt()
	if d.GetRemoveType() != pg.ObjectType_OBJECT_TABLE {
		return rewrite.Refuse("only DROP TABLE is put off")
	}
	if p.Today == "" {
		return rewrite.Refuse("the date is not known")
	}
	if why := usedBelow(p, d); why != "" {
		return rewrite.Refuse(why)
	}
	var out rewrite.Rewritten
	for _, o := range d.Objects {
		table := p.NameOf(o.GetList().GetItems())
		r := p.Before.Seen(table)
		switch {
		case r == nil && !d.MissingOk || r != nil && (r.Partial || p.Before.Source != catalog.SourceLive):
			return rewrite.Refuse("what the table " + table + " holds fast is not known: give a database")
		case d.Behavior == pg.DropBehavior_DROP_CASCADE && hangsOnTable(p, d, r) != "":
			return rewrite.Refuse("CASCADE takes " + hangsOnTable(p, d, r) + " along, and a rename would leave it")
		case r != nil && len(r.Parents) > 0:
			return rewrite.Refuse(table +
				" is a partition or inherits: renamed it would still be read through its parent; detach it first")
		}
		name, source := p.Aside(catalog.Schema(table), catalog.Base(table)), written(o.GetList().GetItems())
		exists := ""
		if d.MissingOk {
			exists = "IF EXISTS "
		}
		b := script{}
		letsGo(&b, r, "ALTER TABLE "+exists+source)
		away := "ALTER TABLE " + exists + source + " RENAME TO " + lint.Ident(name)
		back := "ALTER TABLE " + exists + renamed(source, name) + " RENAME TO " + lint.Ident(catalog.Base(table))
		b.do(away, back)
		out.Phases = append(out.Phases, rewrite.Phase{
			Title: "set aside " + catalog.Base(table), SQL: b.up, Down: b.down, Switch: true,
			Why: "who still needs the table shows within minutes, and the way back is this rename; the DROP is for a " +
				"week later",
		})
		out.Contract = &rewrite.Contract{
			Old: lint.Quote(catalog.Schema(table) + "." + name), Mend: letGoAgain(r, "ALTER TABLE "+source),
			Parking: &rewrite.Parking{As: name, Away: []string{away}, Back: []string{back}},
			Phases: []rewrite.Phase{{
				Title: "drop " + catalog.Base(table), SQL: []string{"DROP TABLE " + exists + renamed(source, name)},
				Why: "nothing has missed the table; its rows are gone with it",
			}},
		}
		out.Differences = append(out.Differences,
			"table "+table+" stays as "+name+": drop it a week later, when nothing has missed it")
	}
	return out, nil
}

// hangsOnTable names what CASCADE would take along with a table; "" = nothing.
func hangsOnTable(p *rewrite.Piece, d *pg.DropStmt, r *catalog.Relation) string {
	if r == nil {
		return ""
	}
	for _, by := range r.ReferencedBy {
		with := slices.ContainsFunc(d.Objects, func(o *pg.Node) bool { return p.NameOf(o.GetList().GetItems()) == by })
		if by != r.Name && !with {
			return "the foreign keys of " + by
		}
	}
	for _, o := range r.Dependents {
		if o.Kind == catalog.View || o.Kind == catalog.MaterializedView || o.Kind == catalog.FunctionKind {
			return string(o.Kind) + " " + o.Name
		}
	}
	return ""
}

// letsGo takes the foreign keys off a table that is set aside: they would go on to
// hold rows of other tables that code wants to delete.
func letsGo(b *script, r *catalog.Relation, head string) {
	if r == nil {
		return
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.ForeignKey && k.References != r.Name {
			back := ""
			if k.Definition != "" {
				back = head + " ADD CONSTRAINT " + lint.Ident(k.Name) + " " + unread(k.Definition)
			}
			b.do(head+" DROP CONSTRAINT "+lint.Ident(k.Name), back)
		}
	}
}

// letGoAgain reads again the foreign keys that the way back brings back NOT VALID.
func letGoAgain(r *catalog.Relation, head string) []string {
	var all []string
	if r == nil {
		return nil
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.ForeignKey && k.References != r.Name && unread(k.Definition) != k.Definition {
			all = append(all, head+" VALIDATE CONSTRAINT "+lint.Ident(k.Name))
		}
	}
	return all
}

// renamed is the new name in the schema of a table as the source writes it.
func renamed(source, name string) string {
	if schema, _, ok := strings.Cut(source, "."); ok {
		return schema + "." + lint.Ident(name)
	}
	return lint.Ident(name)
}

// usedBelow says what further down in the file counts on the drop; "" = nothing.
func usedBelow(p *rewrite.Piece, d *pg.DropStmt) string {
	gone := map[string]bool{}
	for _, o := range d.Objects {
		gone[p.NameOf(o.GetList().GetItems())] = true
	}
	for _, st := range p.Later {
		if create := st.Node.GetCreateStmt(); create != nil && gone[p.Name(create.Relation)] {
			return "a table of the same name is made further down: the indexes and constraints of the old one would " +
				"hold their names"
		}
		if what := dropsUsed(st); what != "" {
			return "the file goes on with " + what + ", which the table may still use"
		}
	}
	return ""
}

// dropsUsed names a DROP of something that a table or its columns may hang on.
func dropsUsed(st parse.Statement) string {
	switch t := st.Node.GetDropStmt().GetRemoveType(); t {
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN, pg.ObjectType_OBJECT_FUNCTION,
		pg.ObjectType_OBJECT_SEQUENCE,
		pg.ObjectType_OBJECT_SCHEMA, pg.ObjectType_OBJECT_EXTENSION, pg.ObjectType_OBJECT_COLLATION:
		return st.Kind
	}
	return ""
}
