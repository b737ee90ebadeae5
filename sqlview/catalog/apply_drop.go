package catalog

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func drop(e *evolution, n *pg.Node) {
	s := n.GetDropStmt()
	if s.RemoveType == pg.ObjectType_OBJECT_STATISTIC_EXT {
		for _, o := range s.Objects {
			e.moveStatistics(e.statisticsName(o.GetList().GetItems()), "")
		}
		return
	}
	named := e.Dropped(s)
	for _, o := range named {
		switch o.Kind {
		case PublicationKind:
			e.Publications = without(e.Publications, func(p Publication) bool { return p.Name == o.Name })
			e.undependKind(PublicationKind, o.Name, "")
		case SchemaKind:
			defer e.dropSchema(o.Name)
		}
	}
	e.remove(named...)
}

// objectKinds are the objects of DROP that the catalog knows.
var objectKinds = map[pg.ObjectType]Kind{
	pg.ObjectType_OBJECT_TABLE: Table, pg.ObjectType_OBJECT_FOREIGN_TABLE: ForeignTable,
	pg.ObjectType_OBJECT_VIEW:    View,
	pg.ObjectType_OBJECT_MATVIEW: MaterializedView, pg.ObjectType_OBJECT_SEQUENCE: Sequence,
	pg.ObjectType_OBJECT_INDEX: Index,
	pg.ObjectType_OBJECT_TYPE:  TypeKind, pg.ObjectType_OBJECT_DOMAIN: TypeKind,
	pg.ObjectType_OBJECT_SCHEMA:   SchemaKind,
	pg.ObjectType_OBJECT_FUNCTION: FunctionKind, pg.ObjectType_OBJECT_PROCEDURE: FunctionKind,
	pg.ObjectType_OBJECT_ROUTINE: FunctionKind,
	pg.ObjectType_OBJECT_TRIGGER: TriggerKind, pg.ObjectType_OBJECT_POLICY: PolicyKind,
	pg.ObjectType_OBJECT_RULE:           RuleKind,
	pg.ObjectType_OBJECT_PUBLICATION:    PublicationKind,
	pg.ObjectType_OBJECT_FOREIGN_SERVER: ServerKind, pg.ObjectType_OBJECT_FDW: WrapperKind,
	pg.ObjectType_OBJECT_LANGUAGE: LanguageKind, pg.ObjectType_OBJECT_ACCESS_METHOD: MethodKind,
}

// Dropped lists what a DROP names, of the kinds that a catalog knows.
func (s *Snapshot) Dropped(d *pg.DropStmt) []Object {
	var all []Object
	kind, ok := objectKinds[d.GetRemoveType()]
	if !ok {
		return nil
	}
	for _, n := range d.GetObjects() {
		o := Object{Kind: kind}
		parts := n.GetList().GetItems()
		switch kind {
		case TypeKind:
			o.Name = s.NameOf(n.GetTypeName().GetNames())
		case FunctionKind:
			o.Name = s.NameOf(n.GetObjectWithArgs().GetObjname())
			if s.otherOverload(o.Name, n.GetObjectWithArgs()) {
				continue
			}
		case SchemaKind, PublicationKind, ServerKind, WrapperKind, LanguageKind, MethodKind:
			o.Name = n.GetString_().GetSval()
		case TriggerKind, PolicyKind, RuleKind:
			if len(parts) < 2 {
				continue
			}
			o.Name, o.On = parts[len(parts)-1].GetString_().GetSval(), s.NameOf(parts[:len(parts)-1])
		default:
			o.Name = s.NameOf(parts)
			if r := s.Seen(o.Name); r != nil {
				o.Kind = r.Kind
			}
		}
		all = append(all, o)
	}
	return all
}

// remove takes objects away with all that goes with them. The statement went
// through, so what goes only by CASCADE was named with CASCADE.
func (e *evolution) remove(objects ...Object) {
	for _, g := range e.Closure(objects...) {
		e.removeOne(g.Object)
	}
}

func (e *evolution) removeOne(o Object) {
	switch o.Kind {
	case FunctionKind:
		e.Functions.Delete(o.Name)
		e.undependKind(FunctionKind, o.Name, "")
	case TypeKind:
		e.Types.Delete(o.Name)
	case ServerKind:
		e.setServer(o.Name, "")
	case SchemaKind, PublicationKind, WrapperKind, LanguageKind, MethodKind:
	case ColumnKind, ConstraintKind, DefaultKind, TriggerKind, PolicyKind, RuleKind:
		if t := e.Types.Get(o.On); t != nil && o.Kind == ConstraintKind {
			t = e.editType(o.On)
			t.Constraints = without(t.Constraints, func(k Constraint) bool { return k.Name == o.Name })
		}
		if r := e.editKnown(o.On); r != nil {
			e.removePart(r, o)
		}
	default:
		e.removeRelation(o.Name)
	}
}

// removePart takes away what belongs to a relation.
func (e *evolution) removePart(r *Relation, o Object) {
	switch o.Kind {
	case ColumnKind:
		r.Listed = r.Listed && len(r.Statistics) == 0 // those over the column go too
		r.Columns = without(r.Columns, func(c Column) bool { return c.Name == o.Name })
	case DefaultKind:
		editColumn(r, o.Name, func(c *Column) { c.Default = "" })
	case ConstraintKind:
		k := r.Constraint(o.Name)
		if k == nil {
			return
		}
		gone := *k
		r.Constraints = without(r.Constraints, func(c Constraint) bool { return c.Name == o.Name })
		if gone.Type == ForeignKey {
			e.unreferenced(gone.References, r)
		}
		if gone.Type == NotNull {
			setNotNull(r, gone.Columns[0], false)
		}
	default:
		e.removeNamed(r, o)
	}
}

func (e *evolution) removeNamed(r *Relation, o Object) {
	switch o.Kind {
	case TriggerKind:
		r.Triggers = without(r.Triggers, func(t Trigger) bool { return t.Name == o.Name })
	case PolicyKind:
		r.Policies = max(0, r.Policies-1)
		r.PolicyNames = without(r.PolicyNames, is(o.Name))
		e.undependOn(o)
	case RuleKind:
		r.Rules = without(r.Rules, is(o.Name))
		e.undependOn(o)
	}
	r.Dependents = without(r.Dependents, func(d Dependent) bool {
		return d.Name == o.Name && d.Kind == o.Kind && d.On == ""
	})
}

// undependOn takes a policy that is gone from the relations and functions of
// others that it named.
func (e *evolution) undependOn(o Object) {
	is := func(d Dependent) bool { return d.Kind == o.Kind && d.Name == o.Name && d.On == o.On }
	for name, r := range e.Relations.All() {
		if slices.ContainsFunc(r.Dependents, is) {
			e.edit(name).Dependents = without(r.Dependents, is)
		}
	}
	e.editFunctions(is)
}

// editFunctions takes dependents from functions and types.
func (e *evolution) editFunctions(is func(Dependent) bool) {
	for name, f := range e.Functions.All() {
		if slices.ContainsFunc(f.Dependents, is) {
			fewer := *f
			fewer.Dependents = without(f.Dependents, is)
			e.Functions.Set(name, &fewer)
		}
	}
	for name, t := range e.Types.All() {
		if slices.ContainsFunc(t.Dependents, is) {
			e.editType(name).Dependents = without(t.Dependents, is)
		}
	}
}

// removeRelation takes away an entry and every mention of it.
func (e *evolution) removeRelation(name string) {
	r := e.Relations.Get(name)
	if r == nil {
		return
	}
	for _, parent := range r.Parents {
		e.disinherit(parent, name)
	}
	for _, child := range r.Children {
		e.disinherit(name, child)
	}
	if t := e.editKnown(r.FromTable); t != nil && r.Kind == Index {
		t.Indexes = without(t.Indexes, func(i IndexDef) bool { return i.Name == name })
	}
	for _, k := range r.Constraints {
		if p := e.editKnown(k.References); p != nil && k.Type == ForeignKey {
			p.ReferencedBy = without(p.ReferencedBy, is(name))
		}
	}
	e.Relations.Delete(name)
	e.Publications = mapped(e.Publications, func(p Publication) Publication {
		p.Tables, p.Named = without(p.Tables, is(name)), without(p.Named, is(name))
		return p
	})
	if r.Kind != Index && r.Kind != Sequence {
		e.undepend(name)
	}
}

// undependKind takes a function or a publication from the relations that it named;
// table "" = all of them.
func (e *evolution) undependKind(kind Kind, by, table string) {
	is := func(d Dependent) bool { return d.Kind == kind && d.Name == by }
	for name, r := range e.Relations.All() {
		if (table == "" || table == name) && slices.ContainsFunc(r.Dependents, is) {
			e.edit(name).Dependents = without(r.Dependents, is)
		}
	}
	if table == "" {
		e.editFunctions(is)
	}
}

// undepend takes a relation that is gone, with its policies, from what it named.
func (e *evolution) undepend(gone string) {
	is := func(d Dependent) bool { return d.Name == gone || d.On == gone }
	for name, r := range e.Relations.All() {
		if slices.ContainsFunc(r.Dependents, is) {
			e.edit(name).Dependents = without(r.Dependents, is)
		}
	}
	e.editFunctions(is)
}

func cutLast(s string) (before, after string, ok bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '.' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// statisticsName finds extended statistics by name parts.
func (e *evolution) statisticsName(parts []*pg.Node) string {
	words := Strings(parts)
	if len(words) != 1 {
		return strings.Join(words, ".")
	}
	for _, schema := range e.Path() {
		for _, r := range e.Relations.All() {
			if slices.Contains(r.Statistics, schema+"."+words[0]) {
				return schema + "." + words[0]
			}
		}
	}
	return words[0]
}

// moveStatistics gives extended statistics another name; "" takes them away.
func (e *evolution) moveStatistics(old, fresh string) {
	for name, r := range e.Relations.All() {
		if !slices.Contains(r.Statistics, old) {
			continue
		}
		if r = e.edit(name); fresh == "" {
			r.Statistics = without(r.Statistics, is(old))
		} else {
			r.Statistics = mapped(r.Statistics, replaced(old, fresh))
		}
	}
}

// otherOverload reports whether a statement names a function of other arguments than
// those that are known.
func (s *Snapshot) otherOverload(name string, o *pg.ObjectWithArgs) bool {
	if s == nil || o.GetArgsUnspecified() {
		return false
	}
	f := s.Functions.Get(name)
	if f == nil || len(f.Arguments) == 0 || slices.Contains(f.Arguments, "?") {
		return false
	}
	return !slices.ContainsFunc(f.Arguments, func(text string) bool {
		have := strings.Split(text, ", ")
		if text == "" {
			have = nil
		}
		return len(have) == len(o.Objargs) && !slices.ContainsFunc(o.Objargs, func(a *pg.Node) bool {
			t := s.ColumnType(a.GetTypeName())
			i := slices.Index(o.Objargs, a)
			return a.GetTypeName() == nil || Base(baseOnly(t)) != Base(baseOnly(have[i]))
		})
	})
}

// baseOnly is a type without its modifiers.
func baseOnly(text string) string {
	base, _, _ := SplitType(text)
	return strings.ReplaceAll(base, `"`, "")
}
