package catalog

import (
	"slices"
	"strings"
)

func (e *evolution) moveType(old, fresh string) {
	t := e.Types.Get(old)
	if t == nil {
		return
	}
	for _, user := range e.Users(old) {
		table, column, _ := cutLast(user)
		if r := e.editKnown(table); r != nil {
			editColumn(r, column, func(c *Column) {
				base, _, array := SplitType(c.Type)
				if c.Type = fresh; array {
					c.Type += "[]"
				}
				_ = base
			})
		}
	}
	for name, r := range e.Relations.All() {
		if r.OfType == old {
			e.edit(name).OfType = fresh
		}
	}
	for name, d := range e.Types.All() {
		if b := e.Type(d.Base); d.Domain && b != nil && b.Name == old {
			e.editType(name).Base = fresh
		}
	}
	moved := *t
	moved.Name = fresh
	e.Types.Delete(old)
	e.Types.Set(fresh, &moved)
}

// moveFunction renames a function and every mention of it.
func (e *evolution) moveFunction(old, fresh string) {
	f := e.Functions.Get(old)
	if f == nil {
		return
	}
	named := Object{FunctionKind, old, ""}
	for _, g := range e.Closure(named) {
		if g.By != named {
			continue
		}
		table := g.On
		if g.Kind == Index {
			table = e.Relations.Get(g.Name).FromTable
		}
		if r := e.editKnown(table); r != nil {
			e.renameCalls(r, old, fresh)
		}
	}
	moved := *f
	moved.Name = fresh
	e.Functions.Delete(old)
	e.Functions.Set(fresh, &moved)
	e.renameDependent(old, fresh)
}

// renameAttribute gives an attribute of a composite type another name, and the columns
// of the tables that are made of it.
func (e *evolution) renameAttribute(name, old, fresh string) {
	if e.Types.Get(name) == nil {
		return
	}
	t := e.editType(name)
	t.Attributes = mapped(t.Attributes, func(c Column) Column {
		c.Name = replaced(old, fresh)(c.Name)
		return c
	})
	for table, r := range e.Relations.All() {
		if r.OfType == name {
			e.renameColumn(table, old, fresh)
		}
	}
}

func (e *evolution) renameCalls(r *Relation, old, fresh string) {
	swap := func(text string) string {
		if !slices.ContainsFunc(Calls(text), func(c Call) bool { return Base(c.Name) == Base(old) }) {
			return text
		}
		words := tokens(text)
		for i, w := range words {
			if w != Base(old) || i+1 >= len(words) || words[i+1] != "(" {
				continue
			}
			words[i] = Base(fresh)
			if i > 1 && words[i-1] == "." {
				words[i-2] = Schema(fresh)
			}
		}
		return strings.Join(words, " ")
	}
	r.Triggers = mapped(r.Triggers, func(t Trigger) Trigger {
		t.Function = replaced(old, fresh)(t.Function)
		return t
	})
	r.Columns = mapped(r.Columns, func(c Column) Column {
		c.Default = swap(c.Default)
		return c
	})
	r.Constraints = mapped(r.Constraints, func(k Constraint) Constraint {
		k.Expression = swap(k.Expression)
		return k
	})
	r.Indexes = mapped(r.Indexes, func(i IndexDef) IndexDef {
		i.Expressions, i.Predicate = swap(i.Expressions), swap(i.Predicate)
		return i
	})
}
