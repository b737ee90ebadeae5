package ways

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// expression is one over the columns of a row, as a person wrote it.
type expression struct {
	// word names it in a refusal: "USING".
	word, text string
	// tree is what it was parsed to, start where its text began in what was parsed.
	tree  *pg.Node
	start int
}

// given reads an expression that came without a statement.
func given(p *rewrite.Piece, word, text string) (expression, string) {
	e := expression{word: word, text: text, start: len(rewrite.ExpressionHead)}
	st, ok := p.Read(rewrite.ExpressionText(text))
	query := st.Node.GetSelectStmt()
	switch {
	case !ok || query == nil:
		return e, word + " is no SQL expression: " + text
	case len(query.TargetList) != 1 || len(query.FromClause) > 0 || query.WhereClause != nil ||
		len(query.GroupClause) > 0 || query.HavingClause != nil || query.Op != pg.SetOperation_SETOP_NONE:
		return e, word + " is not one expression over a row: " + text
	}
	e.tree = query.TargetList[0].GetResTarget().GetVal()
	if e.tree.GetRowExpr() != nil {
		return e, word + " is not one expression over a row: " + text
	}
	return e, e.steady(p)
}

// steady says why the value may be another one each time; "" = it is not.
func (e expression) steady(p *rewrite.Piece) string {
	if volatile, unknown := p.Volatile(e.tree); len(volatile)+len(unknown) > 0 {
		return e.word + " calls a function that may give another value each time"
	}
	return ""
}

// reads are the columns that it hangs on, but for some.
func (e expression) reads(but ...string) []string {
	return slices.DeleteFunc(catalog.Columns(e.tree), func(name string) bool { return slices.Contains(but, name) })
}

// ofNewRow writes it as one over NEW. names are other names that columns have there.
func (e expression) ofNewRow(names map[string]string) (text, why string) {
	var edits []edit
	ends := map[int]int{}
	for _, t := range parse.Tokens([]byte(e.text)) {
		ends[t.Start] = t.End
	}
	catalog.Walk(e.tree, func(m any) bool {
		switch m := m.(type) {
		case *pg.ColumnRef:
			at := int(m.Location) - e.start
			switch {
			case len(m.Fields) != 1 || m.Fields[0].GetString_() == nil:
				why = e.word + " names a whole row, or a column with its table"
			case at < 0 || at > len(e.text):
				why = e.word + " could not be taken apart"
			default:
				x := edit{at, at, "NEW."}
				if as := names[m.Fields[0].GetString_().GetSval()]; as != "" {
					x.to, x.text = ends[at], "NEW."+lint.Ident(as)
				}
				edits = append(edits, x)
			}
		case *pg.SubLink:
			why = e.word + " asks other rows"
		}
		return true
	})
	if why != "" {
		return "", why
	}
	return "(" + trimmed(edited(e.text, edits)) + ")", ""
}

// renamed writes it with another name for a column.
func (e expression) renamed(p *rewrite.Piece, old, fresh string) (string, bool) {
	st, ok := p.Read(rewrite.ExpressionText(e.text))
	if !ok {
		return "", false
	}
	edits, ok := columnEdits(st.SQL, e.tree, old, fresh)
	return "(" + trimmed(rewrite.ExpressionOf(edited(st.SQL, edits))) + ")", ok
}
