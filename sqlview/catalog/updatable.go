package catalog

import (
	pg "github.com/pganalyze/pg_query_go/v6"
)

// notUpdatable says what in a view's query keeps the server from writing through it by
// itself. A view below it may too: that is not looked at. Source:
// view_query_is_auto_updatable in rewriteHandler.c.
func notUpdatable(q *pg.SelectStmt) string {
	switch {
	case q == nil:
		return ""
	case q.Op != pg.SetOperation_SETOP_NONE:
		return "UNION, INTERSECT or EXCEPT"
	case len(q.DistinctClause) > 0:
		return "DISTINCT"
	case len(q.GroupClause) > 0:
		return "GROUP BY"
	case q.HavingClause != nil:
		return "HAVING"
	case q.WithClause != nil:
		return "WITH"
	case q.LimitCount != nil || q.LimitOffset != nil:
		return "LIMIT or OFFSET"
	case len(q.FromClause) != 1 || q.FromClause[0].GetRangeVar() == nil:
		return "a FROM that is not one table or view"
	}
	return foldsRows(q.TargetList)
}

// folding are functions of which one row of a view is not one row of its table.
var folding = map[string]string{
	"count": "an aggregate", "sum": "an aggregate", "avg": "an aggregate", "min": "an aggregate",
	"max": "an aggregate", "array_agg": "an aggregate", "string_agg": "an aggregate", "json_agg": "an aggregate",
	"jsonb_agg": "an aggregate", "bool_and": "an aggregate", "bool_or": "an aggregate",
	"generate_series": "a function that returns rows", "unnest": "a function that returns rows",
}

func foldsRows(columns []*pg.Node) string {
	why := ""
	for _, n := range columns {
		Walk(n, func(m any) bool {
			switch m := m.(type) {
			case *pg.SubLink:
				return false
			case *pg.FuncCall:
				if m.Over != nil {
					why = "a window function"
				} else if f := folding[Strings(m.Funcname)[len(m.Funcname)-1]]; f != "" && why == "" {
					why = f
				}
			}
			return true
		})
	}
	return why
}
