package parse

import (
	pg "github.com/pganalyze/pg_query_go/v6"
)

// CommandTag is PostgreSQL's command tag for a statement's tree, as the server
// names it in its completion message: "ALTER TABLE", "CREATE INDEX", "DO". It
// is "" for a node that is no statement. Source: CreateCommandTag in the
// server's utility.c.
func CommandTag(node *pg.Node) string {
	if node == nil || node.Node == nil {
		return ""
	}
	if tag := variableTag(node); tag != "" {
		return tag
	}
	m := node.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().Get(0))
	return fixedTags[string(field.Name())]
}

// variableTag names the statements whose tag depends on what they act on.
func variableTag(node *pg.Node) string {
	if tag := objectTag(node); tag != "" {
		return tag
	}
	switch n := node.Node.(type) {
	case *pg.Node_TransactionStmt:
		return transactionTags[n.TransactionStmt.Kind]
	case *pg.Node_ClosePortalStmt:
		return either(n.ClosePortalStmt.Portalname == "", "CLOSE CURSOR ALL", "CLOSE CURSOR")
	case *pg.Node_FetchStmt:
		return either(n.FetchStmt.Ismove, "MOVE", "FETCH")
	case *pg.Node_GrantStmt:
		return either(n.GrantStmt.IsGrant, "GRANT", "REVOKE")
	case *pg.Node_GrantRoleStmt:
		return either(n.GrantRoleStmt.IsGrant, "GRANT ROLE", "REVOKE ROLE")
	case *pg.Node_CreateFunctionStmt:
		return either(n.CreateFunctionStmt.IsProcedure, "CREATE PROCEDURE", "CREATE FUNCTION")
	case *pg.Node_VacuumStmt:
		return either(n.VacuumStmt.IsVacuumcmd, "VACUUM", "ANALYZE")
	case *pg.Node_CreateTableAsStmt:
		return createAsTag(n.CreateTableAsStmt)
	case *pg.Node_VariableSetStmt:
		k := n.VariableSetStmt.Kind
		reset := k == pg.VariableSetKind_VAR_RESET || k == pg.VariableSetKind_VAR_RESET_ALL
		return either(reset, "RESET", "SET")
	case *pg.Node_DiscardStmt:
		return discardTags[n.DiscardStmt.Target]
	case *pg.Node_DeallocateStmt:
		return either(n.DeallocateStmt.Name == "", "DEALLOCATE ALL", "DEALLOCATE")
	}
	return ""
}

// objectTag names the statements whose tag holds an object type.
func objectTag(node *pg.Node) string {
	switch n := node.Node.(type) {
	case *pg.Node_DropStmt:
		return withObject("DROP ", n.DropStmt.RemoveType)
	case *pg.Node_DefineStmt:
		return withObject("CREATE ", n.DefineStmt.Kind)
	case *pg.Node_RenameStmt:
		return renameTag(n.RenameStmt)
	case *pg.Node_AlterTableStmt:
		return withObject("ALTER ", n.AlterTableStmt.Objtype)
	case *pg.Node_AlterTableMoveAllStmt:
		return withObject("ALTER ", n.AlterTableMoveAllStmt.Objtype)
	case *pg.Node_AlterFunctionStmt:
		return withObject("ALTER ", n.AlterFunctionStmt.Objtype)
	case *pg.Node_AlterObjectDependsStmt:
		return withObject("ALTER ", n.AlterObjectDependsStmt.ObjectType)
	case *pg.Node_AlterObjectSchemaStmt:
		return withObject("ALTER ", n.AlterObjectSchemaStmt.ObjectType)
	case *pg.Node_AlterOwnerStmt:
		return withObject("ALTER ", n.AlterOwnerStmt.ObjectType)
	}
	return ""
}

func withObject(verb string, o pg.ObjectType) string {
	if objectNames[o] == "" {
		return ""
	}
	return verb + objectNames[o]
}

// renameTag takes the tag from the relation where a column is renamed.
func renameTag(n *pg.RenameStmt) string {
	if n.RenameType == pg.ObjectType_OBJECT_COLUMN {
		return withObject("ALTER ", n.RelationType)
	}
	return withObject("ALTER ", n.RenameType)
}

func createAsTag(n *pg.CreateTableAsStmt) string {
	switch {
	case n.Objtype == pg.ObjectType_OBJECT_MATVIEW:
		return "CREATE MATERIALIZED VIEW"
	case n.IsSelectInto:
		return "SELECT INTO"
	}
	return "CREATE TABLE AS"
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
