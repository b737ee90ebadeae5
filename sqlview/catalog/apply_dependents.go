package catalog

import (
	"slices"
	"strings"
)

func (e *evolution) dropColumn(r *Relation, name string) {
	for _, s := range e.SequencesOf(r.Name, name) {
		e.Relations.Delete(s)
	}
	r.Columns = without(r.Columns, func(c Column) bool { return c.Name == name })
	for _, i := range r.Indexes {
		if i.Uses(name) {
			e.dropIndex(r, i.Name)
		}
	}
	for _, k := range r.Constraints {
		if slices.Contains(k.Columns, name) || Mentions(k.Expression, name) {
			e.dropConstraint(r, k.Name)
		}
	}
	e.dropReferences(r, []string{name})
	for _, d := range r.Dependents {
		if slices.Contains(d.Columns, name) {
			e.dropDependent(r, d)
		}
	}
	for _, child := range r.Children {
		if kid := e.editKnown(child); kid != nil {
			e.dropColumn(kid, name)
		}
	}
}

// dropReferences takes the foreign keys away that point to columns which are no
// key any more. The statement went through, so it was CASCADE or there are none.
func (e *evolution) dropReferences(r *Relation, columns []string) {
	for _, child := range r.ReferencedBy {
		c := e.Relations.Get(child)
		if c == nil {
			continue
		}
		for _, k := range c.Constraints {
			if k.References == r.Name && slices.ContainsFunc(columns, func(n string) bool { return slices.Contains(k.RefColumns, n) }) {
				e.dropConstraint(e.edit(child), k.Name)
			}
		}
	}
	r.ReferencedBy = e.Relations.Get(r.Name).ReferencedBy
}

// dropDependent takes a view, policy or trigger along with a column it uses.
func (e *evolution) dropDependent(r *Relation, d Dependent) {
	r.Dependents = without(r.Dependents, func(o Dependent) bool { return o.Name == d.Name && o.Kind == d.Kind })
	switch d.Kind {
	case View, MaterializedView:
		e.dropRelation(d.Name, true)
	case PolicyKind:
		r.Policies = max(0, r.Policies-1)
	case TriggerKind:
		r.Triggers = without(r.Triggers, func(t Trigger) bool { return t.Name == d.Name })
	}
}

// Uses reports whether an index depends on a column in any way.
func (i IndexDef) Uses(column string) bool {
	return slices.Contains(i.Columns, column) || slices.Contains(i.Include, column) || Mentions(i.Expressions, column) ||
		Mentions(i.Predicate, column) || includes(i.Definition, column)
}

// includes looks into the INCLUDE list of a definition.
func includes(definition, column string) bool {
	_, rest, ok := strings.Cut(definition, " INCLUDE (")
	list, _, _ := strings.Cut(rest, ")")
	return ok && Mentions(list, column)
}

func (e *evolution) dropConstraint(r *Relation, name string) {
	k := r.Constraint(name)
	if k == nil {
		return
	}
	gone := *k
	r.Constraints = without(r.Constraints, func(c Constraint) bool { return c.Name == name })
	switch gone.Type {
	case ForeignKey:
		e.unreferenced(gone.References, r)
	case PrimaryKey, Unique, Exclude:
		e.dropIndex(r, Schema(r.Name)+"."+name)
		e.dropReferences(r, gone.Columns)
	case NotNull:
		setNotNull(r, gone.Columns[0], false)
	}
	for _, child := range r.Children {
		if kid := e.editKnown(child); kid != nil && (gone.Type == Check || gone.Type == ForeignKey) {
			e.dropConstraint(kid, name)
		}
	}
}

// unreferenced forgets that r points to parent once no foreign key does.
func (e *evolution) unreferenced(parent string, r *Relation) {
	still := slices.ContainsFunc(r.Constraints, func(c Constraint) bool {
		return c.Type == ForeignKey && c.References == parent
	})
	if p := e.editKnown(parent); p != nil && !still {
		p.ReferencedBy = without(p.ReferencedBy, is(r.Name))
	}
}

// dropIndex takes an index away, with its parts in the partitions.
func (e *evolution) dropIndex(r *Relation, name string) {
	if i := e.Relations.Get(name); i != nil {
		for _, part := range i.Children {
			e.dropPart(part)
		}
		for _, whole := range i.Parents {
			e.disinherit(whole, name)
		}
	}
	r.Indexes = without(r.Indexes, func(i IndexDef) bool { return i.Name == name })
	if i := e.Relations.Get(name); i != nil && i.Kind == Index {
		e.Relations.Delete(name)
	}
}
