package proof

import (
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Types whose constants the server keeps as they are written.
var (
	words   = pattern.New(`^(text|character varying(\(\d+\))?|bpchar)$`)
	numbers = pattern.New(`^(smallint|integer|bigint)$`)
	// constant is one as the catalog prints it: 'a'::text, 1, '-1'::integer.
	constant = pattern.New(`^(?:'((?:[^']|'')*)'|(-?\d+))(?:::[a-z ]+(?:\(\d+\))?)?$`)
)

// sameDefault reports whether a column's default is the constant that a statement says;
// true where either is no constant, or the server writes it in a way of its own.
func sameDefault(c *catalog.Column, said *pg.Node) bool {
	k := said.GetAConst()
	is := constant.FindStringSubmatch(c.Default)
	if k == nil || k.Isnull || is == nil || strings.Contains(c.Default, `E'`) || strings.Contains(c.Default, `\`) {
		return true
	}
	shown := is[2]
	if shown == "" {
		shown = strings.ReplaceAll(is[1], "''", "'")
	}
	switch {
	case k.GetSval() != nil && words.MatchString(c.Type):
		return shown == k.GetSval().Sval
	case k.GetIval() != nil && numbers.MatchString(c.Type):
		return shown == number(k)
	}
	return true
}

func number(k *pg.A_Const) string {
	return catalog.Expression(&pg.Node{Node: &pg.Node_AConst{AConst: k}})
}

// indexDiffers says in what an index is another than the statement makes, beside its key;
// "" = in nothing that can be told.
func indexDiffers(i catalog.IndexDef, s *pg.IndexStmt) string {
	if i.Method != "" && s.AccessMethod != "" && i.Method != s.AccessMethod {
		return "uses " + i.Method + ", not " + s.AccessMethod
	}
	var include []string
	for _, p := range s.IndexIncludingParams {
		include = append(include, catalog.Truncate(p.GetIndexElem().GetName()))
	}
	switch is := strings.Join(i.Include, ", "); {
	case is != strings.Join(include, ", ") && is == "":
		return "includes no column"
	case is != strings.Join(include, ", "):
		return "includes " + is
	case i.Predicate == "" && s.WhereClause != nil:
		return "has no condition"
	case i.Predicate != "" && s.WhereClause == nil:
		return "has the condition " + i.Predicate
	}
	return ""
}

// bodyOf is the text that an SQL or PL/pgSQL function is made of; "" = not one text, or in
// another language.
func bodyOf(s *pg.CreateFunctionStmt) string {
	body, readable := "", false
	for _, o := range s.Options {
		switch d := o.GetDefElem(); d.GetDefname() {
		case "language":
			l := strings.ToLower(d.GetArg().GetString_().GetSval())
			readable = l == "sql" || l == "plpgsql"
		case "as":
			if parts := catalog.Strings(d.GetArg().GetList().GetItems()); len(parts) == 1 {
				body = parts[0]
			}
		}
	}
	if !readable {
		return ""
	}
	return body
}
