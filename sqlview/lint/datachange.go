package lint

import (
	"iter"
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// DataChange is an UPDATE or DELETE, also one inside a WITH.
type DataChange struct {
	Table  string // "schema.name"
	Update *pg.UpdateStmt
	Delete *pg.DeleteStmt
	// Where is the condition; nil = none.
	Where *pg.Node
	// At is the byte offset of the table's name in the statement's SQL.
	At int
}

// DataChanges yields every UPDATE and DELETE of the file.
func (p *Pass) DataChanges() iter.Seq2[Stmt, DataChange] {
	return func(yield func(Stmt, DataChange) bool) {
		for s := range p.Statements() {
			for _, d := range s.DataChanges() {
				if !yield(s, d) {
					return
				}
			}
		}
	}
}

// DataChanges lists every UPDATE and DELETE of the statement.
func (s Stmt) DataChanges() []DataChange { return s.pass.facts.changes[s.Index] }

func (s Stmt) findDataChanges() []DataChange {
	if !s.holdsQuery() {
		return nil
	}
	var all []DataChange
	catalog.Walk(s.Node, func(m any) bool {
		switch n := m.(type) {
		case *pg.UpdateStmt:
			all = append(all, DataChange{
				Table: s.Name(n.Relation), Update: n, Where: n.WhereClause, At: int(n.Relation.GetLocation()),
			})
		case *pg.DeleteStmt:
			all = append(all, DataChange{
				Table: s.Name(n.Relation), Delete: n, Where: n.WhereClause, At: int(n.Relation.GetLocation()),
			})
		}
		return true
	})
	return all
}

// holdsQuery reports whether the statement may have an UPDATE or DELETE in it.
func (s Stmt) holdsQuery() bool {
	switch s.Node.GetNode().(type) {
	case *pg.Node_SelectStmt, *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt,
		*pg.Node_CreateTableAsStmt, *pg.Node_ExplainStmt, *pg.Node_CopyStmt, *pg.Node_PrepareStmt,
		*pg.Node_DeclareCursorStmt:
		return true
	}
	return false
}

// Everything reports whether no condition leaves a row out.
func (d DataChange) Everything() bool {
	if d.Update != nil && len(d.Update.FromClause) > 0 || d.Delete != nil && len(d.Delete.UsingClause) > 0 {
		return false
	}
	return d.Where == nil || d.Where.GetAConst().GetBoolval().GetBoolval()
}

// Range reports whether the condition bounds a column from both sides, as a
// batch does.
func (d DataChange) Range() bool {
	return len(bounded(d.Where, ranges)) > 0
}

// FewRows reports whether the condition asks for rows by a unique key, for a
// list of keys or for a range of them, so that the statement bounds its rows.
func (s Stmt) FewRows(d DataChange) bool {
	equal := bounded(d.Where, equals)
	r := s.Catalog().Relation(d.Table)
	if r == nil {
		return len(equal) > 0 && slices.Contains(equal, "id") || d.Range()
	}
	for _, i := range r.Indexes {
		if i.Unique && i.Predicate == "" && subset(i.Columns, equal) {
			return true
		}
	}
	return d.Range()
}

func subset(columns, of []string) bool {
	for _, c := range columns {
		if !slices.Contains(of, c) {
			return false
		}
	}
	return len(columns) > 0
}

// bounded lists the columns that every outer AND of the condition bounds, as
// the test reads one part of it.
func bounded(where *pg.Node, test func(*pg.A_Expr, map[string]int) string) []string {
	var columns []string
	sides := map[string]int{}
	for _, part := range conjuncts(where) {
		if e := part.GetAExpr(); e != nil {
			if c := test(e, sides); c != "" {
				columns = append(columns, c)
			}
		}
		if l := part.GetSubLink(); l != nil && limited(l) {
			columns = append(columns, columnOf(l.Testexpr))
		}
	}
	return columns
}

func conjuncts(where *pg.Node) []*pg.Node {
	if b := where.GetBoolExpr(); b != nil && b.Boolop == pg.BoolExprType_AND_EXPR {
		var all []*pg.Node
		for _, a := range b.Args {
			all = append(all, conjuncts(a)...)
		}
		return all
	}
	if where == nil {
		return nil
	}
	return []*pg.Node{where}
}

// equals reads "column = constant" and "column IN (…)".
func equals(e *pg.A_Expr, _ map[string]int) string {
	list := e.Kind == pg.A_Expr_Kind_AEXPR_IN || e.Kind == pg.A_Expr_Kind_AEXPR_OP_ANY
	if e.Kind != pg.A_Expr_Kind_AEXPR_OP && !list || operator(e) != "=" {
		return ""
	}
	if columnOf(e.Rexpr) != "" {
		return ""
	}
	return columnOf(e.Lexpr)
}

// ranges reads "column BETWEEN a AND b", and two comparisons that bound a
// column from both sides; sides keeps which were seen.
func ranges(e *pg.A_Expr, sides map[string]int) string {
	c := columnOf(e.Lexpr)
	if c == "" || columnOf(e.Rexpr) != "" {
		return ""
	}
	if e.Kind == pg.A_Expr_Kind_AEXPR_BETWEEN {
		return c
	}
	switch operator(e) {
	case ">", ">=":
		sides[c] |= 1
	case "<", "<=":
		sides[c] |= 2
	}
	if sides[c] == 3 {
		return c
	}
	return ""
}

// limited is IN (SELECT … LIMIT n).
func limited(l *pg.SubLink) bool {
	return l.Subselect.GetSelectStmt().GetLimitCount() != nil
}

func operator(e *pg.A_Expr) string { return strings.Join(catalog.Strings(e.Name), "") }

func columnOf(n *pg.Node) string {
	words := catalog.Strings(n.GetColumnRef().GetFields())
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}
