package catalog

import (
	"reflect"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func createSchema(e *evolution, n *pg.Node) {
	s := n.GetCreateSchemaStmt()
	if s.Schemaname != "" {
		e.addSchema(Truncate(s.Schemaname))
		e.ownSchema(Truncate(s.Schemaname))
	}
	for _, inner := range SchemaElements(s) {
		path := e.SearchPath
		e.SearchPath = append([]string{Truncate(s.Schemaname)}, e.Path()...)
		if f := evolutions[reflect.TypeOf(inner.Node)]; f != nil {
			f(e, inner)
		}
		e.SearchPath = path
	}
}

// SchemaElements lists what a CREATE SCHEMA makes, in the order in which the
// server makes it, which is not that of the text.
func SchemaElements(s *pg.CreateSchemaStmt) []*pg.Node {
	order := func(n *pg.Node) int {
		switch {
		case n.GetCreateSeqStmt() != nil:
			return 0
		case n.GetCreateStmt() != nil:
			return 1
		case n.GetViewStmt() != nil:
			return 2
		case n.GetIndexStmt() != nil:
			return 3
		}
		return 4
	}
	return slices.SortedStableFunc(slices.Values(s.GetSchemaElts()), func(a, b *pg.Node) int {
		return order(a) - order(b)
	})
}

// newNameOf is newName for an object that is no relation.
func (e *evolution) newNameOf(parts []*pg.Node) string {
	words := Strings(parts)
	if len(words) == 1 {
		return e.Path()[0] + "." + Truncate(words[0])
	}
	return e.NameOf(parts)
}

func createEnum(e *evolution, n *pg.Node) {
	s := n.GetCreateEnumStmt()
	name := e.newNameOf(s.TypeName)
	e.Types.Set(name, &Type{Name: name, Enum: Strings(s.Vals), CreatedHere: e.created})
}

// editType gives a copy of a type to change.
func (e *evolution) editType(name string) *Type {
	t := &Type{Name: name}
	if old := e.Types.Get(name); old != nil {
		*t = *old
	}
	e.Types.Set(name, t)
	return t
}

func alterEnum(e *evolution, n *pg.Node) {
	s := n.GetAlterEnumStmt()
	t := e.editType(e.NameOf(s.TypeName))
	if s.OldVal != "" {
		t.Enum = mapped(t.Enum, replaced(s.OldVal, s.NewVal))
		return
	}
	if slices.Contains(t.Enum, s.NewVal) {
		return
	}
	at := len(t.Enum)
	if i := slices.Index(t.Enum, s.NewValNeighbor); i >= 0 {
		at = i
		if s.NewValIsAfter {
			at++
		}
	}
	t.Enum = slices.Insert(slices.Clone(t.Enum), at, s.NewVal)
}

func createDomain(e *evolution, n *pg.Node) {
	s := n.GetCreateDomainStmt()
	name := e.newNameOf(s.Domainname)
	t := &Type{Name: name, Domain: true, Base: e.ColumnType(s.TypeName), CreatedHere: e.created}
	if base := e.Type(t.Base); base != nil {
		t.Default = base.Default
	}
	e.Types.Set(name, t)
	for _, c := range s.Constraints {
		addDomainConstraint(t, c.GetConstraint())
	}
}

func addDomainConstraint(t *Type, k *pg.Constraint) {
	switch k.GetContype() {
	case pg.ConstrType_CONSTR_NOTNULL:
		t.NotNull = true
	case pg.ConstrType_CONSTR_DEFAULT:
		t.Default = Expression(k.RawExpr)
	case pg.ConstrType_CONSTR_CHECK:
		name := Truncate(k.Conname)
		if name == "" {
			name = choose(Base(t.Name), "", "check", func(n string) bool {
				return slices.ContainsFunc(t.Constraints, func(c Constraint) bool { return c.Name == n })
			})
		}
		t.Constraints = with(t.Constraints, Constraint{
			Name: name, Type: Check, Expression: Expression(k.RawExpr), Valid: !k.SkipValidation, Enforced: true})
	}
}

// alterDomain reads the subtypes of AlterDomainStmt: T default, N drop not null,
// O set not null, C add constraint, X drop constraint, V validate.
func alterDomain(e *evolution, n *pg.Node) {
	s := n.GetAlterDomainStmt()
	t := e.editType(e.NameOf(s.TypeName))
	t.Domain = true
	switch s.Subtype {
	case "T":
		t.Default = Expression(s.Def)
	case "N":
		t.NotNull = false
	case "O":
		t.NotNull = true
	case "C":
		addDomainConstraint(t, s.Def.GetConstraint())
	case "X":
		t.Constraints = without(t.Constraints, func(c Constraint) bool { return c.Name == s.Name })
	case "V":
		t.Constraints = mapped(t.Constraints, func(c Constraint) Constraint {
			c.Valid = c.Valid || c.Name == s.Name
			return c
		})
	}
}

func createComposite(e *evolution, n *pg.Node) {
	name := e.newName(n.GetCompositeTypeStmt().GetTypevar())
	t := &Type{Name: name, Composite: true, CreatedHere: e.created}
	for _, n := range n.GetCompositeTypeStmt().GetColdeflist() {
		if d := n.GetColumnDef(); d != nil {
			t.Attributes = append(t.Attributes, Column{
				Name: Truncate(d.Colname), Type: e.ColumnType(d.TypeName), Local: true,
			})
		}
	}
	e.Types.Set(name, t)
}

func createSequence(e *evolution, n *pg.Node) {
	s := n.GetCreateSeqStmt()
	name := e.newName(s.Sequence)
	if e.Relations.Get(name) == nil {
		e.ownSequence(e.add(&Relation{Name: name, Kind: Sequence}), s.Options)
	}
}

func alterSequence(e *evolution, n *pg.Node) {
	s := n.GetAlterSeqStmt()
	if r := e.editKnown(e.Name(s.Sequence)); r != nil {
		e.ownSequence(r, s.Options)
	}
}

func (e *evolution) ownSequence(r *Relation, options []*pg.Node) {
	for _, o := range options {
		d := o.GetDefElem()
		if d.GetDefname() != "owned_by" {
			continue
		}
		parts := d.Arg.GetList().GetItems()
		if r.FromTable = ""; len(parts) > 1 {
			r.FromTable = e.NameOf(parts[:len(parts)-1])
		}
	}
}

// functionNeeds notes what a function names in its arguments and results, and in a
// body that was parsed when it was made.
func (e *evolution) functionNeeds(name string, s *pg.CreateFunctionStmt) {
	d := Dependent{Name: name, Kind: FunctionKind}
	types := []*pg.TypeName{s.ReturnType}
	for _, p := range s.Parameters {
		types = append(types, p.GetFunctionParameter().GetArgType())
	}
	for _, t := range types {
		if t == nil {
			continue
		}
		text, _, _ := SplitType(TypeText(t))
		if known := e.Type(text); known != nil {
			e.needType(known.Name, d)
		} else if row := e.resolveText(text); text != "" && !strings.Contains(text, " ") &&
			e.Relations.Get(row) != nil {
			r := e.edit(row)
			r.Dependents = with(r.Dependents, Dependent{Name: name, Kind: FunctionKind, Columns: []string{NoColumn}})
		}
	}
	e.needs(d, s.SqlBody)
}

func (e *evolution) needType(name string, d Dependent) {
	t := e.editType(name)
	if !slices.ContainsFunc(t.Dependents, func(o Dependent) bool {
		return o.Name == d.Name && o.Kind == d.Kind && o.On == d.On
	}) {
		t.Dependents = with(t.Dependents, d)
	}
}

// needs notes on the relations, functions and types that a parsed tree names that
// something needs them.
func (e *evolution) needs(d Dependent, trees ...*pg.Node) {
	for _, tree := range trees {
		words := e.foreignColumns(tree, d.On)
		for _, v := range Tables(tree) {
			r := e.editKnown(e.Name(v))
			if r == nil || r.Name == d.On || r.Name == d.Name {
				continue
			}
			one := d
			one.Columns = r.named(words)
			r.Dependents = with(r.Dependents, one)
		}
		e.needsCalls(d, tree)
	}
}

// ownColumns lists the columns of its own table that a tree names: bare, or behind
// the table's name.
func (e *evolution) ownColumns(own *Relation, trees ...*pg.Node) []string {
	var all []string
	for _, tree := range trees {
		Walk(tree, func(m any) bool {
			c, ok := m.(*pg.ColumnRef)
			if !ok {
				return true
			}
			words := Strings(c.Fields)
			if len(c.Fields) == 1 || len(words) > 0 && words[0] == Base(own.Name) {
				all = append(all, columnRef(c))
			}
			return true
		})
	}
	return all
}

// needsCalls is needs for functions and types alone.
func (e *evolution) needsCalls(d Dependent, tree *pg.Node) {
	Walk(tree, func(m any) bool {
		switch m := m.(type) {
		case *pg.FuncCall:
			name := e.NameOf(m.Funcname)
			f := e.Functions.Get(name)
			if f == nil ||
				slices.ContainsFunc(f.Dependents, func(o Dependent) bool {
					return o.Name == d.Name && o.Kind == d.Kind && o.On == d.On
				}) {
				return true
			}
			needed := *f
			needed.Dependents = with(f.Dependents, d)
			e.Functions.Set(name, &needed)
		case *pg.TypeName:
			if t := e.Type(TypeText(m)); t != nil {
				e.needType(t.Name, d)
			}
		}
		return true
	})
}

// named lists the columns of a relation that are among the words of a tree;
// NoColumn alone = none.
func (r *Relation) named(words []string) []string {
	if slices.Contains(words, "*") {
		return nil
	}
	var all []string
	for _, c := range r.Columns {
		if slices.Contains(words, c.Name) {
			all = append(all, c.Name)
		}
	}
	if all == nil && len(r.Columns) > 0 {
		return []string{NoColumn}
	}
	return all
}
