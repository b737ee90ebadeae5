package ways

import (
	"cmp"
	"slices"

	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// column is the definition of a column that ADD COLUMN adds, taken apart.
type column struct {
	name string // as SQL writes it
	// base is the name with its type, storage and collation.
	base string
	// parts are the constraints in the order of the text.
	parts []columnPart
}

// columnPart is one inline constraint with its source text; the words that
// follow it and belong to it (DEFERRABLE and the like) are in the text.
type columnPart struct {
	*pg.Constraint
	text string
}

// columnOf takes the definition apart; false where a piece of the text has no
// known place.
func columnOf(p *rewrite.Piece, a rewrite.Alteration) (column, bool) {
	def := a.Def.GetColumnDef()
	c := column{name: lint.Ident(def.Colname)}
	type mark struct {
		at int
		k  *pg.Constraint
	}
	var marks []mark
	for _, n := range def.Constraints {
		k := n.GetConstraint()
		if k == nil || k.Location < def.Location {
			return c, false
		}
		marks = append(marks, mark{int(k.Location), k})
	}
	collate := -1
	if def.CollClause != nil {
		collate = int(def.CollClause.Location)
		marks = append(marks, mark{at: collate})
	}
	slices.SortFunc(marks, func(x, y mark) int { return cmp.Compare(x.at, y.at) })
	end := a.Offset + len(a.Part)
	next := func(i int) int {
		if i+1 < len(marks) {
			return marks[i+1].at
		}
		return end
	}
	c.base = trimmed(p.SQL[def.Location:next(-1)])
	for i, m := range marks {
		text := trimmed(p.SQL[m.at:next(i)])
		switch {
		case m.k == nil:
			c.base += " " + text
		case attribute(m.k.Contype):
			if len(c.parts) == 0 {
				return c, false
			}
			c.parts[len(c.parts)-1].text += " " + text
		default:
			c.parts = append(c.parts, columnPart{m.k, text})
		}
	}
	return c, true
}

// attribute is a word that belongs to the constraint before it.
func attribute(t pg.ConstrType) bool {
	switch t {
	case pg.ConstrType_CONSTR_ATTR_DEFERRABLE, pg.ConstrType_CONSTR_ATTR_NOT_DEFERRABLE,
		pg.ConstrType_CONSTR_ATTR_DEFERRED, pg.ConstrType_CONSTR_ATTR_IMMEDIATE:
		return true
	}
	return false
}

// find is the first part of a type; nil = there is none.
func (c column) find(t pg.ConstrType) *columnPart {
	for i := range c.parts {
		if c.parts[i].Contype == t {
			return &c.parts[i]
		}
	}
	return nil
}

// asTable writes an inline constraint as one of the table: "CHECK (…)" stays,
// "UNIQUE" becomes "UNIQUE (c)", "REFERENCES p" becomes "FOREIGN KEY (c)
// REFERENCES p". "" = that cannot be done.
func (c column) asTable(k columnPart) string {
	switch k.Contype {
	case pg.ConstrType_CONSTR_CHECK:
		return k.text
	case pg.ConstrType_CONSTR_FOREIGN:
		return before(k.text, "REFERENCES", "FOREIGN KEY ("+c.name+") ")
	case pg.ConstrType_CONSTR_PRIMARY:
		return behind(k.text, " ("+c.name+")", "PRIMARY", "KEY")
	case pg.ConstrType_CONSTR_UNIQUE:
		if k.NullsNotDistinct {
			return behind(k.text, " ("+c.name+")", "UNIQUE", "NULLS", "NOT", "DISTINCT")
		}
		if text := behind(k.text, " ("+c.name+")", "UNIQUE", "NULLS", "DISTINCT"); text != "" {
			return text
		}
		return behind(k.text, " ("+c.name+")", "UNIQUE")
	}
	return ""
}

// before puts a text before a word, behind puts it behind a run of words; "" =
// they are not there.
func before(text, word, what string) string {
	for _, t := range tokensOf(text) {
		if is(text, t, word) {
			return insert(text, t.Start, what)
		}
	}
	return ""
}

func behind(text, what string, words ...string) string {
	tokens := tokensOf(text)
	for i := range tokens {
		if i+len(words) > len(tokens) {
			break
		}
		hit := true
		for n, w := range words {
			hit = hit && is(text, tokens[i+n], w)
		}
		if hit {
			return insert(text, tokens[i+len(words)-1].End, what)
		}
	}
	return ""
}
