package catalog

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// partsOf are the partitions of a table, all the way down.
func (e *evolution) partsOf(r *Relation) []string {
	if r.Kind != PartitionedTable || e.only {
		return nil
	}
	return e.Descendants(r.Name)
}

func alterAttach(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	p := c.Def.GetPartitionCmd()
	part := e.Name(p.GetName())
	if p.GetBound() == nil { // of an index, known or not: a part of a table has its bounds
		e.attachIndex(r.Name, part)
		return
	}
	r.Kind = PartitionedTable
	kid := e.edit(part)
	e.link(kid, r)
	e.setBound(kid, p.Bound)
	e.attachConstraints(kid, r)
	if kid.Kind == PartitionedTable {
		e.passDown(kid)
	}
}

// passDown gives the partitions of a partition the foreign keys that it got.
func (e *evolution) passDown(r *Relation) {
	for _, name := range r.Children {
		part := e.editKnown(name)
		if part == nil {
			continue
		}
		for _, k := range r.Constraints {
			has := slices.ContainsFunc(part.Constraints, func(o Constraint) bool { return o.SameKey(k) })
			if k.Type == ForeignKey && k.Inherited && !has {
				e.inheritConstraints(part, &Relation{Constraints: []Constraint{k}})
			}
		}
		if part.Kind == PartitionedTable {
			e.passDown(part)
		}
	}
}

// attachConstraints adds the parent's keys and foreign keys that the partition
// does not have yet.
func (e *evolution) attachConstraints(kid, parent *Relation) {
	bare := *parent
	bare.Indexes = without(parent.Indexes, func(i IndexDef) bool {
		own := indexLike(kid, i)
		if own != "" {
			e.attachIndex(i.Name, own)
		}
		return own != ""
	})
	bare.Constraints = without(parent.Constraints, func(k Constraint) bool {
		same := slices.IndexFunc(kid.Constraints, func(o Constraint) bool { return o.sameAs(k) })
		if same >= 0 {
			kid.Constraints = slices.Clone(kid.Constraints)
			kid.Constraints[same].Inherited, kid.Constraints[same].Local = true, false
		}
		return same >= 0
	})
	e.inheritConstraints(kid, &bare)
}

// sameAs reports whether a constraint of a partition stands for one of its
// parent's: a foreign key by what it says, all others by name.
func (k Constraint) sameAs(parent Constraint) bool {
	if parent.Type == ForeignKey {
		return k.Valid && !k.Inherited && k.SameKey(parent)
	}
	return k.Type == parent.Type && k.Name == parent.Name
}

// indexLike names the index of a table that can be a part of i; "" = none.
func indexLike(r *Relation, i IndexDef) string {
	for _, o := range r.Indexes {
		if o.PartOf(i) {
			return o.Name
		}
	}
	return ""
}

// PartOf reports whether an index of a partition can be a part of an index of the
// table, as far as that can be told from its text.
func (i IndexDef) PartOf(whole IndexDef) bool {
	return i.Unique == whole.Unique && slices.Equal(i.Columns, whole.Columns) &&
		slices.Equal(i.Include, whole.Include) &&
		folded(i.Predicate) == folded(whole.Predicate) && folded(i.Expressions) == folded(whole.Expressions) &&
		i.Method == whole.Method && i.Valid &&
		(whole.Constraint == "" || i.Constraint != "" && i.Primary == whole.Primary)
}

// dropSelfReferences takes the keys to the tables above from a partition that leaves
// them, and from its own partitions.
func (e *evolution) dropSelfReferences(part string) {
	above := e.Partitioned(part)
	for _, name := range append([]string{part}, e.Descendants(part)...) {
		kid := e.edit(name)
		for _, k := range kid.Constraints {
			if k.Type == ForeignKey && k.Inherited && slices.Contains(above, k.References) {
				e.removePart(kid, Object{ConstraintKind, k.Name, name})
			}
		}
	}
}

func alterDetach(e *evolution, r *Relation, c *pg.AlterTableCmd) {
	part := e.Name(c.Def.GetPartitionCmd().GetName())
	kid := e.editKnown(part)
	if kid == nil {
		e.disinherit(r.Name, part)
		return
	}
	if e.version == 13 || e.version == 14 {
		e.dropSelfReferences(part)
	}
	e.disinherit(r.Name, part)
	kid.PartitionBound = ""
	for _, k := range e.References(part) {
		if k.References == part && k.Inherited { // it is taken for a copy of a key to the table
			e.removePart(e.edit(k.Child), Object{ConstraintKind, k.Name, k.Child})
		}
	}
	kid.Triggers = without(kid.Triggers, func(t Trigger) bool { return t.Cloned })
	for _, i := range kid.Indexes {
		if entry := e.Relations.Get(i.Name); entry != nil {
			for _, whole := range entry.Parents {
				e.disinherit(whole, i.Name)
			}
		}
	}
}

// disown makes a child's own what it had of a parent.
func (e *evolution) disown(child, parent *Relation) {
	child.Columns = mapped(child.Columns, func(c Column) Column {
		if parent.Column(c.Name) != nil {
			c.Inherited = max(0, c.Inherited-1)
			c.Local = c.Local || c.Inherited == 0
		}
		return c
	})
	child.Constraints = mapped(child.Constraints, func(k Constraint) Constraint {
		k.Local, k.Inherited = k.Local || k.Inherited, false
		return k
	})
}

// disinherit takes the link between a parent and a child away.
func (e *evolution) disinherit(parent, child string) {
	if p := e.editKnown(parent); p != nil {
		p.Children = without(p.Children, is(child))
		if p.DefaultPartition == child {
			p.DefaultPartition = ""
		}
	}
	if c := e.editKnown(child); c != nil {
		c.Parents = without(c.Parents, is(parent))
		e.disown(c, e.Relations.Get(parent))
	}
}
