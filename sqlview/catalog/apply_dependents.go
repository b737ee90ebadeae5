package catalog

import (
	"slices"
	"strings"
)

// dropColumn drops a column of a table; children lose it where it came from
// there alone. With ONLY they keep it as their own.
func (e *evolution) dropColumn(r *Relation, name string) {
	e.remove(Object{ColumnKind, name, r.Name})
	for _, child := range r.Children {
		kid := e.editKnown(child)
		c := kid.Column(name)
		if c == nil {
			continue
		}
		if !e.only && c.Inherited <= 1 && !c.Local {
			e.dropColumn(kid, name)
			continue
		}
		editColumn(kid, name, func(c *Column) {
			c.Inherited = max(0, c.Inherited-1)
			c.Local = c.Local || e.only
		})
	}
}

// Uses reports whether an index depends on a column in any way.
func (i IndexDef) Uses(column string) bool {
	return slices.Contains(i.Columns, column) || slices.Contains(i.Include, column) ||
		Mentions(i.Expressions, column) ||
		Mentions(i.Predicate, column) || includes(i.Definition, column)
}

// Names reports whether a constraint depends on a column of its own table.
func (k Constraint) Names(column string) bool {
	return slices.Contains(k.Columns, column) || Mentions(k.Expression, column)
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
	e.remove(Object{ConstraintKind, name, r.Name})
	if gone.Type != Check || gone.NoInherit {
		return
	}
	for _, child := range r.Children {
		kid := e.editKnown(child)
		switch own := kid.Constraint(name); {
		case own == nil || own.Type != Check:
		case e.only || own.Local:
			kid.Constraints = mapped(kid.Constraints, func(c Constraint) Constraint {
				if c.Name == name {
					c.Local, c.Inherited = true, false
				}
				return c
			})
		default:
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
