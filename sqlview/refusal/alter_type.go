package refusal

import (
	"slices"

	"belay/sqlview/cast"
	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// prepType is the first look at a change of type. Source: ATPrepAlterColumnType.
func prepType(c *check, t target) Failure {
	d := t.Def.GetColumnDef()
	col, f := c.column(t.rel, t.Name)
	if f.found() && adds(t) {
		return none
	}
	if !f.found() {
		f = c.names(t.rel, d.GetRawDefault(), "USING")
	}
	switch {
	case f.found():
		return f
	case t.rel.OfType != "":
		return fail("42809", "%s is made of type %s: its columns are altered there", t.rel.Name, t.rel.OfType)
	case col == nil:
		return none
	case col.Generated != "" && d.GetRawDefault() != nil:
		return fail("42611", "column %s is generated: there is no USING", t.Name)
	case col.Inherited > 0:
		return fail("42P16", "column %s of %s comes from a parent: it is altered there", t.Name, t.rel.Name)
	case slices.Contains(t.rel.PartitionColumns, t.Name):
		return fail("42P16", "column %s is part of the partition key of %s", t.Name, t.rel.Name)
	}
	if _, serial := catalog.SerialBase(d.GetTypeName()); serial {
		return fail("42704", "serial is no type, only a way to make a column")
	}
	if f := c.columnType(t.Name, d.GetTypeName()); f.found() {
		return f
	}
	to := c.cat.ColumnType(d.GetTypeName())
	if f := c.converts(t, col, to, d.GetRawDefault()); f.found() {
		return f
	}
	if t.only && t.children() {
		return fail("42P16", "the type must be changed in child tables too: leave out ONLY")
	}
	return each(c.cat.Descendants(t.rel.Name), func(child string) Failure {
		kid := c.cat.Relations.Get(child)
		own := kid.Column(t.Name)
		switch {
		case own == nil || !there(kid):
			return none
		case slices.Contains(kid.PartitionColumns, t.Name):
			return fail("42P16", "column %s is part of the partition key of %s", t.Name, child)
		case !c.within(t.rel, kid, t.Name):
			return fail("42P16", "column %s of %s comes from another parent too", t.Name, child)
		}
		return none
	})
}

// adds reports whether the same statement adds the column: it may be made first.
func adds(t target) bool {
	return slices.ContainsFunc(t.stmt.Cmds, func(n *pg.Node) bool {
		return n.GetAlterTableCmd().GetDef().GetColumnDef().GetColname() == t.Name
	})
}

// converts is the look at the values: by USING, or by themselves.
func (c *check) converts(t target, col *catalog.Column, to string, using *pg.Node) Failure {
	if using != nil {
		f := c.assigns(c.typeOf(t.rel, using), to)
		if f.found() {
			f.Message = "the result of USING: " + f.Message
		}
		return f
	}
	if cast.Assignable(col.Type, to, c.cat) == cast.No {
		return fail("42804", "%s does not become %s by itself: it takes USING", col.Type, to)
	}
	return none
}

func alterType(c *check, t target) Failure {
	d := t.Def.GetColumnDef()
	col := t.rel.Column(t.Name)
	if col == nil || t.rel.Doubted || col.Generated != "" {
		return none
	}
	to := c.cat.ColumnType(d.GetTypeName())
	if col.Identity && !slices.Contains(identityTypes, to) {
		return fail("22023", "an identity column is smallint, integer or bigint, not %s", to)
	}
	if cast.DefaultAssignable(col.Default, to, c.cat) == cast.No {
		return fail("42804", "the default %s does not become %s by itself: DROP DEFAULT first, SET DEFAULT after",
			col.Default, to)
	}
	return c.keysCompare(t, to)
}

// keysCompare is the failure of a foreign key whose two sides do not compare any more.
func (c *check) keysCompare(t target, to string) Failure {
	against := func(key catalog.Constraint, mine, its []string, other *catalog.Relation) Failure {
		i := slices.Index(mine, t.Name)
		if i < 0 || i >= len(its) || !there(other) || other.Name == t.rel.Name {
			return none
		}
		col := other.Column(its[i])
		from, into := to, ""
		if col != nil {
			into = col.Type
		}
		if key.References == t.rel.Name {
			from, into = into, to
		}
		if c.incomparable(from, into) {
			return fail("42804", "foreign key %s cannot be made again: %s and %s do not compare", key.Name, from, into)
		}
		return none
	}
	if f := each(t.rel.Constraints, func(k catalog.Constraint) Failure {
		if k.Type != catalog.ForeignKey {
			return none
		}
		return against(k, k.Columns, k.RefColumns, c.cat.Relations.Get(k.References))
	}); f.found() {
		return f
	}
	return each(c.cat.References(t.rel.Name), func(k catalog.Reference) Failure {
		if k.References != t.rel.Name {
			return none
		}
		return against(k.Constraint, k.RefColumns, k.Columns, c.cat.Relations.Get(k.Child))
	})
}

// alterComposite is ALTER TYPE … ATTRIBUTE.
func (c *check) alterComposite(s *pg.AlterTableStmt) Failure {
	name := c.cat.Name(s.Relation)
	t := c.cat.Types.Get(name)
	if t == nil {
		if c.absent(s.Relation.GetSchemaname(), name) && !c.cat.OtherTypes[name] {
			return fail("42P01", "type %s does not exist", name)
		}
		if r := c.cat.Relations.Get(name); there(r) {
			return fail("42809", "%s is a %s, no composite type", name, r.Kind)
		}
		return none
	}
	if !t.Composite {
		if c.cat.Relations.Get(name) == nil && c.whole() {
			return fail("42P01", "%s is no composite type", name)
		}
		return none
	}
	if f := c.ownedType(t); f.found() {
		return f
	}
	if users := c.cat.Users(name); len(users) > 0 && len(s.Cmds) == 1 &&
		s.Cmds[0].GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AlterColumnType {
		return fail("0A000", "%s uses the type", catalog.Quote(users[0]))
	}
	if len(t.Attributes) == 0 {
		return none
	}
	has := func(a string) bool {
		return slices.ContainsFunc(t.Attributes, func(o catalog.Column) bool { return o.Name == a })
	}
	if len(s.Cmds) > 1 || c.cat.Unsure {
		return none
	}
	cmd := s.Cmds[0].GetAlterTableCmd()
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		if d := cmd.Def.GetColumnDef(); has(d.Colname) {
			return fail("42701", "attribute %s of %s exists already", d.Colname, name)
		}
		return c.columnType(cmd.Def.GetColumnDef().Colname, cmd.Def.GetColumnDef().TypeName)
	case pg.AlterTableType_AT_DropColumn:
		if !has(cmd.Name) && !cmd.MissingOk {
			return fail("42703", "attribute %s of %s does not exist", cmd.Name, name)
		}
	case pg.AlterTableType_AT_AlterColumnType:
		if !has(cmd.Name) {
			return fail("42703", "attribute %s of %s does not exist", cmd.Name, name)
		}
		return c.columnType(cmd.Name, cmd.Def.GetColumnDef().TypeName)
	}
	return none
}
