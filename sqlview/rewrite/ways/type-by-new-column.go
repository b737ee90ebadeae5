package ways

import (
	"cmp"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "type-by-new-column",
	Summary: "ALTER COLUMN TYPE becomes a new column, a trigger that keeps both in step, a backfill, and a swap of the names",
	Lifts:   []string{"type-rewrite", "type-shrink", "type-timestamptz", "type-constrained-domain"},
	Doc: `
## Files
The new column with its type and default; a trigger that writes it from the old one; a backfill; NOT NULL, proven, where the old
column is; then, in one transaction, the trigger goes and the names are swapped. The old column stays under a name with _drop_ and
the date, for a week. Until the swap the way back drops what was added.

## In practice
A value that does not fit fails at the write or in the backfill, as it would have failed the original. Code that names the column
goes on; prepared statements fail once. The column stands last in the table from then on: INSERT without a list of columns, and
code that counts the columns of SELECT *, has to be looked at first. Column privileges, comments and storage settings stay
with the old column.

## Left alone
A column in an index, a constraint or a view, of a partitioned table, with a sequence, an identity or an expression: what hangs
on it would stay behind. A table of which nothing is known.
`,
	Run: typeByNewColumn,
})

func typeByNewColumn(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	def := a.Def.GetColumnDef()
	switch {
	case !ok || def == nil:
		return rewrite.Refuse("the statement does more than to change one type")
	case p.Today == "":
		return rewrite.Refuse("the date is not known")
	}
	t := newTwin(a.Table, a.Written, a.Head, a.Relation, a.Name, catalog.Truncate(a.Name+"_new"))
	c, why := conversion(p, a, t)
	if why = cmp.Or(refuseIfExists(a), t.refuse(p), why); why != "" {
		return rewrite.Refuse(why)
	}
	aside := setAside(a.Name, p.Today)
	fresh := lint.Ident(t.fresh)
	first := rewrite.Phase{
		Title: title(a.Table, "add", t.fresh), SQL: []string{a.Head + " ADD COLUMN " + fresh + " " + c.typ},
		Down: []string{a.Head + " DROP COLUMN " + fresh}, Why: "the column with the new type, beside the old one",
	}
	if d := t.column().Default; d != "" {
		first.SQL = append(first.SQL, a.Head+" ALTER COLUMN "+fresh+" SET DEFAULT "+d)
	}
	phases := []rewrite.Phase{first, t.sync("  NEW."+fresh+" := "+c.inTrigger+";\n", c.using, "whoever writes "+a.Name+" writes both from here on"), t.fill(c.inUpdate, c.missing)}
	phases = append(phases, t.notNull()...)
	return rewrite.Rewritten{
		Phases: append(phases, t.swap(p, c, aside)),
		Kept: append(firing(a.Relation),
			"column "+a.Table+"."+a.Name+" of the old type stays as "+aside+": drop it a week later",
			a.Name+" stands last in the table: look at INSERT without a list of columns and at SELECT *",
			"column privileges, comments and settings of the old column are not carried over"),
	}, nil
}

// converted is how a value of the old column becomes one of the new.
type converted struct {
	typ                 string // with its collation
	inTrigger, inUpdate string
	missing             string // the rows that have none yet
	using               bool
}

// conversion reads the new type and USING. Without USING the server assigns, in
// the trigger and in the UPDATE too: a cast would cut what does not fit.
func conversion(p *rewrite.Piece, a rewrite.Alteration, t twin) (c converted, why string) {
	def := a.Def.GetColumnDef()
	tokens := tokensOf(a.Part)
	from, to := -1, len(a.Part)
	for _, token := range tokens {
		switch {
		case from < 0 && is(a.Part, token, "TYPE"):
			from = token.End
		case from >= 0 && to == len(a.Part) && is(a.Part, token, "USING"):
			to = token.Start
		}
	}
	if from < 0 {
		return c, "the statement could not be taken apart"
	}
	c.typ = trimmed(a.Part[from:to])
	old, fresh := lint.Ident(a.Name), lint.Ident(t.fresh)
	if def.RawDefault == nil {
		c.inTrigger, c.inUpdate, c.missing = "NEW."+old, old, fresh+" IS NULL AND "+old+" IS NOT NULL"
		return c, ""
	}
	c.using = true
	if incomparable(catalog.TypeText(def.TypeName)) {
		return c, "values of the new type cannot be compared, so nobody can say which rows are done"
	}
	if volatile, unknown := p.Volatile(def.RawDefault); len(volatile)+len(unknown) > 0 {
		return c, "USING calls a function that may give another value each time"
	}
	start := a.Offset + to + len("USING")
	expression := p.SQL[start : a.Offset+len(a.Part)]
	c.inUpdate = "(" + trimmed(expression) + ")"
	c.missing = fresh + " IS DISTINCT FROM " + c.inUpdate
	c.inTrigger, why = ofNewRow(expression, start, def.RawDefault)
	return c, why
}

// ofNewRow writes an expression over a row's columns as one over NEW.
func ofNewRow(expression string, start int, tree *pg.Node) (text, why string) {
	var at []int
	catalog.Walk(tree, func(m any) bool {
		if c, ok := m.(*pg.ColumnRef); ok {
			if len(c.Fields) != 1 || c.Fields[0].GetString_() == nil {
				why = "USING names a whole row, or a column with its table"
			}
			at = append(at, int(c.Location)-start)
		}
		return true
	})
	slices.Sort(at)
	for _, i := range slices.Backward(at) {
		if i < 0 || i > len(expression) {
			return "", "USING could not be taken apart"
		}
		expression = insert(expression, i, "NEW.")
	}
	return "(" + trimmed(expression) + ")", why
}

// swap takes the trigger away and gives the new column the old one's name.
func (t twin) swap(p *rewrite.Piece, c converted, aside string) rewrite.Phase {
	old, fresh, gone := lint.Ident(t.old), lint.Ident(t.fresh), lint.Ident(aside)
	rename := func(from, to string) string { return t.head + " RENAME COLUMN " + from + " TO " + to }
	up := t.unkeep()
	if t.column().NotNull {
		up = append(up, t.head+" ALTER COLUMN "+old+" DROP NOT NULL")
	}
	up = append(up, rename(old, gone), rename(fresh, old))
	down := []string{rename(old, fresh), rename(gone, old)}
	if t.column().NotNull && p.Version >= 18 {
		name := func(column string) string {
			return lint.Ident(catalog.ObjectName(catalog.Base(t.table), column, "not_null"))
		}
		up = append(up, t.head+" RENAME CONSTRAINT "+name(t.fresh)+" TO "+name(t.old))
		down = append([]string{t.head + " RENAME CONSTRAINT " + name(t.old) + " TO " + name(t.fresh)}, down...)
	}
	return rewrite.Phase{
		Title: title(t.table, t.old, "swap"), SQL: up, Down: append(down, t.keep("  NEW."+fresh+" := "+c.inTrigger+";\n", c.using)...),
		Why: "both columns hold the same, so the names change places in one moment; " +
			"the way back loses what is written to " + t.old + " from here on, and leaves the column nullable",
	}
}
