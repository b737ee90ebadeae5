package apply

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview/effect"
	"belay/sqlview/parse"
)

// FromParse makes a Statement of a parsed one and its effect. src is the file
// that it was parsed from. A statement without a parse tree keeps its text alone
// and is treated as one that nobody knows.
func FromParse(src []byte, s parse.Statement, e effect.Effect) Statement {
	out := Statement{SQL: s.SQL, Line: s.Line, Column: s.Column(src), Kind: s.Kind, Effect: e}
	if s.Node == nil {
		out.Effect = effect.Effect{}
		if s.Unsendable {
			out.Unsendable = s.Problem.Message
		}
		return out
	}
	table := ""
	if len(e.Locks) > 0 {
		table = e.Locks[0].Relation
	}
	switch n := s.Node.Node.(type) {
	case *pg.Node_IndexStmt:
		out.Concurrent = n.IndexStmt.Concurrent
		out.Index = Index{Name: n.IndexStmt.Idxname, Table: table, Only: !n.IndexStmt.Relation.GetInh()}
		if n.IndexStmt.Unique {
			out.Uniques = []Unique{uniqueIndex(s, n.IndexStmt, table)}
		}
	case *pg.Node_DropStmt:
		out.dropped(n.DropStmt)
	case *pg.Node_ReindexStmt:
		out.Concurrent = option(n.ReindexStmt.Params, "concurrently")
	case *pg.Node_AlterTableStmt:
		out.altered(n.AlterTableStmt, table)
	case *pg.Node_CopyStmt:
		out.Stdin = n.CopyStmt.IsFrom && n.CopyStmt.Filename == "" && !n.CopyStmt.IsProgram
	case *pg.Node_VacuumStmt:
		out.Patient = true
	default:
		out.subject(s.Node)
	}
	return out
}

func (s *Statement) dropped(d *pg.DropStmt) {
	if d.RemoveType != pg.ObjectType_OBJECT_INDEX {
		return
	}
	s.Concurrent = d.Concurrent
	if len(d.Objects) == 1 {
		s.Index.Schema, s.Index.Name = parse.QualifiedName(d.Objects[0].GetList().GetItems())
	}
}

func (s *Statement) altered(a *pg.AlterTableStmt, table string) {
	s.Uniques = uniqueConstraints(a, table)
	s.Patient = !slices.ContainsFunc(a.Cmds, func(n *pg.Node) bool {
		return n.GetAlterTableCmd().GetSubtype() != pg.AlterTableType_AT_ValidateConstraint
	})
	if len(a.Cmds) != 1 {
		return
	}
	c := a.Cmds[0].GetAlterTableCmd()
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_ValidateConstraint:
		s.Constraint = Constraint{Table: table, Name: c.Name}
	case pg.AlterTableType_AT_AttachPartition, pg.AlterTableType_AT_DetachPartition,
		pg.AlterTableType_AT_DetachPartitionFinalize:
		s.partitioned(a, c, table)
	}
}

// option reports whether a list of options has one of the name that is on.
func option(params []*pg.Node, name string) bool {
	for _, p := range params {
		d := p.GetDefElem()
		if d == nil || !strings.EqualFold(d.Defname, name) {
			continue
		}
		switch strings.ToLower(d.Arg.GetString_().GetSval()) {
		case "false", "off", "0":
			return false
		}
		return true
	}
	return false
}

// WrapOf says how a file runs: as its own transaction where it is one BEGIN …
// COMMIT, one by one where something in it cannot be in a transaction, is a CALL or
// DO that may commit, or the tool is told not to use one, else in ours.
func WrapOf(statements []Statement, noTransaction bool) Wrap {
	u := Unit{Statements: statements}
	if u.isOwn() {
		return Own
	}
	// What may commit runs alone, as the tool and psql run it; beside others it is
	// in their transaction, where the server forbids it to.
	noTransaction = noTransaction || len(statements) == 1 && statements[0].commits()
	for _, s := range statements {
		noTransaction = noTransaction || s.Concurrent || (s.Effect.Known && !s.Effect.Transactional)
	}
	if noTransaction {
		return OneByOne
	}
	return Transaction
}
