package ways

import (
	"cmp"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// edit puts a text in the place of a part of another; from and to are bytes.
type edit struct {
	from, to int
	text     string
}

// edited makes all edits; they do not overlap.
func edited(text string, edits []edit) string {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(b.from, a.from) })
	for _, e := range edits {
		text = text[:e.from] + e.text + text[e.to:]
	}
	return text
}

// columnEdits give a column another name wherever an expression reads it. text is
// what the tree was parsed from. ok is false where it also reads the whole row, or
// names the column in a way that is not understood.
func columnEdits(text string, tree *pg.Node, old, fresh string) (edits []edit, ok bool) {
	ok = true
	ends := map[int]int{}
	for _, t := range parse.Tokens([]byte(text)) {
		ends[t.Start] = t.End
	}
	catalog.Walk(tree, func(m any) bool {
		c, is := m.(*pg.ColumnRef)
		if !is {
			return true
		}
		words := catalog.Strings(c.Fields)
		end, found := ends[int(c.Location)]
		switch {
		case len(words) != len(c.Fields) || len(words) > 1 || !found:
			ok = false
		case words[0] == old:
			edits = append(edits, edit{int(c.Location), end, lint.Ident(fresh)})
		}
		return true
	})
	return edits, ok
}

// listEdits give a column another name in the parenthesized list of names that
// stands behind the token at.
func listEdits(text string, tokens []parse.Token, at int, old, fresh string) []edit {
	var edits []edit
	depth := 0
	for _, t := range tokens[at+1:] {
		switch {
		case is(text, t, "("):
			depth++
		case is(text, t, ")"):
			depth--
		case depth == 1 && identifier(text[t.Start:t.End]) == old:
			edits = append(edits, edit{t.Start, t.End, lint.Ident(fresh)})
		}
		if depth == 0 {
			break
		}
	}
	return edits
}

// identifier is the name that a token means.
func identifier(token string) string {
	if strings.HasPrefix(token, `"`) {
		return strings.ReplaceAll(strings.Trim(token, `"`), `""`, `"`)
	}
	return strings.ToLower(token)
}

// indexEdits give a column another name in a CREATE INDEX.
func indexEdits(st parse.Statement, old, fresh string) ([]edit, bool) {
	n := st.Node.GetIndexStmt()
	edits, ok := columnEdits(st.SQL, st.Node, old, fresh)
	tokens := tokensOf(st.SQL)
	lists := listsOf(st.SQL, tokens)
	if !ok || n == nil || len(lists) == 0 || len(lists[0]) != len(n.IndexParams) {
		return nil, false
	}
	name := func(list [][2]int, params []*pg.Node) {
		for i, p := range params {
			if e := p.GetIndexElem(); e.GetName() == old && i < len(list) {
				first := tokensOf(st.SQL[list[i][0]:list[i][1]])[0]
				edits = append(edits, edit{list[i][0] + first.Start, list[i][0] + first.End, lint.Ident(fresh)})
			}
		}
	}
	name(lists[0], n.IndexParams)
	if len(n.IndexIncludingParams) > 0 {
		if len(lists) < 2 || len(lists[1]) != len(n.IndexIncludingParams) {
			return nil, false
		}
		name(lists[1], n.IndexIncludingParams)
	}
	return edits, true
}

// listsOf are the lists of a CREATE INDEX, of columns and of what is included, each
// element by its bytes.
func listsOf(text string, tokens []parse.Token) (lists [][][2]int) {
	depth, from := 0, 0
	var list [][2]int
	for i, t := range tokens {
		switch {
		case is(text, t, "WITH") && depth == 0, is(text, t, "WHERE") && depth == 0:
			return lists
		case is(text, t, "(") || is(text, t, "["):
			if depth++; depth == 1 {
				list, from = nil, t.End
			}
		case is(text, t, ")") || is(text, t, "]"):
			if depth--; depth == 0 {
				lists = append(lists, append(list, [2]int{from, tokens[i].Start}))
			}
		case is(text, t, ",") && depth == 1:
			list, from = append(list, [2]int{from, t.Start}), t.End
		}
	}
	return lists
}
