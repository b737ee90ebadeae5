package effect

import (
	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = register((*pg.Node_CreateFunctionStmt)(nil), createFunction)

// createFunction locks no relation. OR REPLACE changes what callers get from the
// next call on, as it does for a view.
func createFunction(j *judge, n *pg.Node) {
	s := n.GetCreateFunctionStmt()
	name := j.cat.NameOf(s.Funcname)
	kind := "FUNCTION"
	if s.IsProcedure {
		kind = "PROCEDURE"
	}
	there := j.cat != nil && j.cat.Functions.Get(name) != nil
	if !s.Replace || !there && j.listsAll() {
		j.inverse(ReversibleInstant, "DROP %s %s", kind, catalog.Quote(name))
		return
	}
	j.breaks(BreaksNew)
	j.inverse(ReversibleInstant, "CREATE OR REPLACE %s with the body before", kind)
	if !there {
		j.note("if %s is not there yet, nobody is changed: the way back is then DROP %s", name, kind)
	}
}

// listsAll reports whether what the catalog does not have is not there: a
// folder's history may begin in the middle.
func (r *record) listsAll() bool {
	return r.cat != nil && (r.cat.Source == catalog.SourceLive || r.cat.Source == catalog.SourceSchema)
}
