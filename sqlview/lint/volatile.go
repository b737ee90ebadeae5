package lint

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// volatileFunctions are PostgreSQL's own functions that are VOLATILE and can
// stand in a default. Source: pg_proc.provolatile of 18; the uuid_generate ones
// come with the uuid-ossp extension, gen_random_bytes and gen_salt with pgcrypto.
var volatileFunctions = words(`random random_normal gen_random_uuid uuidv4 uuidv7 clock_timestamp timeofday
nextval currval lastval setval pg_sleep uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes
gen_salt txid_current_if_assigned setseed set_config pg_notify`)

// steadyFunctions are PostgreSQL's own functions that defaults and checks often
// call and that are STABLE or IMMUTABLE.
var steadyFunctions = words(`now transaction_timestamp statement_timestamp current_setting current_user session_user
current_database current_schema txid_current pg_current_xact_id version timezone date_trunc date_part extract age
make_date make_time make_timestamp make_timestamptz make_interval to_timestamp to_date to_char to_number to_jsonb
to_json json_build_object jsonb_build_object json_build_array jsonb_build_array json_object jsonb_object
array_fill array_append array_length cardinality lower upper btrim ltrim rtrim trim length char_length
character_length octet_length md5 sha224 sha256 sha384 sha512 encode decode concat concat_ws format left right
substr substring split_part replace regexp_replace regexp_match regexp_matches repeat reverse lpad rpad position
strpos starts_with initcap translate ascii chr abs ceil ceiling floor round trunc mod power sqrt exp ln log sign
greatest least coalesce nullif int4 int8 numeric text date timestamptz interval bool inet_client_addr like notlike
overlay quote_ident quote_literal to_tsvector to_tsquery plainto_tsquery jsonb_typeof json_typeof jsonb_array_length
num_nonnulls num_nulls isfinite lower_inc upper_inc isempty int4range int8range numrange tsrange tstzrange daterange
hashtext uuid_nil uuid_ns_dns uuid_ns_url uuid_generate_v3 uuid_generate_v5 digest hmac crypt point box circle bit_length
regexp_like regexp_count jsonb_path_exists array_position array_remove array_to_string string_to_array unnest is_normalized normalize`)

func words(list string) []string { return strings.Fields(list) }

// Volatile lists the volatile functions that an expression calls, and those
// that nobody could look up. An SQL function that the server inlines (12 and
// later) is not counted.
func (s Stmt) Volatile(tree *pg.Node) (volatile, unknown []string) {
	for _, name := range FunctionsIn(tree) {
		switch s.volatility(name) {
		case "volatile":
			volatile = append(volatile, name)
		case "":
			unknown = append(unknown, name)
		}
	}
	return volatile, unknown
}

func (s Stmt) volatility(name string) string {
	schema, base, qualified := strings.Cut(name, ".")
	if !qualified {
		schema, base = "", name
	}
	c := s.Catalog()
	if f := c.Functions.Get(c.Resolve(schema, base)); f != nil {
		return s.functionVolatility(f)
	}
	switch {
	case slices.Contains(volatileFunctions, base):
		return "volatile"
	case !qualified && slices.Contains(steadyFunctions, base):
		return "stable"
	case !qualified && c.Source == catalog.SourceLive:
		// A live catalog lists every function that PostgreSQL does not bring itself.
		return "stable"
	}
	return ""
}

func (s Stmt) functionVolatility(f *catalog.Function) string {
	if f.Volatility == "volatile" && f.Inlinable && !s.pass.Before(12) {
		return "stable"
	}
	return f.Volatility
}
