package catalog

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func createSchema(e *evolution, n *pg.Node) {
	s := n.GetCreateSchemaStmt()
	if s.Schemaname != "" {
		e.addSchema(Truncate(s.Schemaname))
	}
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
	t := &Type{Name: name, Domain: true, Base: e.columnType(s.TypeName), CreatedHere: e.created}
	e.Types.Set(name, t)
	for _, c := range s.Constraints {
		addDomainConstraint(t, c.GetConstraint())
	}
}

func addDomainConstraint(t *Type, k *pg.Constraint) {
	switch k.GetContype() {
	case pg.ConstrType_CONSTR_NOTNULL:
		t.NotNull = true
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
	e.Types.Set(name, &Type{Name: name, Composite: true, CreatedHere: e.created})
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

func createFunction(e *evolution, n *pg.Node) {
	s := n.GetCreateFunctionStmt()
	name := e.newNameOf(s.Funcname)
	f := &Function{Name: name, Volatility: "volatile"}
	plain := !s.IsProcedure
	for _, o := range s.Options {
		d := o.GetDefElem()
		switch d.GetDefname() {
		case "volatility":
			f.Volatility = d.Arg.GetString_().GetSval()
		case "language":
			f.Language = strings.ToLower(d.Arg.GetString_().GetSval())
		case "as":
			f.Body = strings.Join(Strings(d.Arg.GetList().GetItems()), "\n")
		case "set", "security":
			plain = false
		}
	}
	f.Inlinable = plain && f.Language == "sql" && inlinableBody(f.Body) && !s.ReturnType.GetSetof()
	if old := e.Functions.Get(name); old != nil && !s.Replace {
		f = worse(old, f)
	}
	e.Functions.Set(name, f)
}

// worse folds two overloads into what may be assumed of either.
func worse(a, b *Function) *Function {
	w := *b
	order := []string{"immutable", "stable", "volatile"}
	if slices.Index(order, a.Volatility) > slices.Index(order, b.Volatility) {
		w.Volatility = a.Volatility
	}
	w.Inlinable = a.Inlinable && b.Inlinable
	w.Body = a.Body + "\n" + b.Body
	return &w
}

// inlinableBody reports whether a body is one SELECT of expressions: no FROM,
// no set operation, nothing after it.
func inlinableBody(body string) bool {
	words := tokens(strings.TrimRight(strings.TrimSpace(body), ";"))
	if len(words) < 2 || !strings.EqualFold(words[0], "select") {
		return false
	}
	for _, w := range words {
		switch strings.ToLower(w) {
		case "from", "union", "intersect", "except", "limit", "order", "group", "having", "where", ";", "select":
			if w != words[0] {
				return false
			}
		}
	}
	return true
}
