package lint

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Concurrently names the statement where it is one of those that build or drop
// in several transactions of their own, such as "CREATE INDEX CONCURRENTLY";
// "" = it is none. REFRESH MATERIALIZED VIEW CONCURRENTLY is none of them.
func (s Stmt) Concurrently() string {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_IndexStmt:
		return when(n.IndexStmt.Concurrent, "CREATE INDEX CONCURRENTLY")
	case *pg.Node_DropStmt:
		return when(n.DropStmt.Concurrent, "DROP INDEX CONCURRENTLY")
	case *pg.Node_ReindexStmt:
		return when(Option(n.ReindexStmt.Params, "concurrently"), "REINDEX CONCURRENTLY")
	case *pg.Node_AlterTableStmt:
		return when(slices.ContainsFunc(n.AlterTableStmt.Cmds, detachesConcurrently), "DETACH PARTITION CONCURRENTLY")
	}
	return ""
}

func detachesConcurrently(n *pg.Node) bool {
	return n.GetAlterTableCmd().GetDef().GetPartitionCmd().GetConcurrent()
}

func when(is bool, name string) string {
	if is {
		return name
	}
	return ""
}

// Option reports whether a list of options has the name switched on, as
// VACUUM (FULL) and REINDEX (CONCURRENTLY true) write it.
func Option(options []*pg.Node, name string) bool {
	for _, n := range options {
		d := n.GetDefElem()
		if d == nil || !strings.EqualFold(d.Defname, name) {
			continue
		}
		return on(d.Arg)
	}
	return false
}

// on reads a boolean option: no argument means true.
func on(arg *pg.Node) bool {
	if arg == nil {
		return true
	}
	if i := arg.GetInteger(); i != nil {
		return i.Ival != 0
	}
	word := strings.ToLower(arg.GetString_().GetSval())
	return word != "false" && word != "off" && word != "0"
}

// TransactionControl reports whether the statement is BEGIN, COMMIT or one of
// their kin.
func (s Stmt) TransactionControl() bool { return s.Node.GetTransactionStmt() != nil }

// Effectful reports whether the statement does something beside setting up the
// session: no transaction control, no SET, RESET or SHOW.
func (s Stmt) Effectful() bool {
	return !s.TransactionControl() && s.Node.GetVariableSetStmt() == nil && s.Node.GetVariableShowStmt() == nil
}

// FromStdin reports COPY … FROM STDIN, whose data stands in no SQL.
func FromStdin(c *pg.CopyStmt) bool {
	return c.GetIsFrom() && c.GetFilename() == "" && !c.GetIsProgram()
}
