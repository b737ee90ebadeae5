package refusal

import (
	"slices"
	"strings"

	"belay/sqlview/cast"
	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// systemTypes are the types of pg_catalog of 10 to 18, as the parser writes them.
var systemTypes = set(`aclitem any anyarray anycompatible anycompatiblearray anycompatiblemultirange
	anycompatiblenonarray anycompatiblerange anyelement anyenum anymultirange anynonarray anyrange bit bool box bpchar
	bytea char cid cidr circle cstring date datemultirange daterange event_trigger fdw_handler float4 float8 gtsvector
	index_am_handler inet int2 int2vector int4 int4multirange int4range int8 int8multirange int8range internal interval
	json jsonb jsonpath language_handler line lseg macaddr macaddr8 money name numeric nummultirange numrange oid
	oidvector path pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_ddl_command pg_dependencies pg_lsn pg_mcv_list
	pg_ndistinct pg_node_tree pg_snapshot point polygon record refcursor regclass regcollation regconfig regdictionary
	regnamespace regoper regoperator regproc regprocedure regrole regtype table_am_handler text tid time timestamp
	timestamptz timetz trigger tsm_handler tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector txid_snapshot
	unknown uuid varbit varchar void xid xid8 xml opaque smgr abstime reltime tinterval
	serial serial2 serial4 serial8 bigserial smallserial`)

// pseudoTypes are those that no column can have.
var pseudoTypes = set(`any anyarray anycompatible anyelement anyenum anynonarray anyrange cstring event_trigger
	internal language_handler record trigger void fdw_handler anymultirange`)

func set(list string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		all[w] = true
	}
	return all
}

// typeName is a type that a statement names.
func (c *check) typeName(t *pg.TypeName) Failure {
	words := catalog.Strings(t.GetNames())
	if t == nil || t.PctType || len(words) == 0 || len(words) > 2 {
		return none
	}
	base := catalog.Truncate(words[len(words)-1])
	if len(words) == 2 && system(words[0]) || len(words) == 1 && (systemTypes[base] || strings.HasPrefix(base, "_")) {
		return none
	}
	if !c.whole() || c.cat.Source != catalog.SourceLive || c.cat.OtherTypes == nil {
		return none
	}
	if len(words) == 2 {
		if c.noSchema(words[0]) {
			return fail("3F000", "schema %s does not exist", words[0])
		}
		if name := words[0] + "." + base; !c.hasType(name) {
			return fail("42704", "type %s does not exist", name)
		}
		return none
	}
	for _, schema := range append([]string{catalog.TempSchema}, c.cat.Path()...) {
		if c.hasType(schema + "." + base) {
			return none
		}
	}
	return fail("42704", "type %s does not exist", base)
}

func (c *check) hasType(name string) bool {
	return c.cat.Types.Get(name) != nil || c.cat.OtherTypes[name] || c.cat.Relations.Get(name) != nil
}

// columnType is a type that a column gets.
func (c *check) columnType(name string, t *pg.TypeName) Failure {
	if f := c.typeName(t); f.found() {
		return f
	}
	words := catalog.Strings(t.GetNames())
	if len(words) > 0 && pseudoTypes[words[len(words)-1]] && len(t.ArrayBounds) == 0 &&
		(len(words) == 1 && c.cat.Type(words[0]) == nil || words[0] == "pg_catalog") {
		return fail("42P16", "column %s cannot have the pseudo-type %s", name, words[len(words)-1])
	}
	return none
}

// types of expressions that are not types of columns.
const (
	literal = "unknown" // a string or NULL: it becomes what is asked for
	unclear = ""
)

// sortsBool are operators whose result is boolean for the server's own types.
var sortsBool = set("= <> < > <= >= ~ !~ ~~ !~~ ~* !~* @> <@ &&")

// typeOf is the type of an expression over the columns of a relation, as
// format_type prints it; "" = not known.
func (c *check) typeOf(r *catalog.Relation, n *pg.Node) string {
	switch {
	case n.GetAConst() != nil:
		return constantType(n.GetAConst())
	case n.GetTypeCast() != nil:
		return c.cat.ColumnType(n.GetTypeCast().TypeName)
	case n.GetColumnRef() != nil:
		words := catalog.Strings(n.GetColumnRef().Fields)
		if col := r.Column(words0(words)); len(words) == 1 && col != nil && !r.Doubted {
			return col.Type
		}
	case n.GetBoolExpr() != nil, n.GetNullTest() != nil, n.GetBooleanTest() != nil:
		return "boolean"
	case n.GetFuncCall() != nil:
		return callType(catalog.Strings(n.GetFuncCall().Funcname))
	case n.GetSqlvalueFunction() != nil:
		return valueTypes[n.GetSqlvalueFunction().Op]
	case n.GetAExpr() != nil:
		return c.operatorType(r, n.GetAExpr())
	case n.GetCollateClause() != nil:
		return c.typeOf(r, n.GetCollateClause().Arg)
	}
	return unclear
}

func words0(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

func constantType(k *pg.A_Const) string {
	switch {
	case k.Isnull || k.GetSval() != nil:
		return literal
	case k.GetIval() != nil:
		return "integer"
	case k.GetBoolval() != nil:
		return "boolean"
	case k.GetFval() != nil:
		if v := k.GetFval().Fval; strings.ContainsAny(v, ".eE") || len(v) > 18 {
			return "numeric"
		}
		return "bigint"
	}
	return unclear
}

var calls = map[string]string{
	"now": "timestamp with time zone", "clock_timestamp": "timestamp with time zone", "random": "double precision",
	"statement_timestamp": "timestamp with time zone", "transaction_timestamp": "timestamp with time zone",
	"gen_random_uuid": "uuid", "nextval": "bigint", "currval": "bigint", "setval": "bigint",
	"lower": "text", "upper": "text", "md5": "text", "current_database": "name",
}

func callType(words []string) string {
	if len(words) == 1 || len(words) == 2 && words[0] == "pg_catalog" {
		return calls[words[len(words)-1]]
	}
	return unclear
}

var valueTypes = map[pg.SQLValueFunctionOp]string{
	pg.SQLValueFunctionOp_SVFOP_CURRENT_DATE:      "date",
	pg.SQLValueFunctionOp_SVFOP_CURRENT_TIMESTAMP: "timestamp with time zone",
	pg.SQLValueFunctionOp_SVFOP_LOCALTIMESTAMP:    "timestamp without time zone",
	pg.SQLValueFunctionOp_SVFOP_CURRENT_USER:      "name",
	pg.SQLValueFunctionOp_SVFOP_SESSION_USER:      "name",
}

func (c *check) operatorType(r *catalog.Relation, e *pg.A_Expr) string {
	left, right := c.typeOf(r, e.Lexpr), c.typeOf(r, e.Rexpr)
	if left == unclear || right == unclear && e.Kind == pg.A_Expr_Kind_AEXPR_OP {
		return unclear
	}
	switch op := words0(catalog.Strings(e.Name)); {
	case e.Kind != pg.A_Expr_Kind_AEXPR_OP:
		return unclear
	case sortsBool[op] && (left == literal || cast.BuiltIn(left)) && (right == literal || cast.BuiltIn(right)):
		return "boolean"
	case strings.Contains("+-*/", op) && slices.Contains(identityTypes, left) && slices.Contains(identityTypes,
		right):
		return identityTypes[max(slices.Index(identityTypes, left), slices.Index(identityTypes, right))]
	case op == "||" && left == "text":
		return "text"
	}
	return unclear
}

// assigns is the failure of a value that does not become one of a type.
func (c *check) assigns(from, to string) Failure {
	if from == unclear || from == literal || to == "" || to == literal {
		return none
	}
	if cast.Assignable(from, to, c.castsKnown()) == cast.No {
		return fail("42804", "%s does not become %s by itself", from, to)
	}
	return none
}

// castsKnown is the catalog for questions about casts: only a server tells those
// that a database made itself, and an expression of its own types is left alone.
func (c *check) castsKnown() *catalog.Snapshot { return c.cat }
