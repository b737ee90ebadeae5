package catalog

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func drop(e *evolution, n *pg.Node) {
	s := n.GetDropStmt()
	cascade := s.Behavior == pg.DropBehavior_DROP_CASCADE
	for _, o := range s.Objects {
		switch s.RemoveType {
		case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_FOREIGN_TABLE, pg.ObjectType_OBJECT_VIEW,
			pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_INDEX:
			e.dropRelation(e.NameOf(o.GetList().GetItems()), cascade)
		case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
			e.dropType(e.NameOf(o.GetTypeName().GetNames()), cascade)
		case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
			e.dropFunction(e.NameOf(o.GetObjectWithArgs().GetObjname()))
		case pg.ObjectType_OBJECT_SCHEMA:
			e.dropNamespace(o.GetString_().GetSval())
		case pg.ObjectType_OBJECT_PUBLICATION:
			e.Publications = without(e.Publications, func(p Publication) bool { return p.Name == o.GetString_().GetSval() })
		case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
			e.dropOnTable(s.RemoveType, o.GetList().GetItems())
		}
	}
}

// dropFunction takes triggers along, which the server allows only by CASCADE.
func (e *evolution) dropFunction(name string) {
	e.Functions.Delete(name)
	for table, r := range e.Relations.All() {
		if slices.ContainsFunc(r.Triggers, func(t Trigger) bool { return t.Function == name }) {
			t := e.edit(table)
			t.Triggers = without(t.Triggers, func(t Trigger) bool { return t.Function == name })
		}
	}
}

// dropOnTable drops what is named by its table's name and its own.
func (e *evolution) dropOnTable(kind pg.ObjectType, parts []*pg.Node) {
	if len(parts) < 2 {
		return
	}
	r := e.editKnown(e.NameOf(parts[:len(parts)-1]))
	if r == nil {
		return
	}
	name := parts[len(parts)-1].GetString_().GetSval()
	r.Dependents = without(r.Dependents, func(d Dependent) bool {
		return d.Name == name && (d.Kind == PolicyKind || d.Kind == TriggerKind || d.Kind == RuleKind)
	})
	if kind == pg.ObjectType_OBJECT_POLICY {
		r.Policies = max(0, r.Policies-1)
		return
	}
	for _, table := range append([]string{r.Name}, e.Descendants(r.Name)...) {
		t := e.edit(table)
		t.Triggers = without(t.Triggers, func(t Trigger) bool { return t.Name == name })
	}
}

// dropRelation takes a relation away with all that goes with it; cascade takes
// views that read it and foreign keys that point to it.
func (e *evolution) dropRelation(name string, cascade bool) {
	r := e.Relations.Get(name)
	if r == nil {
		return
	}
	if r.Kind == Index {
		if t := e.editKnown(r.FromTable); t != nil {
			e.dropIndex(t, name)
			return
		}
	}
	for _, child := range r.Children {
		if r.Kind == PartitionedTable || r.Kind == Index || cascade {
			e.dropRelation(child, cascade)
		}
	}
	for _, parent := range r.Parents {
		e.disinherit(parent, name)
	}
	e.Relations.Delete(name)
	e.dropBelongings(r, cascade)
}

func (e *evolution) dropBelongings(r *Relation, cascade bool) {
	for _, i := range r.Indexes {
		if entry := e.Relations.Get(i.Name); entry != nil {
			for _, whole := range entry.Parents {
				e.disinherit(whole, i.Name)
			}
		}
		e.Relations.Delete(i.Name)
	}
	for _, s := range e.sequencesOfDropped(r) {
		e.Relations.Delete(s)
	}
	for _, k := range r.Constraints {
		if k.Type == ForeignKey && k.References != r.Name {
			if p := e.editKnown(k.References); p != nil {
				p.ReferencedBy = without(p.ReferencedBy, is(r.Name))
			}
		}
	}
	for _, child := range r.ReferencedBy {
		if c := e.editKnown(child); c != nil {
			c.Constraints = without(c.Constraints, func(k Constraint) bool { return k.Type == ForeignKey && k.References == r.Name })
		}
	}
	for _, d := range r.Dependents {
		if cascade && (d.Kind == View || d.Kind == MaterializedView) {
			e.dropRelation(d.Name, true)
		}
	}
	if r.Kind == View || r.Kind == MaterializedView {
		e.undepend(r.Name)
	}
}

func (e *evolution) sequencesOfDropped(r *Relation) []string {
	e.Relations.Set(r.Name, r)
	owned := e.SequencesOf(r.Name, "")
	e.Relations.Delete(r.Name)
	return owned
}

// undepend takes a view that is gone from the relations it read.
func (e *evolution) undepend(view string) {
	for name, r := range e.Relations.All() {
		if slices.ContainsFunc(r.Dependents, func(d Dependent) bool { return d.Name == view }) {
			t := e.edit(name)
			t.Dependents = without(t.Dependents, func(d Dependent) bool { return d.Name == view })
		}
	}
}

func (e *evolution) dropType(name string, cascade bool) {
	if cascade {
		for _, user := range e.Users(name) {
			if table, column, ok := cutLast(user); ok {
				if r := e.editKnown(table); r != nil {
					e.dropColumn(r, column)
				}
			}
		}
	}
	e.Types.Delete(name)
}

func (e *evolution) dropNamespace(schema string) {
	for name := range e.Relations.All() {
		if Schema(name) == schema {
			e.dropRelation(name, true)
		}
	}
	for name := range e.Types.All() {
		if Schema(name) == schema {
			e.Types.Delete(name)
		}
	}
	for name := range e.Functions.All() {
		if Schema(name) == schema {
			e.Functions.Delete(name)
		}
	}
	e.dropSchema(schema)
}

func cutLast(s string) (before, after string, ok bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '.' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
