package lint

import (
	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// opened lists the tables that a cursor holds until it is closed. With a condition the
// server may find that there is nothing to read, and open none of them.
func (s Stmt) opened(n *pg.DeclareCursorStmt) []Pending {
	q := n.Query.GetSelectStmt()
	if q == nil || q.WithClause != nil {
		return nil
	}
	surely := q.WhereClause == nil && q.HavingClause == nil && q.GroupClause == nil && len(q.FromClause) == 1
	var all []Pending
	for _, from := range q.FromClause {
		v := from.GetRangeVar()
		if v == nil {
			continue
		}
		r := s.Catalog().Seen(s.Name(v))
		if r == nil || r.Kind != catalog.Table || r.Doubted {
			continue
		}
		p := Pending{Table: r.Name, Cursor: n.Portalname, Line: s.Line, Surely: surely && !r.RowSecurity}
		all = append(all, p)
		if v.Inh {
			for _, kid := range s.Catalog().Descendants(r.Name) {
				p.Table = kid
				all = append(all, p)
			}
		}
	}
	return all
}
