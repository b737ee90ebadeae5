package parse

import pg "github.com/pganalyze/pg_query_go/v6"

// IndexName is the index that a statement makes, drops or rebuilds.
type IndexName struct {
	Schema, Name string // Schema "" = by search_path, or the table's
	// Table is the indexed table; "" for DROP INDEX.
	TableSchema, Table string
	IfNotExists        bool
	Concurrent         bool
}

// NamedIndex reads the index of CREATE INDEX, DROP INDEX and REINDEX INDEX. ok is
// false for every other statement, and for a DROP of several.
func (s Statement) NamedIndex() (n IndexName, ok bool) {
	if c := s.Node.GetIndexStmt(); c != nil {
		n = IndexName{Name: c.GetIdxname(), IfNotExists: c.GetIfNotExists(), Concurrent: c.GetConcurrent()}
		n.TableSchema, n.Table = RelationName(c.GetRelation())
		return n, true
	}
	if d := s.Node.GetDropStmt(); d != nil && d.GetRemoveType() == pg.ObjectType_OBJECT_INDEX && len(d.GetObjects()) == 1 {
		n.Schema, n.Name = QualifiedName(d.GetObjects()[0].GetList().GetItems())
		n.Concurrent = d.GetConcurrent()
		return n, true
	}
	if r := s.Node.GetReindexStmt(); r != nil && r.GetKind() == pg.ReindexObjectType_REINDEX_OBJECT_INDEX {
		n.Schema, n.Name = RelationName(r.GetRelation())
		n.Concurrent = s.Concurrent()
		return n, true
	}
	return n, false
}

// Concurrent reports whether the statement says CONCURRENTLY where that changes
// how it runs: index builds and drops, REINDEX, DETACH PARTITION.
func (s Statement) Concurrent() bool {
	if c := s.Node.GetIndexStmt(); c != nil {
		return c.GetConcurrent()
	}
	if d := s.Node.GetDropStmt(); d != nil {
		return d.GetConcurrent()
	}
	if r := s.Node.GetReindexStmt(); r != nil {
		return option(r.GetParams(), "concurrently")
	}
	for _, c := range s.Node.GetAlterTableStmt().GetCmds() {
		if p := c.GetAlterTableCmd().GetDef().GetPartitionCmd(); p != nil && p.GetConcurrent() {
			return true
		}
	}
	return false
}

func option(params []*pg.Node, name string) bool {
	for _, p := range params {
		if p.GetDefElem().GetDefname() == name {
			return true
		}
	}
	return false
}

// Validated reads the constraint of ALTER TABLE … VALIDATE CONSTRAINT.
func (s Statement) Validated() (schema, table, constraint string, ok bool) {
	a := s.Node.GetAlterTableStmt()
	for _, c := range a.GetCmds() {
		if cmd := c.GetAlterTableCmd(); cmd.GetSubtype() == pg.AlterTableType_AT_ValidateConstraint {
			schema, table = RelationName(a.GetRelation())
			return schema, table, cmd.GetName(), true
		}
	}
	return "", "", "", false
}
