package effect

import (
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_DoStmt)(nil), doBlock)
	_ = register((*pg.Node_CallStmt)(nil), call)
	_ = register((*pg.Node_ExecuteStmt)(nil), execute)
	_ = register((*pg.Node_ExplainStmt)(nil), explain)
	_ = register((*pg.Node_PrepareStmt)(nil), prepare)
	_ = register((*pg.Node_DeclareCursorStmt)(nil), declare)
)

// hidden is what code does that no parser sees.
func (j *judge) hidden(what string) {
	j.unknown(what + " may take any lock and run for any time: nobody can know")
	j.inverse(ReversibleNone, "unknown: depends on what it does")
	j.breaks(BreaksOld)
}

func doBlock(j *judge, n *pg.Node) {
	j.hidden("the body of DO")
	for _, a := range n.GetDoStmt().GetArgs() {
		body := a.GetDefElem().GetArg().GetString_().GetSval()
		if lower := strings.ToLower(body); strings.Contains(lower, "commit") || strings.Contains(lower, "rollback") {
			j.note("it may end its own transaction, which a transaction around it forbids")
		}
	}
}

func call(j *judge, n *pg.Node) {
	name := strings.Join(catalog.Strings(n.GetCallStmt().GetFunccall().GetFuncname()), ".")
	j.hidden("procedure " + name)
}

func execute(j *judge, n *pg.Node) { j.hidden("prepared statement " + n.GetExecuteStmt().GetName()) }

// explain runs its statement only with ANALYZE.
func explain(j *judge, n *pg.Node) {
	s := n.GetExplainStmt()
	if hasOption(s.Options, "analyze") {
		inner := *j
		inner.Node = s.Query
		e := ofVersion(inner.Statement, j.cat, j.version)
		j.e = e
		j.note("EXPLAIN ANALYZE runs the statement")
		return
	}
	j.plans(s.Query)
	j.e.Scans = nil
}

// declare plans its query; rows are read by FETCH.
func declare(j *judge, n *pg.Node) {
	j.plans(n.GetDeclareCursorStmt().Query)
	j.e.Scans = nil
}

// prepare parses and does not plan.
func prepare(j *judge, n *pg.Node) {
	j.inverse(ReversibleInstant, "DEALLOCATE")
	j.reads(n.GetPrepareStmt().Query, nil)
}
