package ways

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "unique-using-index",
	Summary: "UNIQUE and PRIMARY KEY get their index CONCURRENTLY first, then take it over",
	Lifts:   []string{"unique-no-index", "pk-no-index"},
	Doc: `
## Files
For a primary key whose columns may be NULL, those of SET NOT NULL come first. Then the unique index, CONCURRENTLY and alone;
then the constraint USING INDEX, which is a change in the catalog. The way back of the last drops the constraint and its index.

## In practice
INCLUDE, NULLS NOT DISTINCT, WITH and the tablespace are carried over, and the name is the one the original gives
or the server would have chosen. Look for duplicates first: the build fails on one after all its work.

## Left alone
Partitioned tables, and WITHOUT OVERLAPS. A DEFERRABLE key of columns that code writes already: until the constraint takes its
index over, the index is unique at once, and a transaction that is only right at its end would fail in the middle.
`,
	Run: uniqueUsingIndex,
})

func uniqueUsingIndex(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	made := p.NewConstraint(a.Table)
	if !ok || made == nil {
		return rewrite.Refuse("a constraint of that name is there already")
	}
	if why := refuseIfExists(a) + refuseParts(a.Relation); why != "" {
		return rewrite.Refuse(why)
	}
	k := a.Def.GetConstraint()
	columns := catalog.Strings(k.Keys)
	if k.Deferrable && !fresh(p, a.Table, columns) {
		return rewrite.Refuse(notDeferred)
	}
	name, word := lint.Ident(made.Name), "UNIQUE"
	var out rewrite.Rewritten
	if k.Contype == pg.ConstrType_CONSTR_PRIMARY {
		word = "PRIMARY KEY"
		out.Phases = keyColumns(a, columns)
	}
	index := concurrentIndex(a.Table, a.Written, name, keyDefinition(k, a.Part), true,
		"built while reads and writes go on; a duplicate ends it and leaves an INVALID index, so look for duplicates "+
			"first")
	out.Phases = append(out.Phases, index, rewrite.Phase{
		Title: title(a.Table, made.Name, "constraint"),
		SQL:   []string{a.Head + " ADD CONSTRAINT " + name + " " + word + " USING INDEX " + name + deferrable(k)},
		Down:  dropConstraint(a.Head, made.Name),
		Why:   "the index is there, so the constraint is a change in the catalog",
	})
	// Dropping the constraint drops its index: the way back of the build finds none.
	out.Phases[len(out.Phases)-2].Down[0] = "DROP INDEX CONCURRENTLY IF EXISTS " + rewrite.Beside(a.Range, made.Name)
	return out, nil
}

// keyColumns makes the columns of a primary key NOT NULL that may be NULL, or of
// which nothing is known.
func keyColumns(a rewrite.Alteration, columns []string) []rewrite.Phase {
	var phases []rewrite.Phase
	for _, c := range columns {
		if known := a.Relation.Column(c); known == nil || !known.NotNull {
			phases = append(phases, rewrite.Phase{
				Title: title(a.Table, c, "not null"),
				SQL:   []string{a.Head + " ALTER COLUMN " + lint.Ident(c) + " SET NOT NULL"},
				Down:  []string{a.Head + " ALTER COLUMN " + lint.Ident(c) + " DROP NOT NULL"},
				Why:   "a primary key over a column that may be NULL would read the whole table once more",
			})
		}
	}
	return phases
}

// keyDefinition is what stands behind the table's name in CREATE INDEX.
func keyDefinition(k *pg.Constraint, part string) string {
	text := "(" + lint.Idents(catalog.Strings(k.Keys)) + ")"
	if len(k.Including) > 0 {
		text += " INCLUDE (" + lint.Idents(catalog.Strings(k.Including)) + ")"
	}
	if k.NullsNotDistinct {
		text += " NULLS NOT DISTINCT"
	}
	if len(k.Options) > 0 {
		text += " WITH " + parenthesized(part, "WITH")
	}
	if k.Indexspace != "" {
		text += " TABLESPACE " + lint.Ident(k.Indexspace)
	}
	return text
}

// fresh reports whether no code can write any of the columns yet: the file adds
// them.
func fresh(p *rewrite.Piece, table string, columns []string) bool {
	before := p.Start.Relation(table)
	return before != nil && !slices.ContainsFunc(columns, func(c string) bool { return before.Column(c) != nil })
}

func deferrable(k *pg.Constraint) string {
	switch {
	case k.Initdeferred:
		return " DEFERRABLE INITIALLY DEFERRED"
	case k.Deferrable:
		return " DEFERRABLE"
	}
	return ""
}
