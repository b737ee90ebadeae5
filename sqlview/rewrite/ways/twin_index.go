package ways

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
	"belay/sqlview/rewrite"
)

// twinIndex is an index of a column, built again over the column's twin.
type twinIndex struct {
	catalog.IndexDef
	catalog.IndexDetails
	st parse.Statement
	// build is the name it is built under, sql the statement; both as the server
	// needs them, build unquoted and bare.
	build, sql string
}

func (i twinIndex) name() string { return catalog.Base(i.Name) }

// indexes builds the statements for every index that uses the column. label tells
// their names from the old ones.
func (t *twin) readIndexes(p *rewrite.Piece, label string) string {
	for _, i := range t.relation.Indexes {
		if !i.Uses(t.old) {
			continue
		}
		x := twinIndex{IndexDef: i, IndexDetails: t.relation.Details.Indexes[i.Name]}
		if x.Definition == "" {
			x.Definition = t.startDefinition(p, i)
		}
		st, known := p.Read(x.Definition)
		edits, ok := []edit(nil), false
		if known {
			edits, ok = indexEdits(st, t.old, t.fresh)
		}
		switch {
		case !i.Valid || !i.Ready:
			return "index " + x.name() + " is INVALID: build it again first, or drop it"
		case !ok:
			return "how index " + x.name() + " was made is not known, or not understood"
		case x.Tuned:
			return "index " + x.name() + " has a statistics target of its own"
		}
		x.build = t.freeIndexName(p, x.name(), label)
		x.st, x.sql = st, builds(st, edits, x, t.written)
		t.indexes = append(t.indexes, x)
	}
	return ""
}

// startDefinition is that of the file's beginning, for an index that the file has
// built again over another column's twin: it reads as before.
func (t *twin) startDefinition(p *rewrite.Piece, i catalog.IndexDef) string {
	if before := p.Start.Relation(t.table).Index(i.Name); before != nil && slices.Equal(before.Columns, i.Columns) &&
		slices.Equal(before.Include, i.Include) {
		return before.Definition
	}
	return ""
}

func (t *twin) freeIndexName(p *rewrite.Piece, name, label string) string {
	for l := label; ; l += "_" + label {
		free := catalog.ObjectName(name, "", l)
		if p.Free(catalog.Schema(t.table), free) {
			return free
		}
	}
}

// builds is the definition with CONCURRENTLY, its new name, the table as the
// source writes it, and the tablespace that pg_get_indexdef leaves out.
func builds(st parse.Statement, edits []edit, x twinIndex, table string) string {
	tokens := tokensOf(st.SQL)
	on, using, where := -1, -1, -1
	depth := 0
	for i, token := range tokens {
		switch {
		case is(st.SQL, token, "("):
			depth++
		case is(st.SQL, token, ")"):
			depth--
		case depth > 0:
		case on < 0 && is(st.SQL, token, "ON"):
			on = i
		case on >= 0 && using < 0 && is(st.SQL, token, "USING"):
			using = i
		case where < 0 && is(st.SQL, token, "WHERE"):
			where = i
		}
		if using < 0 && on >= 0 && depth == 1 {
			using = i
		}
	}
	head := "CREATE INDEX CONCURRENTLY "
	if x.Unique {
		head = "CREATE UNIQUE INDEX CONCURRENTLY "
	}
	edits = append(edits, edit{0, tokens[using].Start, head + lint.Ident(x.build) + " ON " + table + " "})
	if x.Tablespace != "" {
		space := " TABLESPACE " + lint.Ident(x.Tablespace)
		if where < 0 {
			end := tokens[len(tokens)-1].End
			edits = append(edits, edit{end, end, space})
		} else {
			at := tokens[where-1].End
			edits = append(edits, edit{at, at, space})
		}
	}
	return edited(st.SQL, edits)
}

// harmless is a unique index that goes on to hold when nobody writes the column
// any more: over this column alone, where each NULL is another one.
func (i twinIndex) harmless() bool {
	return !i.Unique || len(i.Columns) == 1 && i.Predicate == "" && i.Expressions == "" &&
		!strings.Contains(i.Definition, "NULLS NOT DISTINCT")
}

// phases build the indexes.
func (t *twin) buildIndexes(why string) []rewrite.Phase {
	var phases []rewrite.Phase
	for _, i := range t.indexes {
		exists := ifExists(i.Constraint != "") // a constraint that took it over took it along
		phases = append(phases, rewrite.Phase{
			Title: i.build, Alone: true, SQL: []string{i.sql}, Why: why,
			Down: []string{"DROP INDEX CONCURRENTLY " + exists + t.beside(i.build)}, DownAlone: true,
		})
	}
	return phases
}
