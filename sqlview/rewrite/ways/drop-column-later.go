package ways

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "drop-column-later",
	Summary: "DROP COLUMN becomes a rename to a name with the date; the drop itself is for a week later",
	Lifts:   []string{"drop-column"},
	Doc: `
## Files
One: the column gets a name with _drop_ and the date, and a column that is NOT NULL without a default may be NULL from then on, so
that rows can be written without it. Its way back is the rename back. The DROP is not written: it is for a week later.

## In practice
It breaks the same code as the drop, and it can be taken back in a moment. Indexes, constraints and views follow the rename without
a word; queries that name the column fail, and that is what it is for.

## Left alone
IF EXISTS, which a rename of a column does not have; CASCADE; columns that their table's children inherit; a primary key's column,
whose NOT NULL cannot be lifted. A column that a function names: the function, or every write of a table whose trigger it is, fails
after a rename as after the drop, so it is replaced first.
`,
	Run: dropColumnLater,
})

func dropColumnLater(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	if why := refuseDropColumn(p, a, ok); why != "" {
		return rewrite.Refuse(why)
	}
	name := setAside(a.Name, p.Today)
	column, fresh := lint.Ident(a.Name), lint.Ident(name)
	phase := rewrite.Phase{
		Title: title(a.Table, "set aside", a.Name),
		SQL:   []string{a.Head + " RENAME COLUMN " + column + " TO " + fresh},
		Down:  []string{a.Head + " RENAME COLUMN " + fresh + " TO " + column},
		Why:   "who still needs the column shows within minutes, and the way back is this rename; the DROP is for a week later",
	}
	out := rewrite.Rewritten{Kept: []string{"column " + a.Table + "." + a.Name + " stays as " + name + ": drop it a week later, when nothing has missed it"}}
	known := a.Relation.Column(a.Name)
	switch {
	case known == nil:
		out.Kept = append(out.Kept, "whether "+a.Name+" is NOT NULL is not known: if it is and has no default, rows cannot be written without it until it may be NULL")
	case known.NotNull && known.Default == "" && !known.Identity && known.Generated == "":
		phase.SQL = append([]string{a.Head + " ALTER COLUMN " + column + " DROP NOT NULL"}, phase.SQL...)
		phase.Why += "; the way back leaves the column nullable"
		out.Kept = append(out.Kept, name+" may be NULL, so that rows can be written without it")
	}
	out.Phases = []rewrite.Phase{phase}
	return out, nil
}

func refuseDropColumn(p *rewrite.Piece, a rewrite.Alteration, ok bool) string {
	switch {
	case !ok:
		return "the statement does more than to drop one column"
	case p.Today == "":
		return "the date is not known"
	case a.MissingOk:
		return "where the column is missing, IF EXISTS does nothing, and a rename would fail"
	case a.Behavior == pg.DropBehavior_DROP_CASCADE:
		return "CASCADE takes what hangs on the column along, and a rename would leave it"
	case p.Has("drop-column-in-function"):
		return "a function names the column and fails after a rename too: CREATE OR REPLACE it without the column first"
	case primary(a.Relation, a.Name):
		return "the column is part of the primary key"
	}
	for _, st := range p.Later {
		switch {
		case adds(st.Node.GetAlterTableStmt(), a.Name):
			return "a column of the same name is added further down"
		case dropsUsed(st) != "":
			return "the file goes on with " + st.Kind + ", which the column may still use"
		}
	}
	return refuseParts(a.Relation)
}

func primary(r *catalog.Relation, column string) bool {
	return r != nil && slices.ContainsFunc(r.Indexes, func(i catalog.IndexDef) bool { return i.Primary && slices.Contains(i.Columns, column) })
}

// adds reports whether a later ALTER TABLE adds a column of that name, to
// whatever table.
func adds(alter *pg.AlterTableStmt, column string) bool {
	return slices.ContainsFunc(alter.GetCmds(), func(n *pg.Node) bool {
		return strings.EqualFold(n.GetAlterTableCmd().GetDef().GetColumnDef().GetColname(), column) &&
			n.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AddColumn
	})
}
