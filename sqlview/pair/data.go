package pair

import (
	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// data reads the statements that change rows: what they put somewhere, take away,
// and read on the way.
func (r *reader) data(n *pg.Node) {
	switch s := n.GetNode().(type) {
	case *pg.Node_InsertStmt:
		into := r.cat.Name(s.InsertStmt.Relation)
		r.brings(Rows, "", into)
		r.copies(n, into)
	case *pg.Node_CopyStmt:
		if s.CopyStmt.IsFrom {
			r.brings(Rows, "", r.cat.Name(s.CopyStmt.Relation))
		}
	case *pg.Node_DeleteStmt:
		r.takes(Rows, "", r.cat.Name(s.DeleteStmt.Relation))
		r.deletesInto(n)
	case *pg.Node_TruncateStmt:
		for _, t := range s.TruncateStmt.Relations {
			r.takes(Rows, "", r.cat.Name(t.GetRangeVar()))
		}
	case *pg.Node_UpdateStmt:
		r.copies(n, r.cat.Name(s.UpdateStmt.Relation))
		r.copiesColumns(n, r.cat.Name(s.UpdateStmt.Relation))
	case *pg.Node_MergeStmt:
		into := r.cat.Name(s.MergeStmt.Relation)
		r.brings(Rows, "", into)
		r.copies(n, into)
		r.copiesColumns(n, into)
	case *pg.Node_CreateTableAsStmt:
		r.copies(s.CreateTableAsStmt.Query, "")
	}
}

// deletesInto is for a DELETE inside a WITH: its rows go somewhere else.
func (r *reader) deletesInto(n *pg.Node) {
	catalog.Walk(n, func(m any) bool {
		if i, ok := m.(*pg.InsertStmt); ok {
			r.brings(Rows, "", r.cat.Name(i.Relation))
		}
		return true
	})
}

// copies are the relations that a statement reads beside the one it writes.
func (r *reader) copies(n *pg.Node, into string) {
	for _, t := range catalog.Tables(n) {
		if name := r.cat.Name(t); name != into {
			r.Copies = append(r.Copies, Thing{Relation, "", name}, Thing{Rows, "", name}, Thing{Column, name, all})
		}
	}
}

// copiesColumns are the columns of the rows themselves that a new value, or the
// choice of the rows, hangs on.
func (r *reader) copiesColumns(n *pg.Node, table string) {
	for _, c := range catalog.Columns(n) {
		r.Copies = append(r.Copies, Thing{Column, table, c})
	}
}
