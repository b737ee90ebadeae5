package catalog

import pg "github.com/pganalyze/pg_query_go/v6"

// foreignColumns lists the columns that a tree names besides those of its own
// table: a bare name that this one has means it.
func (e *evolution) foreignColumns(tree *pg.Node, own string) []string {
	r := e.Relations.Get(own)
	var all []string
	Walk(tree, func(m any) bool {
		switch m := m.(type) {
		case *pg.ColumnRef:
			if len(m.Fields) > 1 || r.Column(columnRef(m)) == nil {
				all = append(all, columnRef(m))
			}
		case *pg.UpdateStmt:
			all = append(all, targets(m.TargetList)...)
		case *pg.InsertStmt:
			if all = append(all, targets(m.Cols)...); len(m.Cols) == 0 {
				all = append(all, "*")
			}
		}
		return true
	})
	return all
}

// targets are the columns that an UPDATE or INSERT writes.
func targets(list []*pg.Node) []string {
	var all []string
	for _, t := range list {
		if name := t.GetResTarget().GetName(); name != "" {
			all = append(all, name)
		}
	}
	return all
}
