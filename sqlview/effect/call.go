package effect

import (
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// callsOf locks the sequences that a query moves, and says that it calls what
// may do anything.
func (q *queries) callsOf(n *pg.Node) {
	catalog.Walk(n, func(m any) bool {
		if f, ok := m.(*pg.FuncCall); ok {
			q.calls(f)
		}
		return true
	})
}

func (q *queries) calls(f *pg.FuncCall) {
	name := catalog.Strings(f.Funcname)
	if len(name) == 0 {
		return
	}
	base := name[len(name)-1]
	switch known := q.function(name); {
	case known != nil && known.Volatility == "volatile":
		q.unknown("calls " + base + "(), which may do anything")
	case known != nil || aggregates[base]:
	case sequenceFunctions[base]:
		if len(f.Args) > 0 {
			q.lock(q.sequenceNamed(f.Args[0]), lock.RowExclusive)
		}
	case !volatileFunctions[base] && q.volatileCall(invocation{name: name}) != "":
		q.unknown("calls " + base + "(), which is not in the catalog and may do anything")
	}
}

var sequenceFunctions = words(`nextval setval currval`)

// sequenceNamed reads the name that nextval and its kin are called with; "" =
// computed.
func (q *queries) sequenceNamed(n *pg.Node) string {
	if c := n.GetTypeCast(); c != nil {
		n = c.Arg
	}
	text := strings.ReplaceAll(n.GetAConst().GetSval().GetSval(), `"`, "")
	if text == "" {
		return ""
	}
	schema, name, ok := strings.Cut(text, ".")
	if !ok {
		schema, name = "", text
	}
	return q.cat.Resolve(schema, name)
}

// aggregates are the aggregate and window functions that queries call most.
var aggregates = words(`count sum avg min max array_agg string_agg json_agg jsonb_agg bool_and bool_or every
	row_number rank dense_rank ntile lag lead first_value last_value percentile_cont percentile_disc mode
	generate_series unnest stddev variance json_object_agg jsonb_object_agg jsonb_array_elements
	jsonb_each json_each jsonb_array_elements_text regexp_split_to_table json_array_elements any_value`)
