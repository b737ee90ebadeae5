package refusal

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// defaultFits is the look at the default of a column.
func (c *check) defaultFits(col *catalog.Column, n *pg.Node) Failure {
	var f Failure
	catalog.Walk(n, func(m any) bool {
		switch m := m.(type) {
		case *pg.ColumnRef:
			if !f.found() && c.version >= 12 {
				f = fail("0A000", "a default cannot read column %s", strings.Join(catalog.Strings(m.Fields), "."))
			}
		case *pg.SubLink:
			if !f.found() {
				f = fail("0A000", "a default cannot have a subquery")
			}
			return false
		case *pg.FuncCall:
			if !f.found() {
				f = c.function(m)
			}
			if !f.found() {
				f = c.call(nil, m)
			}
		case *pg.TypeName:
			if !f.found() {
				f = c.typeName(m)
			}
		}
		return true
	})
	if f.found() {
		return f
	}
	if from := c.typeOf(nil, n); from != literal {
		f = c.assigns(from, col.Type)
		if f.found() {
			f.Message = "the default " + catalog.Expression(n) + " of column " + col.Name + ": " + f.Message
		}
		return f
	}
	return c.reads(n.GetAConst(), col)
}

var (
	wholeNumber = pattern.New(`^\s*[-+]?[0-9]+\s*$`)
	number      = pattern.New(`^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$|(?i)^\s*[-+]?(nan|inf(inity)?)\s*$`)
	truth       = set("t f true false yes no y n on off 1 0 tr tru fa fal fals ye of")
)

// reads is the failure of a quoted literal that a type cannot read.
func (c *check) reads(k *pg.A_Const, col *catalog.Column) Failure {
	if k.GetSval() == nil {
		return none
	}
	v := k.GetSval().Sval
	bad := false
	switch base := typeBase(col.Type); {
	case slices.Contains(identityTypes, base):
		bad = !wholeNumber.MatchString(v) && c.version < 16
	case base == "numeric":
		bad = !number.MatchString(v) && c.version < 16
	case base == "boolean":
		bad = !truth[strings.ToLower(strings.TrimSpace(v))]
	case base == "uuid":
		bad = strings.Trim(strings.ToLower(v), "0123456789abcdef-{}") != ""
	default:
		if t := c.cat.Type(base); t != nil && len(t.Enum) > 0 && base == col.Type {
			bad = !slices.Contains(t.Enum, v)
		}
	}
	if bad {
		return fail("22P02", "%q is no %s", v, col.Type)
	}
	return none
}

// function is a function that is called by name.
func (c *check) function(f *pg.FuncCall) Failure { return c.functionOf(nil, f) }

// functionOf is function for a call that may name columns of a relation.
func (c *check) functionOf(r *catalog.Relation, f *pg.FuncCall) Failure {
	words := catalog.Strings(f.Funcname)
	if len(words) == 0 || len(words) > 2 || f.Funcformat == pg.CoercionForm_COERCE_SQL_SYNTAX || c.anyFunction(words) {
		return none // what EXTRACT and its like call has another name before 14
	}
	if len(words) == 2 && c.noSchema(words[0]) {
		return fail("3F000", "schema %s does not exist", words[0])
	}
	if len(words) == 1 && len(f.Args) == 1 && f.Args[0].GetColumnRef() != nil && c.fieldOf(words[0]) &&
		!scalar[c.plainType(c.typeOf(r, f.Args[0]))] {
		return none
	}
	return fail("42883", "function %s does not exist", strings.Join(words, "."))
}

// fieldOf reports whether a row may have a field of that name: last(f) is f.last too.
// Those of a composite type are not always known.
func (c *check) fieldOf(name string) bool {
	return c.cat.Types.Any(func(n string) bool { return c.cat.Types.Get(n).Composite }) ||
		c.cat.Relations.Any(func(n string) bool { return c.cat.Relations.Get(n).Column(name) != nil })
}

// anyFunction reports whether there may be a function of that name. Without a
// server nobody knows those of the server and of extensions.
func (c *check) anyFunction(words []string) bool {
	if !c.whole() || c.cat.Source != catalog.SourceLive || c.cat.Callable == nil {
		return true
	}
	base := catalog.Truncate(words[len(words)-1])
	if !c.asked(base) {
		return true
	}
	schemas := append([]string{"pg_catalog", catalog.TempSchema}, c.cat.Path()...)
	if len(words) == 2 {
		schemas = words[:1]
		if system(words[0]) && words[0] != "pg_catalog" {
			return true
		}
	}
	for _, s := range schemas {
		name := s + "." + base
		if c.cat.Callable[name] > 0 || c.cat.Functions.Get(name) != nil || c.hasType(name) ||
			s == "pg_catalog" && systemTypes[base] {
			return true
		}
	}
	return false
}

// condition is the look at an expression over one relation, such as a CHECK.
// what names it, such as "a CHECK"; boolean asks for a condition.
func (c *check) condition(r *catalog.Relation, n *pg.Node, what string, boolean bool) Failure {
	if f := c.names(r, n, what); f.found() {
		return f
	}
	if t := c.typeOf(r, n); boolean && t != unclear && t != literal && typeBase(t) != "boolean" &&
		c.cat.Type(t) == nil {
		return fail("42804", "%s must be boolean, not %s", what, t)
	}
	return none
}

// names looks for what an expression names: columns and types, then functions,
// whose arguments the server looks at first.
func (c *check) names(r *catalog.Relation, n *pg.Node, what string) Failure {
	var f Failure
	var calls []*pg.FuncCall
	var operators []*pg.A_Expr
	catalog.Walk(n, func(m any) bool {
		if f.found() {
			return false
		}
		switch m := m.(type) {
		case *pg.SubLink:
			if what != "" {
				f = fail("0A000", "%s cannot have a subquery", what)
			}
			return false
		case *pg.ColumnRef:
			f = c.reference(r, m)
		case *pg.FuncCall:
			calls = append(calls, m)
		case *pg.A_Expr:
			operators = append(operators, m)
		case *pg.TypeName:
			f = c.typeName(m)
		}
		return true
	})
	if f.found() {
		return f
	}
	slices.Reverse(calls)
	if f := each(calls, func(m *pg.FuncCall) Failure {
		if f := c.functionOf(r, m); f.found() {
			return f
		}
		return c.call(r, m)
	}); f.found() {
		return f
	}
	return each(operators, func(e *pg.A_Expr) Failure { return c.operator(r, e) })
}

// operator is the failure of a comparison that no operator makes.
func (c *check) operator(r *catalog.Relation, e *pg.A_Expr) Failure {
	op := words0(catalog.Strings(e.Name))
	if e.Kind != pg.A_Expr_Kind_AEXPR_OP || len(e.Name) != 1 || op != "=" && op != "<>" && op != "<" && op != ">" &&
		op != "<=" && op != ">=" || c.cat.Source != catalog.SourceLive {
		return none
	}
	left, right := c.plainType(c.typeOf(r, e.Lexpr)), c.plainType(c.typeOf(r, e.Rexpr))
	if left == right || !scalar[left] || !scalar[right] || c.extended() {
		return none
	}
	for _, family := range append(comparable, numbers) {
		if slices.Contains(family, left) && slices.Contains(family, right) {
			return none
		}
	}
	return fail("42883", "there is no operator %s %s %s", left, op, right)
}

// reference is a column that an expression over one relation names.
func (c *check) reference(r *catalog.Relation, ref *pg.ColumnRef) Failure {
	words := catalog.Strings(ref.Fields)
	if r == nil || len(words) != len(ref.Fields) || !c.complete(r) || r.Kind == catalog.Sequence &&
		slices.Contains(sequenceColumns, words0(words)) {
		return none
	}
	own := catalog.Base(r.Name)
	switch {
	case len(words) == 1 && (r.Column(words[0]) != nil || slices.Contains(systemColumns, words[0]) ||
		words[0] == own):
		return none
	case len(words) == 1:
		return c.noColumn(r, words[0])
	}
	return none
}
