package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// notPartitioned is the answer of ATTACH and DETACH: since 18 that of a wrong kind.
func (c *check) notPartitioned(r *catalog.Relation) Failure {
	if c.version >= 18 {
		return fail("42809", "%s is not partitioned", r.Name)
	}
	return fail("42P17", "%s is not partitioned", r.Name)
}

// attachPartition is ATTACH PARTITION. Source: ATExecAttachPartition.
func attachPartition(c *check, t target) Failure {
	p := t.Def.GetPartitionCmd()
	if t.rel.Kind == catalog.Index {
		return c.attachIndex(t, p)
	}
	if t.rel.Kind != catalog.PartitionedTable {
		return c.notPartitioned(t.rel)
	}
	if f := c.bound(t.rel, p.Bound); f.found() {
		return f
	}
	part, f := c.find(p.Name)
	if f.found() || part == nil {
		return f
	}
	switch {
	case !isTable(part) && part.Kind != catalog.ForeignTable:
		return wrongKind(part, "table")
	case c.isPartition(part):
		return fail("42809", "%s is a partition already", part.Name)
	case part.OfType != "":
		return fail("42809", "%s is made of type %s: it cannot become a partition", part.Name, part.OfType)
	case len(part.Parents) > 0:
		return fail("42809", "%s inherits from %s: it cannot become a partition", part.Name, part.Parents[0])
	case part.Kind != catalog.PartitionedTable && part.Children != nil && len(part.Children) > 0:
		return fail("42809", "others inherit from %s: it cannot become a partition", part.Name)
	case part.Name == t.rel.Name || slices.Contains(c.cat.Descendants(part.Name), t.rel.Name):
		return fail("42P07", "%s is above %s: a circle", part.Name, t.rel.Name)
	case temporary(part) != temporary(t.rel):
		return fail("42809", "only one of %s and %s is temporary", part.Name, t.rel.Name)
	}
	return first(
		func() Failure { return c.extraColumns(t.rel, part) },
		func() Failure { return c.overlaps(t.rel, p.Bound, part.Name) },
		func() Failure { return c.mergesWith(part, t.rel) },
		func() Failure { return c.attachKeys(t.rel, part) },
	)
}

// attachKeys: an index of the table that the partition lacks is made, and two
// primary keys are one too many.
func (c *check) attachKeys(parent, part *catalog.Relation) Failure {
	if parent.Doubted || part.Doubted || !hasPrimary(parent) || !hasPrimary(part) {
		return none
	}
	for _, i := range parent.Indexes {
		if i.Primary && !slices.ContainsFunc(part.Indexes, func(o catalog.IndexDef) bool {
			return o.Primary && slices.Equal(o.Columns, i.Columns)
		}) {
			return fail("42P16", "%s has another primary key than %s", part.Name, parent.Name)
		}
	}
	return none
}

func (c *check) attachIndex(t target, p *pg.PartitionCmd) Failure {
	part, f := c.find(p.GetName())
	if f.found() || part == nil {
		return f
	}
	if part.Kind != catalog.Index {
		return wrongKind(part, "index")
	}
	return none
}

// extraColumns are columns of a partition that its table does not have.
func (c *check) extraColumns(parent, part *catalog.Relation) Failure {
	if !c.complete(parent) {
		return none
	}
	return each(part.Columns, func(col catalog.Column) Failure {
		if parent.Column(col.Name) == nil && !part.Doubted {
			return fail("42804", "%s has column %s, which %s does not have", part.Name, col.Name, parent.Name)
		}
		return none
	})
}

// mergesWith is the look at a table that becomes the child of another: its columns
// and checks.
func (c *check) mergesWith(child, parent *catalog.Relation) Failure {
	if !listed(child) || !listed(parent) {
		return none
	}
	partitioned := parent.Kind == catalog.PartitionedTable
	if f := each(parent.Columns, func(col catalog.Column) Failure {
		own := child.Column(col.Name)
		switch {
		case own == nil && c.complete(child):
			return fail("42804", "%s has no column %s", child.Name, col.Name)
		case own == nil || own.Type == "" || col.Type == "":
			return none
		case own.Type != col.Type:
			return fail("42804", "column %s of %s is %s, of %s it is %s", col.Name, child.Name, own.Type, parent.Name,
				col.Type)
		case col.NotNull && !own.NotNull && !c.primaryHas(parent, col.Name, partitioned):
			return fail("42804", "column %s of %s must be NOT NULL", col.Name, child.Name)
		case col.Generated != "" && own.Generated == "":
			return fail("42804", "column %s of %s must be generated", col.Name, child.Name)
		case col.Generated == "" && own.Generated != "" && (c.version >= 16 || partitioned):
			return fail("42804", "column %s of %s must not be generated", col.Name, child.Name)
		}
		return none
	}); f.found() {
		return f
	}
	return each(parent.Constraints, func(k catalog.Constraint) Failure {
		if k.Type != catalog.Check || k.NoInherit || !c.complete(child) {
			return none
		}
		own := child.Constraint(k.Name)
		switch {
		case own == nil || own.Type != catalog.Check:
			return fail("42804", "%s lacks the CHECK %s of %s", child.Name, k.Name, parent.Name)
		case own.NoInherit:
			return fail("42P17", "the CHECK %s of %s is NO INHERIT", k.Name, child.Name)
		}
		return none
	})
}

// primaryHas is for 18, where a missing NOT NULL of a key is made.
func (c *check) primaryHas(*catalog.Relation, string, bool) bool { return false }

func detachPartition(c *check, t target) Failure {
	p := t.Def.GetPartitionCmd()
	if t.rel.Kind != catalog.PartitionedTable {
		return c.notPartitioned(t.rel)
	}
	if p.Concurrent && t.rel.DefaultPartition != "" && c.version >= 14 {
		return fail("55000", "%s has a DEFAULT partition: nothing can be detached concurrently", t.rel.Name)
	}
	part, f := c.find(p.Name)
	if f.found() || part == nil {
		return f
	}
	if !slices.Contains(part.Parents, t.rel.Name) && c.complete(t.rel) {
		return fail("42P01", "%s is not a partition of %s", part.Name, t.rel.Name)
	}
	return none
}

func prepInherit(c *check, t target) Failure {
	switch {
	case t.rel.OfType != "":
		return fail("42809", "%s is made of type %s: it cannot inherit", t.rel.Name, t.rel.OfType)
	case c.isPartition(t.rel):
		return fail("42809", "%s is a partition: its inheritance cannot be changed", t.rel.Name)
	case t.rel.Kind == catalog.PartitionedTable:
		return fail("42809", "%s is partitioned: it cannot inherit", t.rel.Name)
	}
	return none
}

func addInherit(c *check, t target) Failure {
	parent, f := c.find(t.Def.GetRangeVar())
	if f.found() || parent == nil {
		return f
	}
	switch {
	case !isTable(parent) && parent.Kind != catalog.ForeignTable:
		return wrongKind(parent, "table")
	case c.owned(parent).found():
		return c.owned(parent)
	case parent.Kind == catalog.PartitionedTable:
		return fail("42809", "%s is partitioned: nothing can inherit from it", parent.Name)
	case c.isPartition(parent):
		return fail("42809", "%s is a partition: nothing can inherit from it", parent.Name)
	case parent.Name == t.rel.Name || slices.Contains(c.cat.Descendants(t.rel.Name), parent.Name):
		return fail("42P07", "%s is below %s: a circle", parent.Name, t.rel.Name)
	case slices.Contains(t.rel.Parents, parent.Name):
		return fail("42P07", "%s inherits from %s already", t.rel.Name, parent.Name)
	}
	return c.mergesWith(t.rel, parent)
}

func dropInherit(c *check, t target) Failure {
	if c.isPartition(t.rel) {
		return fail("42809", "%s is a partition: its inheritance cannot be changed", t.rel.Name)
	}
	parent, f := c.find(t.Def.GetRangeVar())
	if f.found() || parent == nil {
		return f
	}
	if parent.Kind == catalog.Index {
		return wrongKind(parent, "table")
	}
	if !slices.Contains(t.rel.Parents, parent.Name) && c.complete(t.rel) {
		return fail("42P01", "%s is not a parent of %s", parent.Name, t.rel.Name)
	}
	return none
}

func addOf(c *check, t target) Failure {
	names := t.Def.GetTypeName()
	if f := c.typeName(names); f.found() {
		return f
	}
	name := c.cat.NameOf(names.GetNames())
	known := c.cat.Types.Get(name)
	switch {
	case known != nil && !known.Composite:
		return fail("42809", "type %s is not composite", name)
	case len(t.rel.Parents) > 0:
		return fail("42809", "%s inherits: it cannot be made of a type", t.rel.Name)
	case known == nil || len(known.Attributes) == 0 || !listed(t.rel):
		return none
	}
	for i, a := range known.Attributes {
		switch {
		case i >= len(t.rel.Columns):
			return fail("42804", "%s has no column %s", t.rel.Name, a.Name)
		case t.rel.Columns[i].Name != a.Name, t.rel.Columns[i].Type != a.Type && a.Type != "" &&
			t.rel.Columns[i].Type != "":
			return fail("42804", "%s has column %s where type %s has %s", t.rel.Name, t.rel.Columns[i].Name, name,
				a.Name)
		}
	}
	if len(t.rel.Columns) > len(known.Attributes) {
		return fail("42804", "%s has column %s more than the type", t.rel.Name,
			t.rel.Columns[len(known.Attributes)].Name)
	}
	return none
}

func dropOf(_ *check, t target) Failure {
	if t.rel.OfType == "" && listed(t.rel) {
		return fail("42809", "%s is not made of a type", t.rel.Name)
	}
	return none
}
