package apply

import "testing"

// TestCallsIn: what is not surely PostgreSQL's own is not run by a look.
func TestCallsIn(t *testing.T) {
	t.Parallel()
	for _, own := range []string{
		"n < 100 AND name <> ')' -- )", "upper(u.s) = s OR s IN ('a', 'b')",
		"CASE WHEN n > 1.5 THEN true ELSE (s) IS NULL END",
		"coalesce(length(s), 0) > 0", "s ~ '^[a.b(]+$'", "d > '2026-01-01'::date", `"u"."s" IS NOT NULL`,
		"ARRAY[n, 1] && ARRAY[2]", "s::character varying(3) = s", "NOT (n = ANY (ARRAY[1, 2]))",
	} {
		if why := callsIn(own, "u"); why != "" {
			t.Errorf("%s: %s", own, why)
		}
	}
	for _, others := range []string{
		"evil(n)", `"evil"(n)`, "evil /* */ (n)", "app.evil(n)", `app."lower"(s)`, "u.lower(s)", `"u".evil(s)`,
		"s OPERATOR(app.=) s", "n::app.kind = 1", "query_to_xml(s, true, true, '') IS NOT NULL",
		"set_config('a', s, true) = ''",
		"pg_read_file(s) = ''", "(u).evil", "u.u.lower(s)", "app.u.lower(s)",
		"s COLLATE app.folded = s", "ts_stat(s) IS NULL",
		"(SELECT evil(1))", "U&\"evil\"(1)",
	} {
		if why := callsIn(others, "u"); why == "" {
			t.Errorf("%s would be run", others)
		}
	}
}
