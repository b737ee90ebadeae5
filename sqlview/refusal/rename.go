package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_RenameStmt)(nil), rename)
	_ = register((*pg.Node_AlterObjectSchemaStmt)(nil), setSchema)
)

func rename(c *check, n *pg.Node) Failure {
	s := n.GetRenameStmt()
	fresh := catalog.Truncate(s.Newname)
	switch s.RenameType {
	case pg.ObjectType_OBJECT_SCHEMA:
		switch {
		case c.noSchema(s.Subname):
			return fail("3F000", "schema %s does not exist", s.Subname)
		case c.cat.Schemas[fresh]:
			return fail("42P06", "schema %s exists already", fresh)
		}
		return none
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		parts := s.Object.GetList().GetItems()
		if f := c.typeName(&pg.TypeName{Names: parts}); f.found() {
			return f
		}
		old := c.cat.NameOf(parts)
		t := c.cat.Types.Get(old)
		if f := c.ownedType(t); f.found() || t == nil {
			return f
		} else if s.RenameType == pg.ObjectType_OBJECT_DOMAIN && !t.Domain {
			return fail("42809", "type %s is no domain", old)
		}
		return c.typeTaken(catalog.Schema(old) + "." + fresh)
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
		return c.ownRoutine(s.Object.GetObjectWithArgs())
	case pg.ObjectType_OBJECT_ROLE:
		return c.role(s.Subname)
	case pg.ObjectType_OBJECT_PUBLICATION:
		return c.publication(s.Object.GetString_().GetSval())
	}
	r, f := c.find(s.Relation)
	if f.found() || r == nil {
		return unless(s.MissingOk, f)
	}
	if f := first(
		func() Failure { return renamable(s.RenameType, r) },
		func() Failure { return c.owned(r) },
	); f.found() {
		return f
	}
	return c.renameOn(s, r, fresh)
}

// renamable is what the server asks of a relation before it asks for its owner, where
// something of it is renamed.
func renamable(what pg.ObjectType, r *catalog.Relation) Failure {
	switch what {
	case pg.ObjectType_OBJECT_COLUMN, pg.ObjectType_OBJECT_TABCONSTRAINT:
		switch {
		case r.OfType != "":
			return fail("42809", "%s is made of type %s: what it has is renamed there", r.Name, r.OfType)
		case r.Kind == catalog.Sequence:
			return wrongKind(r, "table")
		}
	case pg.ObjectType_OBJECT_TRIGGER:
		if !isTable(r) && r.Kind != catalog.View && r.Kind != catalog.ForeignTable {
			return wrongKind(r, "table")
		}
	case pg.ObjectType_OBJECT_RULE:
		if !isTable(r) && r.Kind != catalog.View {
			return wrongKind(r, "table")
		}
	}
	return none
}

func (c *check) renameOn(s *pg.RenameStmt, r *catalog.Relation, fresh string) Failure {
	only := !s.Relation.GetInh()
	switch s.RenameType {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_INDEX, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		if f := c.mayCreate(catalog.Schema(r.Name)); f.found() {
			return f
		}
		want := statementKind[s.RenameType]
		if want != nil && s.RenameType != pg.ObjectType_OBJECT_INDEX && !slices.Contains(want, r.Kind) {
			return wrongKind(r, string(want[0]))
		}
		return c.taken(catalog.Schema(r.Name) + "." + fresh)
	case pg.ObjectType_OBJECT_COLUMN:
		return c.renameColumn(r, s.Subname, fresh, only)
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		return c.renameConstraint(r, s.Subname, fresh, only)
	case pg.ObjectType_OBJECT_TRIGGER:
		for _, t := range r.Triggers {
			if t.Name == fresh && !r.Doubted {
				return fail("42710", "trigger %s of %s exists already", fresh, r.Name)
			}
		}
		return c.onRelation(s.RenameType, r, s.Subname)
	case pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
		if s.RenameType == pg.ObjectType_OBJECT_POLICY && !isTable(r) {
			return wrongKind(r, "table")
		}
		return c.onRelation(s.RenameType, r, s.Subname)
	}
	return none
}

// renameColumn is RENAME COLUMN. Source: renameatt_internal.
func (c *check) renameColumn(r *catalog.Relation, old, fresh string, only bool) Failure {
	switch {
	case only && len(r.Children) > 0:
		return fail("42P16", "column %s must be renamed in child tables too: leave out ONLY", old)
	case r.Kind == catalog.Index:
		return none
	}
	if !only {
		if f := each(c.cat.Descendants(r.Name), func(child string) Failure {
			kid := c.cat.Relations.Get(child)
			if own := kid.Column(old); own == nil || !there(kid) {
				return none
			} else if own.Inherited > 1 && !c.within(r, kid, old) {
				return fail("42P16", "column %s of %s comes from another parent too", old, child)
			}
			if kid.Column(fresh) != nil || slices.Contains(systemColumns, fresh) {
				return fail("42701", "column %s of %s exists already", fresh, child)
			}
			return none
		}); f.found() && r.Column(old) != nil {
			return f
		}
	}
	col, f := c.column(r, old)
	switch {
	case f.found() || col == nil:
		return f
	case col.Inherited > 0:
		return fail("42P16", "column %s of %s comes from a parent: it is renamed there", old, r.Name)
	case r.Column(fresh) != nil:
		return fail("42701", "column %s of %s exists already", fresh, r.Name)
	case slices.Contains(systemColumns, fresh) && r.Kind != catalog.View:
		return fail("42701", "%s is the name of a system column", fresh)
	}
	return none
}

// within reports whether all parents of a child that have a column are in the tree
// of a table.
func (c *check) within(top, kid *catalog.Relation, column string) bool {
	tree := append(c.cat.Descendants(top.Name), top.Name)
	for _, p := range kid.Parents {
		if !slices.Contains(tree, p) && c.cat.Relations.Get(p).Column(column) != nil {
			return false
		}
	}
	return true
}

func (c *check) renameConstraint(r *catalog.Relation, old, fresh string, only bool) Failure {
	k := r.Constraint(old)
	switch {
	case k == nil && c.complete(r):
		return fail("42704", "constraint %s of %s does not exist", old, r.Name)
	case k == nil || r.Doubted:
		return none
	case k.Inherited && (k.Type == catalog.Check || k.Type == catalog.NotNull):
		return fail("42P16", "constraint %s of %s comes from a parent: it is renamed there", old, r.Name)
	case k.Type == catalog.Check && !k.NoInherit && only && len(r.Children) > 0:
		return fail("42P16", "constraint %s must be renamed in child tables too: leave out ONLY", old)
	case k.Type == catalog.PrimaryKey || k.Type == catalog.Unique || k.Type == catalog.Exclude:
		return c.taken(catalog.Schema(r.Name) + "." + fresh)
	}
	return c.constraintTaken(r, fresh)
}

func setSchema(c *check, n *pg.Node) Failure {
	s := n.GetAlterObjectSchemaStmt()
	into := catalog.Truncate(s.Newschema)
	switch s.ObjectType {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		r, f := c.find(s.Relation)
		if f.found() || r == nil {
			return unless(s.MissingOk, f)
		}
		return c.moved(s, r, into)
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		parts := s.Object.GetList().GetItems()
		if f := c.typeName(&pg.TypeName{Names: parts}); f.found() {
			return f
		}
		old := c.cat.NameOf(parts)
		switch {
		case c.noSchema(into):
			return fail("3F000", "schema %s does not exist", into)
		case c.mayCreate(into).found():
			return c.mayCreate(into)
		case c.ownedType(c.cat.Types.Get(old)).found():
			return c.ownedType(c.cat.Types.Get(old))
		case catalog.Schema(old) == into || c.cat.Types.Get(old) == nil:
			return none
		}
		return c.typeTaken(into + "." + catalog.Base(old))
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
		if f := c.routine(s.Object.GetObjectWithArgs()); f.found() {
			return f
		}
		if c.noSchema(into) {
			return fail("3F000", "schema %s does not exist", into)
		}
		return first(
			func() Failure { return c.mayCreate(into) },
			func() Failure { return c.ownedRoutine(s.Object.GetObjectWithArgs()) },
		)
	}
	return none
}

func (c *check) moved(s *pg.AlterObjectSchemaStmt, r *catalog.Relation, into string) Failure {
	if f := c.owned(r); f.found() {
		return f
	}
	want := statementKind[s.ObjectType]
	fresh := into + "." + catalog.Base(r.Name)
	switch {
	case want != nil && !slices.Contains(want, r.Kind), r.Kind == catalog.Index:
		return fail("42809", "%s is a %s: it cannot be moved like this", r.Name, r.Kind)
	case r.Kind == catalog.Sequence && r.FromTable != "":
		return fail("0A000", "sequence %s belongs to %s and moves with it", r.Name, r.FromTable)
	case c.noSchema(into):
		return fail("3F000", "schema %s does not exist", into)
	case c.mayCreate(into).found():
		return c.mayCreate(into)
	case catalog.Schema(r.Name) == into:
		return none
	}
	return c.taken(fresh)
}
