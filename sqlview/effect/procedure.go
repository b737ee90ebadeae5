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
func (r *record) hidden(what string) {
	r.unknown(what + " may take any lock and run for any time: nobody can know")
	r.inverse(ReversibleNone, "unknown: depends on what it does")
	r.breaks(BreaksOld)
}

func doBlock(j *judge, n *pg.Node) {
	j.hidden("the body of DO")
	body, language := "", "plpgsql"
	for _, a := range n.GetDoStmt().GetArgs() {
		text := a.GetDefElem().GetArg().GetString_().GetSval()
		switch a.GetDefElem().GetDefname() {
		case "as":
			body = text
		case "language":
			language = strings.ToLower(text)
		}
	}
	j.commits(j.commitsIn(body, language, 0), "the block")
}

func call(j *judge, n *pg.Node) {
	name := catalog.Strings(n.GetCallStmt().GetFunccall().GetFuncname())
	j.hidden("procedure " + strings.Join(name, "."))
	j.commits(j.commitsOf(name, 0), "procedure "+strings.Join(name, "."))
}

func execute(j *judge, n *pg.Node) { j.hidden("prepared statement " + n.GetExecuteStmt().GetName()) }

// explain runs its statement only with ANALYZE.
func explain(j *judge, n *pg.Node) {
	s := n.GetExplainStmt()
	if hasOption(s.Options, "analyze") {
		inner := j.Statement
		inner.Node = s.Query
		j.e, _ = ofVersion(inner, j.cat, j.major())
		j.note("EXPLAIN ANALYZE runs the statement")
		return
	}
	j.plansRows(s.Query)
	j.e.Scans = nil
}

// cursorWithHold is CURSOR_OPT_HOLD of parsenodes.h.
const cursorWithHold = 0x0020

// declare plans its query; rows are read by FETCH.
func declare(j *judge, n *pg.Node) {
	j.e.NeedsBlock = n.GetDeclareCursorStmt().Options&cursorWithHold == 0
	j.plansRows(n.GetDeclareCursorStmt().Query)
	j.e.Scans = nil
}

// prepare parses and does not plan.
func prepare(j *judge, n *pg.Node) {
	j.inverse(ReversibleInstant, "DEALLOCATE")
	j.reads(n.GetPrepareStmt().Query, nil)
}
