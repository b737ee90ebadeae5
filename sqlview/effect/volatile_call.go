package effect

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// volatile says why an expression may differ from row to row; "" = it does not.
func (r *routines) volatile(expression *pg.Node) string {
	why := ""
	catalog.Walk(expression, func(m any) bool {
		if why != "" {
			return false
		}
		switch m := m.(type) {
		case *pg.FuncCall:
			why = r.volatileCall(callOf(m))
		case *pg.A_Expr:
			why = r.volatileOperator(catalog.Strings(m.Name))
		case *pg.TypeCast:
			why = r.volatileCast(m.Arg, catalog.TypeText(m.TypeName))
		}
		return why == ""
	})
	return why
}

// invocation is a call under judgement.
type invocation struct {
	name []string
	// arguments counts those given, named those given by name; unsure = a text says only
	// that there are such.
	arguments int
	named     []string
	unsure    bool
	// constant is true where every argument is a constant.
	constant bool
}

func callOf(f *pg.FuncCall) invocation {
	c := invocation{name: catalog.Strings(f.Funcname), arguments: len(f.Args), constant: true}
	for _, a := range f.Args {
		if n := a.GetNamedArgExpr(); n != nil {
			c.named = append(c.named, n.Name)
			a = n.Arg
		}
		for a.GetTypeCast() != nil {
			a = a.GetTypeCast().Arg
		}
		c.constant = c.constant && a.GetAConst() != nil
	}
	return c
}

// volatileCall looks a function up: in the catalog where that knows it, else
// in what PostgreSQL brings along.
func (r *routines) volatileCall(c invocation) string {
	if len(c.name) == 0 {
		return ""
	}
	base := c.name[len(c.name)-1]
	system := len(c.name) > 1 && c.name[0] == "pg_catalog"
	if f := r.function(c.name); f != nil && !system {
		return r.volatileFunction(f, c, 0)
	}
	switch {
	case volatileFunctions[base]:
		return base + "() is volatile: it differs for every row"
	case steadyFunctions[base], system && !strings.HasPrefix(base, "pg_") && !strings.HasPrefix(base, "lo_"):
		return ""
	case system:
		return base + "() may be volatile: judged as such"
	}
	return base + "() is not in the catalog: judged as volatile"
}

// volatileOperator: the operators of the server are not volatile. One of the database
// may call anything.
func (r *routines) volatileOperator(name []string) string {
	if len(name) == 0 || serverOperators[name[len(name)-1]] || len(name) > 1 && name[0] == "pg_catalog" {
		return ""
	}
	return "operator " + strings.Join(name, ".") + " is not in the catalog: judged as volatile"
}

// volatileCast: the casts of the server are not volatile; one of the database calls a
// function of its own. A literal is no value yet: it is read as what it becomes.
func (r *routines) volatileCast(value *pg.Node, to string) string {
	if r.cat == nil || value.GetAConst().GetSval() != nil || value.GetAConst().GetIsnull() {
		return ""
	}
	base, _, _ := catalog.SplitType(to)
	if t := r.cat.Type(base); t != nil {
		base = t.Name
	}
	for _, c := range r.cat.Casts {
		if c.To != base || c.Function == "" {
			continue
		}
		f := r.cat.Functions.Get(c.Function)
		if f == nil || r.volatileFunction(f, invocation{arguments: 1}, 0) != "" {
			return "the cast to " + base + " calls " + c.Function + "(), which is volatile"
		}
	}
	return ""
}

func (r *routines) function(name []string) *catalog.Function {
	if r.cat == nil {
		return nil
	}
	schema := ""
	if len(name) > 1 {
		schema = name[len(name)-2]
	}
	return r.cat.Functions.Get(r.cat.Resolve(schema, name[len(name)-1]))
}

// maxInlined is how deep bodies and defaults are followed.
const maxInlined = 8

// volatileFunction says why a call of a function of the catalog differs from row to row.
// The planner puts the defaults of its arguments in, whatever the function says of
// itself, and the body of a plain SQL function in the place of the call.
func (r *routines) volatileFunction(f *catalog.Function, c invocation, depth int) string {
	if depth > maxInlined {
		return f.Name + "() calls others too deep to follow: judged as volatile"
	}
	for _, text := range defaultsOf(f, c) {
		if why := r.volatileText(text, depth+1); why != "" {
			return "the default of an argument of " + f.Name + "() is volatile: " + why
		}
	}
	steady := f.Volatility == "immutable" || f.Volatility == "stable"
	switch {
	case f.Volatility == "immutable" && c.constant: // called once, when the statement is planned
		return ""
	case !f.Inlinable || r.major() < 12:
		if steady {
			return ""
		}
		return f.Name + "() is volatile: it differs for every row"
	case steady && r.saysVolatile(f.Body):
		return "" // the body stays where it is
	}
	if why := r.volatileText(f.Body, depth+1); why != "" {
		return f.Name + "() calls what is volatile: " + why
	}
	if !steady {
		r.note("%s() is declared volatile, but its body is put in its place and is not (12 and later)", f.Name)
	}
	return ""
}

// saysVolatile reports whether a body calls a function that says of itself that it is
// volatile.
func (r *routines) saysVolatile(body string) bool {
	return slices.ContainsFunc(catalog.Calls(body), func(c catalog.Call) bool {
		name := strings.Split(c.Name, ".")
		if f := r.function(name); f != nil {
			return f.Volatility != "immutable" && f.Volatility != "stable"
		}
		return r.volatileCall(invocation{name: name}) != ""
	})
}

// volatileText is volatile for the text of an expression or of an SQL function's body.
func (r *routines) volatileText(text string, depth int) string {
	for _, c := range catalog.Calls(text) {
		one := invocation{name: strings.Split(c.Name, "."), arguments: c.Arguments, unsure: c.Named}
		if f := r.function(one.name); f != nil {
			if why := r.volatileFunction(f, one, depth); why != "" {
				return why
			}
			continue
		}
		if why := r.volatileCall(one); why != "" {
			return why
		}
	}
	for _, o := range catalog.Operators(text) {
		if why := r.volatileOperator([]string{o}); why != "" {
			return why
		}
	}
	return ""
}

// defaultsOf are the defaults of arguments that a call leaves out.
func defaultsOf(f *catalog.Function, c invocation) []string {
	var all []string
	for _, o := range f.Defaults {
		if len(o.Texts) < c.arguments {
			continue // another overload is meant
		}
		first := c.arguments - len(c.named)
		if c.unsure {
			first = 0
		}
		for i := first; i < len(o.Texts); i++ {
			if o.Texts[i] != "" && (c.unsure || !slices.Contains(c.named, o.Names[i])) {
				all = append(all, o.Texts[i])
			}
		}
	}
	return all
}
