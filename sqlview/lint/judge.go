package lint

import (
	"belay/sqlview/effect"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Effect is what the subcommand would do as the only one of its statement.
func (a Alteration) Effect(s Stmt) effect.Effect {
	st := *s.Statement
	st.Node = &pg.Node{Node: &pg.Node_AlterTableStmt{AlterTableStmt: &pg.AlterTableStmt{
		Relation: a.Whole.Relation, Objtype: a.Whole.Objtype, MissingOk: a.Whole.MissingOk,
		Cmds: []*pg.Node{{Node: &pg.Node_AlterTableCmd{AlterTableCmd: a.AlterTableCmd}}},
	}}}
	return effect.Of(st, s.Catalog(), s.pass.Version)
}

// NotEnforced reports whether the constraint is written NOT ENFORCED (18).
func (s Stmt) NotEnforced(k *pg.Constraint) bool {
	return s.Has(parse.NotEnforced, k.Location)
}
