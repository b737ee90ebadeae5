package refusal

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// own is a function of the database of which every overload is known; nil = not
// known, or one of the server's or of an extension may be meant.
func (c *check) own(words []string) *catalog.Function {
	if len(words) == 0 || len(words) > 2 || !c.whole() || c.cat.Source != catalog.SourceLive ||
		c.cat.Callable == nil {
		return nil
	}
	base := words[len(words)-1]
	if !c.asked(base) {
		return nil
	}
	if len(words) == 1 && c.cat.Callable["pg_catalog."+base] > 0 {
		return nil
	}
	schemas := c.cat.Path()
	if len(words) == 2 {
		schemas = words[:1]
	}
	var found *catalog.Function
	for _, s := range schemas {
		name := s + "." + base
		f := c.cat.Functions.Get(name)
		switch {
		case f == nil && c.cat.Callable[name] == 0:
			continue
		case f == nil || found != nil || slices.Contains(f.Arguments, "?"),
			!f.CreatedHere && c.cat.Callable[name] != len(f.Arguments):
			return nil
		}
		found = f
	}
	return found
}

// call is the failure of a call whose arguments no overload takes.
func (c *check) call(r *catalog.Relation, m *pg.FuncCall) Failure {
	f := c.own(catalog.Strings(m.Funcname))
	if f == nil || m.FuncVariadic || slices.ContainsFunc(m.Args,
		func(a *pg.Node) bool { return a.GetNamedArgExpr() != nil }) {
		return none
	}
	types := make([]string, 0, len(m.Args))
	for _, a := range m.Args {
		types = append(types, c.typeOf(r, a))
	}
	for _, text := range f.Arguments {
		if c.takes(arguments(text), types) {
			return none
		}
	}
	return fail("42883", "no function %s takes these arguments", f.Name)
}

func arguments(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ", ")
}

// takes reports whether a call may mean an overload.
func (c *check) takes(wanted, given []string) bool {
	if len(wanted) != len(given) {
		return false
	}
	for i := range wanted {
		from, to := c.plainType(given[i]), typeBase(wanted[i])
		if c.rowAgainst(from, to) {
			return false
		}
		if given[i] == literal || from == "" || from == to || !scalar[from] || !scalar[to] {
			continue
		}
		if !implicit(from, to) {
			return false
		}
	}
	return true
}

// rowAgainst reports a composite type on one side and another type, of the server's or
// composite, on the other, without a cast of the database from it.
func (c *check) rowAgainst(from, to string) bool {
	row := func(name string) *catalog.Type {
		if t := c.cat.Type(name); name != "" && t != nil && t.Composite {
			return t
		}
		return nil
	}
	a, b := row(from), row(to)
	switch {
	case a != nil && b != nil:
		return a.Name != b.Name && !c.castFrom(a.Name)
	case a != nil:
		return scalar[to] && !c.castFrom(a.Name)
	case b != nil:
		return scalar[from] && !c.castFrom(from)
	}
	return false
}

func (c *check) castFrom(name string) bool {
	return slices.ContainsFunc(c.cat.Casts, func(k catalog.Cast) bool { return k.From == name && !k.Explicit })
}

// implicit reports whether the server makes one type of the other in a call.
func implicit(from, to string) bool {
	for _, order := range [][]string{numbers,
		{"date", "timestamp without time zone", "timestamp with time zone"}, {"character varying", "text"}} {
		f, t := slices.Index(order, from), slices.Index(order, to)
		if f >= 0 && t >= 0 {
			return f <= t || from == "text"
		}
	}
	return false
}

// routine is a function that DROP, ALTER and the like name.
func (c *check) routine(o *pg.ObjectWithArgs) Failure {
	words := catalog.Strings(o.GetObjname())
	if f := c.function(&pg.FuncCall{Funcname: o.GetObjname()}); f.found() {
		return f
	}
	f := c.own(words)
	switch {
	case f == nil:
		return none
	case o.ArgsUnspecified && len(f.Arguments) > 1:
		return fail("42725", "there is more than one function %s: its arguments tell which", f.Name)
	case o.ArgsUnspecified:
		return none
	}
	var all []string
	for _, a := range o.Objargs {
		if a.GetTypeName() == nil {
			return none
		}
		if f := c.typeName(a.GetTypeName()); f.found() {
			return f
		}
		all = append(all, c.cat.ColumnType(a.GetTypeName()))
	}
	wanted := c.signature(strings.Join(all, ", "))
	if !slices.ContainsFunc(f.Arguments, func(have string) bool { return c.signature(have) == wanted }) {
		return fail("42883", "function %s(%s) does not exist", f.Name, strings.Join(all, ", "))
	}
	return none
}

// ownRoutine is a function that a statement changes.
func (c *check) ownRoutine(o *pg.ObjectWithArgs) Failure {
	if f := c.routine(o); f.found() {
		return f
	}
	return c.ownedRoutine(o)
}

// signature writes types without modifiers and schemas, as far as they may differ
// in spelling.
func (c *check) signature(text string) string {
	all := arguments(text)
	for i, t := range all {
		t = typeBase(t)
		if known := c.cat.Type(t); known != nil {
			t = known.Name
			if strings.HasSuffix(all[i], "[]") {
				t += "[]"
			}
		}
		all[i] = strings.TrimPrefix(t, "public.")
	}
	return strings.Join(all, ", ")
}

// functionTaken is the failure of a new function that is there already.
func (c *check) functionTaken(s *pg.CreateFunctionStmt, name string) Failure {
	f := c.cat.Functions.Get(name)
	if f == nil || s.Replace || c.cat.Unsure {
		return none
	}
	var all []string
	for _, n := range s.Parameters {
		p := n.GetFunctionParameter()
		if p.GetDefexpr() != nil || p.GetMode() == pg.FunctionParameterMode_FUNC_PARAM_VARIADIC {
			return none
		}
		if p.GetMode() != pg.FunctionParameterMode_FUNC_PARAM_OUT &&
			p.GetMode() != pg.FunctionParameterMode_FUNC_PARAM_TABLE {
			all = append(all, c.cat.ColumnType(p.GetArgType()))
		}
	}
	wanted := c.signature(strings.Join(all, ", "))
	for _, have := range f.Arguments {
		if have != "?" && c.signature(have) == wanted {
			return fail("42723", "function %s exists already with these arguments", name)
		}
	}
	return none
}
