package catalog

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func rename(e *evolution, n *pg.Node) {
	s := n.GetRenameStmt()
	name, fresh := e.Name(s.Relation), Truncate(s.Newname)
	if s.MissingOk && e.Known() && s.Relation != nil && e.Relations.Get(name) == nil {
		return
	}
	switch s.RenameType {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_INDEX, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		e.moveRelation(name, Schema(name)+"."+fresh)
	case pg.ObjectType_OBJECT_COLUMN:
		e.renameColumn(name, s.Subname, fresh)
	case pg.ObjectType_OBJECT_ATTRIBUTE:
		e.renameAttribute(name, s.Subname, fresh)
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		e.renameConstraint(name, s.Subname, fresh)
	case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
		e.renameOnTable(s.RenameType, name, s.Subname, fresh)
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		old := e.NameOf(s.Object.GetList().GetItems())
		e.moveType(old, Schema(old)+"."+fresh)
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
		old := e.NameOf(s.Object.GetObjectWithArgs().GetObjname())
		e.moveFunction(old, Schema(old)+"."+fresh)
	case pg.ObjectType_OBJECT_STATISTIC_EXT:
		old := e.statisticsName(s.Object.GetList().GetItems())
		e.moveStatistics(old, Schema(old)+"."+fresh)
	case pg.ObjectType_OBJECT_FOREIGN_SERVER:
		e.renameServer(s.Object.GetString_().GetSval(), fresh)
	case pg.ObjectType_OBJECT_FDW:
		e.renameWrapper(s.Object.GetString_().GetSval(), fresh)
	case pg.ObjectType_OBJECT_SCHEMA:
		e.renameNamespace(s.Subname, fresh)
	case pg.ObjectType_OBJECT_PUBLICATION:
		e.Publications = mapped(e.Publications, func(p Publication) Publication {
			p.Name = replaced(s.Object.GetString_().GetSval(), fresh)(p.Name)
			return p
		})
	}
}

// renameOnTable renames a trigger, policy or rule; since 15 the triggers that
// partitions have of a table's follow.
func (e *evolution) renameOnTable(kind pg.ObjectType, table, old, fresh string) {
	r := e.editKnown(table)
	if r == nil {
		return
	}
	swap := replaced(old, fresh)
	r.Dependents = mapped(r.Dependents, func(d Dependent) Dependent {
		if d.Kind == TriggerKind || d.Kind == PolicyKind || d.Kind == RuleKind {
			d.Name = swap(d.Name)
		}
		return d
	})
	switch kind {
	case pg.ObjectType_OBJECT_POLICY:
		r.PolicyNames = mapped(r.PolicyNames, swap)
	case pg.ObjectType_OBJECT_RULE:
		r.Rules = mapped(r.Rules, swap)
	}
	if kind != pg.ObjectType_OBJECT_TRIGGER {
		return
	}
	rename := func(t Trigger) Trigger {
		t.Name = swap(t.Name)
		return t
	}
	r.Triggers = mapped(r.Triggers, rename)
	if r.Kind != PartitionedTable || e.version != 0 && e.version < 15 {
		return
	}
	for _, part := range e.Descendants(table) {
		kid := e.edit(part)
		kid.Triggers = mapped(kid.Triggers, func(t Trigger) Trigger {
			if t.Cloned {
				return rename(t)
			}
			return t
		})
	}
}

// moveEntry gives one relation another name, and no more.
func (e *evolution) moveEntry(old, fresh string) *Relation {
	if e.Relations.Get(old) == nil || old == fresh {
		return e.editKnown(old)
	}
	r := e.edit(old)
	r.Name = fresh
	e.Relations.Delete(old)
	return e.set(fresh, r)
}

// moveRelation renames a relation and every mention of it.
func (e *evolution) moveRelation(old, fresh string) {
	r := e.moveEntry(old, fresh)
	if r == nil || old == fresh {
		return
	}
	swap := replaced(old, fresh)
	e.moveKin(r, old, fresh, swap)
	for _, i := range r.Indexes {
		if entry := e.editKnown(i.Name); entry != nil {
			entry.FromTable = fresh
		}
	}
	for _, child := range r.ReferencedBy {
		if c := e.editKnown(swap(child)); c != nil {
			c.Constraints = mapped(c.Constraints, func(k Constraint) Constraint {
				if k.References == old {
					k.Definition = ""
				}
				k.References = swap(k.References)
				return k
			})
		}
	}
	r.ReferencedBy = mapped(r.ReferencedBy, swap)
	for _, k := range r.Constraints {
		if p := e.Relations.Get(k.References); k.Type == ForeignKey && p != nil &&
			slices.Contains(p.ReferencedBy, old) {
			q := e.edit(k.References)
			q.ReferencedBy = mapped(q.ReferencedBy, swap)
		}
	}
	e.Publications = mapped(e.Publications, func(p Publication) Publication {
		p.Tables, p.Named = mapped(p.Tables, swap), mapped(p.Named, swap)
		return p
	})
}

func (e *evolution) moveKin(r *Relation, old, fresh string, swap func(string) string) {
	for _, parent := range r.Parents {
		if p := e.editKnown(parent); p != nil {
			p.Children, p.DefaultPartition = mapped(p.Children, swap), swap(p.DefaultPartition)
		}
	}
	for _, child := range r.Children {
		if c := e.editKnown(child); c != nil {
			c.Parents = mapped(c.Parents, swap)
		}
	}
	switch r.Kind {
	case Index:
		if t := e.editKnown(r.FromTable); t != nil {
			e.renameIndexIn(t, old, fresh)
		}
	case View, MaterializedView:
		e.renameDependent(old, fresh)
	case Table, PartitionedTable:
		e.renameDependent(old, fresh)
		e.moveSequences(old, fresh)
	case Sequence:
		e.renameSequenceCalls(old, fresh)
	}
}

func (e *evolution) renameIndexIn(t *Relation, old, fresh string) {
	t.Indexes = mapped(t.Indexes, func(i IndexDef) IndexDef {
		if i.Name == old {
			i.Name = fresh
			if i.Constraint != "" {
				i.Constraint = Base(fresh)
			}
		}
		return i
	})
	t.Constraints = mapped(t.Constraints, func(k Constraint) Constraint {
		if k.Type == PrimaryKey || k.Type == Unique || k.Type == Exclude {
			k.Name = replaced(Base(old), Base(fresh))(k.Name)
		}
		return k
	})
}

// renameDependent renames what a relation, function or type lists as needing it.
func (e *evolution) renameDependent(old, fresh string) {
	swap := func(all []Dependent) []Dependent {
		return mapped(all, func(d Dependent) Dependent {
			d.Name, d.On = replaced(old, fresh)(d.Name), replaced(old, fresh)(d.On)
			return d
		})
	}
	names := func(d Dependent) bool { return d.Name == old || d.On == old }
	for name, f := range e.Functions.Unordered() {
		if slices.ContainsFunc(f.Dependents, names) {
			moved := *f
			moved.Dependents = swap(f.Dependents)
			e.Functions.Set(name, &moved)
		}
	}
	for name, t := range e.Types.Unordered() {
		if slices.ContainsFunc(t.Dependents, names) {
			e.editType(name).Dependents = swap(t.Dependents)
		}
	}
	for name, r := range e.Relations.Unordered() {
		if slices.ContainsFunc(r.Dependents, names) {
			e.edit(name).Dependents = swap(r.Dependents)
		}
	}
}

// renameSequenceCalls renames a sequence in the defaults that call it.
func (e *evolution) renameSequenceCalls(old, fresh string) {
	for name, r := range e.Relations.Unordered() {
		for _, c := range r.Columns {
			if strings.Contains(c.Default, "nextval") && e.SequenceCalled(c.Default, name) == old {
				editColumn(e.edit(name), c.Name, func(c *Column) {
					c.Default = "nextval('" + Quote(fresh) + "'::regclass)"
				})
			}
		}
	}
}

func (e *evolution) moveSequences(old, fresh string) {
	for name, r := range e.Relations.Unordered() {
		if r.Kind == Sequence && r.FromTable == old {
			e.edit(name).FromTable = fresh
		}
	}
}

func (e *evolution) renameColumn(table, old, fresh string) {
	swap := replaced(old, fresh)
	for _, name := range append([]string{table}, e.Descendants(table)...) {
		r := e.edit(name)
		r.Columns = mapped(r.Columns, func(c Column) Column {
			c.Name = swap(c.Name)
			return c
		})
		r.Indexes = mapped(r.Indexes, func(i IndexDef) IndexDef {
			if i.Uses(old) {
				i.Definition = ""
			}
			i.Columns, i.Include = mapped(i.Columns, swap), mapped(i.Include, swap)
			i.Predicate, i.Expressions = renameIn(i.Predicate, old, fresh), renameIn(i.Expressions, old, fresh)
			return i
		})
		r.Constraints = mapped(r.Constraints, func(k Constraint) Constraint {
			if k.Names(old) {
				k.Definition = ""
			}
			k.Columns, k.Expression = mapped(k.Columns, swap), renameIn(k.Expression, old, fresh)
			return k
		})
		r.Dependents = mapped(r.Dependents, func(d Dependent) Dependent {
			d.Columns = mapped(d.Columns, swap)
			return d
		})
		for _, child := range r.ReferencedBy {
			e.renameRefColumn(child, name, swap)
		}
	}
}

func (e *evolution) renameRefColumn(child, parent string, swap func(string) string) {
	c := e.editKnown(child)
	if c == nil {
		return
	}
	c.Constraints = mapped(c.Constraints, func(k Constraint) Constraint {
		if k.References == parent {
			k.Definition = ""
			k.RefColumns = mapped(k.RefColumns, swap)
		}
		return k
	})
}

func (e *evolution) renameConstraint(table, old, fresh string) {
	r := e.edit(table)
	k := r.Constraint(old)
	if k != nil && (k.Type == PrimaryKey || k.Type == Unique || k.Type == Exclude) {
		e.moveRelation(Schema(table)+"."+old, Schema(table)+"."+fresh)
		return
	}
	r.Constraints = mapped(r.Constraints, func(k Constraint) Constraint {
		k.Name = replaced(old, fresh)(k.Name)
		return k
	})
}

func (e *evolution) renameNamespace(old, fresh string) {
	into := func(name string) string { return fresh + "." + Base(name) }
	for name := range e.Relations.All() {
		if Schema(name) == old {
			e.moveRelation(name, into(name))
		}
	}
	for name := range e.Types.All() {
		if Schema(name) == old {
			e.moveType(name, into(name))
		}
	}
	for name := range e.Functions.All() {
		if Schema(name) == old {
			e.moveFunction(name, into(name))
		}
	}
	e.dropSchema(old)
	e.addSchema(fresh)
	e.Rights = nil
}

func setSchema(e *evolution, n *pg.Node) {
	s := n.GetAlterObjectSchemaStmt()
	into := Truncate(s.Newschema) + "."
	switch s.ObjectType {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW,
		pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		e.moveWithIndexes(e.Name(s.Relation), into)
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		old := e.NameOf(s.Object.GetList().GetItems())
		e.moveType(old, into+Base(old))
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
		old := e.NameOf(s.Object.GetObjectWithArgs().GetObjname())
		e.moveFunction(old, into+Base(old))
	case pg.ObjectType_OBJECT_STATISTIC_EXT:
		old := e.statisticsName(s.Object.GetList().GetItems())
		e.moveStatistics(old, into+Base(old))
	}
}

// moveWithIndexes moves a table with its indexes and owned sequences.
func (e *evolution) moveWithIndexes(name, into string) {
	r := e.Relations.Get(name)
	if r == nil {
		return
	}
	owned := e.SequencesOf(name, "")
	for _, i := range r.Indexes {
		e.moveRelation(i.Name, into+Base(i.Name))
	}
	e.moveRelation(name, into+Base(name))
	for _, s := range owned {
		e.moveRelation(s, into+Base(s))
	}
}
