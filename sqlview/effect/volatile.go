package effect

import "strings"

// volatileFunctions are the volatile functions of PostgreSQL and of its
// contributed extensions that a default may call (pg_proc.provolatile = v).
var volatileFunctions = words(`random random_normal gen_random_uuid uuidv4 uuidv7 clock_timestamp timeofday
	nextval currval lastval setval pg_sleep uuid_generate_v1 uuid_generate_v1mc
	uuid_generate_v4 gen_random_bytes gen_salt pg_advisory_lock pg_advisory_xact_lock
	pg_try_advisory_lock pg_notify set_config lo_create pg_create_restore_point dblink dblink_exec setseed
	array_sample array_shuffle current_query ts_rewrite ts_stat txid_status currtid currtid2 loread lowrite`)

// serverOperators are the operators of PostgreSQL and of its contributed extensions; all
// of them are immutable or stable (pg_operator of 12 to 18).
var serverOperators = words(`! !! !~ !~* !~~ !~~* # ## #- #> #>> % %# %> %>> %% & && &&& &/& &< &<# &<| &> * ** *< *<= *<>
	*= *> *>= + - -> ->> -|- / < <#> <% <-> <<-> <<% <<< <<= <<| <= <> <=> <@ <^ = > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?|| ?~
	?@ ?@> ?<@ @ @- @-@ @> @>> @? @@ @@@ @+ ^ ^@ ^< ^<= ^<@ ^> ^>= ^? ^@> ^~ ^~* | |&> |/ |=| |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~==
	~>=~ ~>~ ~> ~~ ~~* ~~~`)

// steadyFunctions are the immutable and stable built-in functions that defaults
// and checks call most. What is in neither list is judged as volatile.
var steadyFunctions = words(`now transaction_timestamp statement_timestamp current_timestamp current_date
	current_time localtimestamp localtime current_user session_user current_setting current_schema current_database
	user txid_current pg_current_xact_id inet_client_addr inet_server_addr pg_backend_pid version
	lower upper initcap length char_length octet_length btrim ltrim rtrim trim replace substr substring left right
	lpad rpad concat concat_ws format md5 sha224 sha256 sha384 sha512 encode decode chr ascii repeat reverse
	split_part regexp_replace regexp_match translate position strpos to_char to_date to_timestamp to_number
	date_trunc date_part extract age make_date make_time make_timestamp make_timestamptz make_interval timezone
	justify_days justify_hours justify_interval isfinite abs ceil ceiling floor round trunc mod power sqrt exp ln log sign
	greatest least coalesce nullif int4 int8 int2 float4 float8 numeric text varchar bool date timestamptz
	array_append array_cat array_length array_position array_to_string string_to_array cardinality array_remove
	json_build_object json_build_array jsonb_build_object jsonb_build_array to_json to_jsonb jsonb_set
	json_object jsonb_object row_to_json jsonb_strip_nulls jsonb_typeof json_typeof
	to_tsvector to_tsquery plainto_tsquery setweight int4range int8range numrange tsrange tstzrange daterange
	point box circle lseg uuid_nil uuid_generate_v3 uuid_generate_v5 digest hmac crypt hashtext
	xmlelement quote_ident quote_literal inet_merge network host masklen num_nonnulls num_nulls starts_with`)

func words(list string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(list) {
		all[w] = true
	}
	return all
}

// routines knows functions and procedures: which are volatile, which commit,
// which only keep two columns in step.
type routines struct{ *record }
