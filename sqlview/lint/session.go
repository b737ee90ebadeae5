package lint

import (
	"slices"
	"strings"

	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// TakesSession says what a statement takes from the session on which the team's
// tool, and belay, go on after the file: "drops …", and the SQLSTATE by which the
// tool then fails. "" = nothing.
func TakesSession(s parse.Statement) (what, code string) {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_DiscardStmt:
		if n.DiscardStmt.Target == pg.DiscardMode_DISCARD_ALL {
			return "drops the prepared statements of the session and lets go of its advisory locks", "26000"
		}
	case *pg.Node_DeallocateStmt:
		if n.DeallocateStmt.Name == "" {
			return "drops the prepared statements of the session", "26000"
		}
	case *pg.Node_VariableSetStmt:
		if v := n.VariableSetStmt; !v.IsLocal && makesReadOnly(v) {
			return "makes the session read-only, for the history row too", "25006"
		}
	case *pg.Node_SelectStmt:
		if slices.Contains(FunctionsIn(s.Node), "pg_advisory_unlock_all") {
			return "lets go of the lock that keeps a second migration out", ""
		}
	}
	return "", ""
}

// makesReadOnly reports SET default_transaction_read_only = on and SET SESSION
// CHARACTERISTICS AS TRANSACTION READ ONLY.
func makesReadOnly(v *pg.VariableSetStmt) bool {
	switch {
	case strings.EqualFold(v.Name, "default_transaction_read_only"):
		return slices.Contains([]string{"on", "true", "yes", "1"}, strings.ToLower(strings.Join(constants(v.Args), "")))
	case strings.EqualFold(v.Name, "SESSION CHARACTERISTICS"):
		return slices.ContainsFunc(v.Args, func(a *pg.Node) bool {
			d := a.GetDefElem()
			return d.GetDefname() == "transaction_read_only" && d.GetArg().GetAConst().GetIval().GetIval() == 1
		})
	}
	return false
}
