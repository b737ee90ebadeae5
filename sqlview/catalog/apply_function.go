package catalog

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

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
		case "set", "security", "strict":
			plain = plain && d.GetDefname() == "strict" && !d.Arg.GetBoolean().GetBoolval()
		}
	}
	f.Arguments, f.Defaults = []string{e.arguments(s.Parameters)}, argumentDefaults(s.Parameters)
	f.Inputs = inputs(s)
	f.Inlinable = plain && f.Language == "sql" && inlinableBody(f.Body) && !s.ReturnType.GetSetof()
	old := e.Functions.Get(name)
	f.CreatedHere = e.created && (old == nil || old.CreatedHere)
	if old != nil && !s.Replace {
		all := f.Arguments
		if f = worse(old, f); !slices.Contains(old.Arguments, all[0]) {
			all = with(old.Arguments, all...)
		}
		f.Arguments = all
	}
	if old != nil {
		f.Dependents = old.Dependents
	}
	e.Functions.Set(name, f)
	e.functionNeeds(name, s)
}

// createCast notes a cast that the database makes itself.
func createCast(e *evolution, n *pg.Node) {
	s := n.GetCreateCastStmt()
	c := Cast{From: e.ColumnType(s.Sourcetype), To: e.ColumnType(s.Targettype),
		Explicit: s.Context == pg.CoercionContext_COERCION_EXPLICIT}
	if s.Func != nil {
		c.Function = e.NameOf(s.Func.Objname)
	}
	e.Casts = with(e.Casts, c)
}

// argumentDefaults reads the defaults of a function's arguments; nil = there are none.
func argumentDefaults(parameters []*pg.Node) []ArgumentDefaults {
	var d ArgumentDefaults
	some := false
	for _, n := range parameters {
		p := n.GetFunctionParameter()
		switch p.GetMode() {
		case pg.FunctionParameterMode_FUNC_PARAM_OUT, pg.FunctionParameterMode_FUNC_PARAM_TABLE:
			continue
		}
		d.Names, d.Texts = append(d.Names, p.GetName()), append(d.Texts, Expression(p.GetDefexpr()))
		some = some || p.GetDefexpr() != nil
	}
	if !some {
		return nil
	}
	return []ArgumentDefaults{d}
}

// inputs are the names of what a function takes; nil = it names none.
func inputs(s *pg.CreateFunctionStmt) [][]string {
	var names []string
	some := false
	for _, n := range s.Parameters {
		p := n.GetFunctionParameter()
		switch p.GetMode() {
		case pg.FunctionParameterMode_FUNC_PARAM_OUT, pg.FunctionParameterMode_FUNC_PARAM_TABLE:
			if !s.IsProcedure { // a CALL names what it gives back too
				some = some || p.GetName() != ""
				continue
			}
		}
		names = append(names, p.GetName())
		some = some || p.GetName() != ""
	}
	if !some || len(names) == 0 {
		return nil
	}
	return [][]string{names}
}

// arguments writes the types that a function takes.
func (e *evolution) arguments(parameters []*pg.Node) string {
	var all []string
	for _, n := range parameters {
		p := n.GetFunctionParameter()
		switch {
		case p.GetDefexpr() != nil || p.GetMode() == pg.FunctionParameterMode_FUNC_PARAM_VARIADIC:
			return "?"
		case p.GetMode() == pg.FunctionParameterMode_FUNC_PARAM_OUT,
			p.GetMode() == pg.FunctionParameterMode_FUNC_PARAM_TABLE:
		default:
			all = append(all, e.ColumnType(p.GetArgType()))
		}
	}
	return strings.Join(all, ", ")
}

// worse folds two overloads into what may be assumed of either.
func worse(a, b *Function) *Function {
	w := *b
	order := []string{"immutable", "stable", "volatile"}
	if slices.Index(order, a.Volatility) > slices.Index(order, b.Volatility) {
		w.Volatility = a.Volatility
	}
	w.Inlinable = a.Inlinable && b.Inlinable
	w.Defaults = slices.Concat(a.Defaults, b.Defaults)
	w.Inputs = slices.Concat(a.Inputs, b.Inputs)
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
