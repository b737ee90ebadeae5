package catalog

import (
	"slices"

	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// HasFeature reports whether a piece of PostgreSQL 18 syntax stands in the
// column or constraint that starts at location, a byte offset into the
// statement as the parse tree has it.
func HasFeature(st parse.Statement, name parse.FeatureName, location int32) bool {
	if len(st.Features) == 0 {
		return false
	}
	starts := elementStarts(st.Node)
	for _, f := range st.Features {
		if f.Name == name && ownerOf(starts, f.Offset) == int(location) {
			return true
		}
	}
	return false
}

// ownerOf is the last element that starts at or before the offset.
func ownerOf(starts []int, offset int) int {
	owner := -1
	for _, s := range starts {
		if s > offset {
			break
		}
		owner = s
	}
	return owner
}

// elementStarts lists where columns and table constraints begin.
func elementStarts(n *pg.Node) []int {
	var starts []int
	add := func(n *pg.Node) {
		switch {
		case n.GetColumnDef() != nil:
			starts = append(starts, int(n.GetColumnDef().Location))
		case n.GetConstraint() != nil:
			starts = append(starts, int(n.GetConstraint().Location))
		}
	}
	for _, e := range n.GetCreateStmt().GetTableElts() {
		add(e)
	}
	for _, c := range n.GetAlterTableStmt().GetCmds() {
		add(c.GetAlterTableCmd().GetDef())
	}
	slices.Sort(starts)
	return starts
}
