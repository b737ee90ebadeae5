package backfill

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// lookups are the names of a statement that the server looks for along the
// search_path, or might.
type lookups struct {
	functions, operators, types, collations []string
	// literals are its strings: one may name a text search configuration.
	literals []string
	// tables and elsewhere are true where it reads a table, and where a name is
	// written with a schema other than pg_catalog.
	tables, elsewhere bool
	// casts is true where a value is made to be of a type, by a cast or a function.
	casts bool
}

func (l *lookups) add(message any) {
	switch m := message.(type) {
	case *pg.FuncCall:
		l.casts = true
		l.name(&l.functions, catalog.Strings(m.Funcname))
	case *pg.A_Expr:
		l.operator(m)
	case *pg.SubLink:
		l.name(&l.operators, catalog.Strings(m.OperName))
		l.operators = append(l.operators, "=") // of IN
	case *pg.CaseExpr:
		l.operators = append(l.operators, "=")
	case *pg.TypeName:
		l.casts = true
		l.name(&l.types, catalog.Strings(m.Names))
	case *pg.CollateClause:
		l.name(&l.collations, catalog.Strings(m.Collname))
	case *pg.A_Const:
		if s := m.GetSval(); s != nil {
			l.literals = append(l.literals, s.Sval)
		}
	case *pg.RangeVar:
		l.tables = true
	}
}

// name adds a name without a schema; pg_catalog's are found wherever one looks.
func (l *lookups) name(to *[]string, words []string) {
	switch {
	case len(words) == 1:
		*to = append(*to, words[0])
	case len(words) > 1 && words[0] != "pg_catalog":
		l.elsewhere = true
	}
}

func (l *lookups) operator(e *pg.A_Expr) {
	switch e.Kind {
	case pg.A_Expr_Kind_AEXPR_BETWEEN, pg.A_Expr_Kind_AEXPR_NOT_BETWEEN, pg.A_Expr_Kind_AEXPR_BETWEEN_SYM,
		pg.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		l.operators = append(l.operators, "<=", ">=", "<", ">")
		return
	}
	l.name(&l.operators, catalog.Strings(e.Name))
}

// bare reports whether a statement does no more than to compare columns and
// constants and to set constants.
func (l *lookups) bare() bool { return !l.casts && !l.tables && !l.elsewhere && len(l.collations) == 0 }

// names are all of a kind in the order of the query that looks for them.
func (l *lookups) names() []any {
	all := make([]any, 0, 5)
	for _, names := range [][]string{l.functions, l.operators, l.types, l.collations, l.literals} {
		slices.Sort(names)
		all = append(all, append([]string{}, slices.Compact(names)...))
	}
	return all
}
