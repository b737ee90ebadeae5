package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_CommentStmt)(nil), comment)
	_ = register((*pg.Node_LockStmt)(nil), lockTable)
	_ = register((*pg.Node_RefreshMatViewStmt)(nil), refresh)
	_ = register((*pg.Node_ClusterStmt)(nil), cluster)
	_ = register((*pg.Node_ReindexStmt)(nil), reindex)
	_ = register((*pg.Node_VacuumStmt)(nil), vacuum)
	_ = register((*pg.Node_GrantStmt)(nil), grant)
	_ = register((*pg.Node_AlterOwnerStmt)(nil), alterOwner)
)

// commented are the kinds of relation that COMMENT names.
var commented = map[pg.ObjectType]kinds{
	pg.ObjectType_OBJECT_TABLE: tables, pg.ObjectType_OBJECT_VIEW: {catalog.View},
	pg.ObjectType_OBJECT_MATVIEW: {catalog.MaterializedView}, pg.ObjectType_OBJECT_INDEX: {catalog.Index},
	pg.ObjectType_OBJECT_SEQUENCE: {catalog.Sequence}, pg.ObjectType_OBJECT_FOREIGN_TABLE: onlyForeign,
}

func comment(c *check, n *pg.Node) Failure {
	s := n.GetCommentStmt()
	parts := s.Object.GetList().GetItems()
	if want := commented[s.Objtype]; want != nil {
		r, f := c.named(parts)
		if f.found() || r == nil {
			return f
		}
		if !slices.Contains(want, r.Kind) {
			return wrongKind(r, string(want[0]))
		}
		return c.owned(r)
	}
	switch s.Objtype {
	case pg.ObjectType_OBJECT_COLUMN, pg.ObjectType_OBJECT_TABCONSTRAINT, pg.ObjectType_OBJECT_TRIGGER,
		pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
		return c.commentPart(s.Objtype, parts)
	case pg.ObjectType_OBJECT_SCHEMA:
		if name := s.Object.GetString_().GetSval(); c.noSchema(name) {
			return fail("3F000", "schema %s does not exist", name)
		}
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		if f := c.typeName(s.Object.GetTypeName()); f.found() {
			return f
		}
		return c.ownedType(c.cat.Types.Get(c.cat.NameOf(s.Object.GetTypeName().GetNames())))
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
		return c.ownRoutine(s.Object.GetObjectWithArgs())
	case pg.ObjectType_OBJECT_ROLE:
		return c.role(s.Object.GetString_().GetSval())
	}
	return none
}

func (c *check) commentPart(kind pg.ObjectType, parts []*pg.Node) Failure {
	if len(parts) < 2 {
		return none
	}
	name := parts[len(parts)-1].GetString_().GetSval()
	r, f := c.named(parts[:len(parts)-1])
	if f.found() || r == nil {
		return f
	}
	return first(
		func() Failure { return c.commentedPart(kind, r, name) },
		func() Failure { return c.owned(r) },
	)
}

func (c *check) commentedPart(kind pg.ObjectType, r *catalog.Relation, name string) Failure {
	switch kind {
	case pg.ObjectType_OBJECT_COLUMN:
		if r.Kind == catalog.Sequence || r.Kind == catalog.Index {
			return none
		}
		_, f := c.column(r, name)
		if f.Code == "42703" {
			return f
		}
		return none
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		if r.Constraint(name) == nil && c.allNamed(r) {
			return fail("42704", "constraint %s of %s does not exist", name, r.Name)
		}
		return none
	}
	return c.onRelation(kind, r, name)
}

func lockTable(c *check, n *pg.Node) Failure {
	return each(n.GetLockStmt().Relations, func(v *pg.Node) Failure {
		r, f := c.find(v.GetRangeVar())
		switch {
		case f.found() || r == nil:
			return f
		case !isTable(r) && (r.Kind != catalog.View || c.version < 11):
			return wrongKind(r, "table")
		}
		return none
	})
}

func refresh(c *check, n *pg.Node) Failure {
	r, f := c.find(n.GetRefreshMatViewStmt().Relation)
	switch {
	case f.found() || r == nil:
		return f
	case r.Kind == catalog.View || r.Kind == catalog.Sequence || r.Kind == catalog.Index:
		return wrongKind(r, "materialized view")
	case c.maintained(r).found():
		return c.maintained(r)
	case r.Kind == catalog.Table:
		return fail("0A000", "%s is a table, not a materialized view", r.Name)
	}
	return none
}

func cluster(c *check, n *pg.Node) Failure {
	s := n.GetClusterStmt()
	if s.Relation == nil {
		return none
	}
	r, f := c.find(s.Relation)
	switch {
	case f.found() || r == nil:
		return f
	case !isTable(r) && r.Kind != catalog.MaterializedView:
		return wrongKind(r, "table")
	case c.maintained(r).found():
		return c.maintained(r)
	case r.Kind == catalog.PartitionedTable && c.version < 15:
		return fail("0A000", "a partitioned table is clustered since 15")
	case s.Indexname == "":
		if r.ClusteredOn == "" && c.complete(r) && r.OID != 0 {
			return fail("42704", "%s was never clustered: no index is named", r.Name)
		}
		return none
	}
	name := catalog.Schema(r.Name) + "." + s.Indexname
	i := r.Index(name)
	switch {
	case i == nil && !c.complete(r):
		return none
	case i == nil && c.cat.Relations.Get(name) == nil:
		return fail("42704", "%s has no index %s", r.Name, s.Indexname)
	case i == nil:
		return fail("42809", "%s is no index of %s", name, r.Name)
	case i.Predicate != "":
		return fail("0A000", "%s is a partial index: it cannot cluster", name)
	}
	return none
}

func reindex(c *check, n *pg.Node) Failure {
	s := n.GetReindexStmt()
	if s.Relation == nil {
		if s.Kind == pg.ReindexObjectType_REINDEX_OBJECT_SCHEMA && c.noSchema(s.Name) {
			return fail("3F000", "schema %s does not exist", s.Name)
		}
		return none
	}
	r, f := c.find(s.Relation)
	switch {
	case f.found() || r == nil:
		return f
	case s.Kind == pg.ReindexObjectType_REINDEX_OBJECT_INDEX && r.Kind != catalog.Index:
		return wrongKind(r, "index")
	case s.Kind == pg.ReindexObjectType_REINDEX_OBJECT_TABLE && !isTable(r) && r.Kind != catalog.MaterializedView:
		return wrongKind(r, "table")
	}
	return c.maintained(r)
}

func vacuum(c *check, n *pg.Node) Failure {
	s := n.GetVacuumStmt()
	return each(s.Rels, func(v *pg.Node) Failure {
		r, f := c.find(v.GetVacuumRelation().GetRelation())
		if f.found() || r == nil || s.IsVacuumcmd {
			return f
		}
		return each(catalog.Strings(v.GetVacuumRelation().VaCols), func(name string) Failure {
			_, f := c.column(r, name)
			return f
		})
	})
}

// grant looks for what GRANT and REVOKE name, and to whom.
func grant(c *check, n *pg.Node) Failure {
	s := n.GetGrantStmt()
	if s.Targtype != pg.GrantTargetType_ACL_TARGET_OBJECT {
		return none
	}
	if f := each(s.Objects, func(o *pg.Node) Failure {
		if v := o.GetRangeVar(); v != nil {
			_, f := c.find(v)
			return f
		}
		return none
	}); f.found() {
		return f
	}
	if f := each(s.Grantees, func(g *pg.Node) Failure { return c.role(g.GetRoleSpec().GetRolename()) }); f.found() {
		return f
	}
	return each(s.Objects, func(o *pg.Node) Failure {
		switch s.Objtype {
		case pg.ObjectType_OBJECT_TABLE:
			return c.grantOn(s, o.GetRangeVar())
		case pg.ObjectType_OBJECT_SEQUENCE:
			r, f := c.find(o.GetRangeVar())
			if f.found() || r == nil {
				return f
			}
			if r.Kind != catalog.Sequence {
				return wrongKind(r, "sequence")
			}
		case pg.ObjectType_OBJECT_SCHEMA:
			if name := o.GetString_().GetSval(); c.noSchema(name) {
				return fail("3F000", "schema %s does not exist", name)
			}
		case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
			return c.routine(o.GetObjectWithArgs())
		}
		return none
	})
}

func (c *check) grantOn(s *pg.GrantStmt, v *pg.RangeVar) Failure {
	r, f := c.find(v)
	switch {
	case f.found() || r == nil:
		return f
	case r.Kind == catalog.Index:
		return wrongKind(r, "table")
	}
	return each(s.Privileges, func(p *pg.Node) Failure {
		return each(catalog.Strings(p.GetAccessPriv().GetCols()), func(name string) Failure {
			_, f := c.column(r, name)
			if f.Code == "42703" {
				return f
			}
			return none
		})
	})
}

func alterOwner(c *check, n *pg.Node) Failure {
	s := n.GetAlterOwnerStmt()
	if f := c.role(s.Newowner.GetRolename()); f.found() {
		return f
	}
	switch s.ObjectType {
	case pg.ObjectType_OBJECT_SCHEMA:
		if name := s.Object.GetString_().GetSval(); c.noSchema(name) {
			return fail("3F000", "schema %s does not exist", name)
		}
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
		return c.ownRoutine(s.Object.GetObjectWithArgs())
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		parts := s.Object.GetList().GetItems()
		if f := c.typeName(&pg.TypeName{Names: parts}); f.found() {
			return f
		}
		return c.ownedType(c.cat.Types.Get(c.cat.NameOf(parts)))
	}
	return none
}
