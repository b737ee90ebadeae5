package lint

import pg "github.com/pganalyze/pg_query_go/v6"

// FailsAgain reports whether a second run of the statement fails because the
// first has done its work: a CREATE, ADD or DROP without its IF form, a rename.
func (s Stmt) FailsAgain() bool {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_CreateStmt:
		return !n.CreateStmt.IfNotExists
	case *pg.Node_CreateTableAsStmt:
		return !n.CreateTableAsStmt.IfNotExists
	case *pg.Node_IndexStmt:
		return !n.IndexStmt.IfNotExists
	case *pg.Node_CreateSchemaStmt:
		return !n.CreateSchemaStmt.IfNotExists
	case *pg.Node_CreateSeqStmt:
		return !n.CreateSeqStmt.IfNotExists
	case *pg.Node_AlterEnumStmt:
		return !n.AlterEnumStmt.SkipIfNewValExists
	case *pg.Node_ViewStmt:
		return !n.ViewStmt.Replace
	case *pg.Node_DropStmt:
		return !n.DropStmt.MissingOk
	case *pg.Node_CreateTrigStmt:
		return !n.CreateTrigStmt.Replace
	case *pg.Node_RenameStmt, *pg.Node_CreateEnumStmt, *pg.Node_CreateDomainStmt, *pg.Node_InsertStmt:
		return true
	case *pg.Node_AlterTableStmt:
		return alterFailsAgain(n.AlterTableStmt)
	}
	return false
}

func alterFailsAgain(a *pg.AlterTableStmt) bool {
	for _, n := range a.Cmds {
		cmd := n.GetAlterTableCmd()
		switch cmd.GetSubtype() {
		case pg.AlterTableType_AT_AddColumn, pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_DropConstraint:
			if !cmd.MissingOk {
				return true
			}
		case pg.AlterTableType_AT_AddConstraint, pg.AlterTableType_AT_AttachPartition,
			pg.AlterTableType_AT_DetachPartition:
			return true
		}
	}
	return false
}
