package dbtest

import (
	"slices"
	"testing"
)

// Every function, operator, type and relation of the catalog that our SQL names has its
// trap. SQL that names one more gets one more, or fails here.
func TestEveryWordOfOursIsShadowed(t *testing.T) {
	words := SQLWords(t)
	for _, w := range []string{"pg_stat_activity", "pg_get_expr", "string_agg", "format", "<>",
		"||", "->>", "regclass"} {
		if !slices.Contains(words, w) {
			t.Errorf("our SQL does not name %s?", w)
		}
	}
	d := Shadowed(t, "shadowed_words", true)
	conn := d.Conn(t)
	for _, c := range []struct {
		what, sql string
		// never are those of which nobody but a superuser makes another: window functions,
		// and what takes or gives what only the server's own code handles.
		never []string
	}{
		{
			what: "functions and aggregates", never: []string{"first_value", "lag", "lead", "system"},
			sql: `SELECT p.proname, EXISTS (SELECT FROM pg_catalog.pg_proc q WHERE q.proname OPERATOR(pg_catalog.=) p.proname
				AND q.pronamespace OPERATOR(pg_catalog.=) 'public'::pg_catalog.regnamespace) FROM pg_catalog.pg_proc p
				WHERE p.pronamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace`,
		},
		{
			what: "operators",
			sql: `SELECT p.oprname, EXISTS (SELECT FROM pg_catalog.pg_operator q WHERE q.oprname OPERATOR(pg_catalog.=) p.oprname
				AND q.oprnamespace OPERATOR(pg_catalog.=) 'public'::pg_catalog.regnamespace) FROM pg_catalog.pg_operator p
				WHERE p.oprnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace`,
		},
		{
			what: "types and relations",
			sql: `SELECT p.typname, EXISTS (SELECT FROM pg_catalog.pg_type q WHERE q.typname OPERATOR(pg_catalog.=) p.typname
				AND q.typnamespace OPERATOR(pg_catalog.=) 'public'::pg_catalog.regnamespace) FROM pg_catalog.pg_type p
				WHERE p.typnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace AND p.typtype IN ('b', 'c')
				AND p.typelem OPERATOR(pg_catalog.=) 0`,
		},
	} {
		rows, err := conn.Query(t.Context(), c.sql)
		if err != nil {
			t.Fatal(err)
		}
		trapped := map[string]bool{}
		for rows.Next() {
			var name string
			var has bool
			if err := rows.Scan(&name, &has); err != nil {
				t.Fatal(err)
			}
			if slices.Contains(words, name) {
				trapped[name] = trapped[name] || has
			}
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		for name, has := range trapped {
			if !has && !slices.Contains(c.never, name) {
				t.Errorf("%s: our SQL names %s, and nothing is in its way", c.what, name)
			}
		}
		t.Logf("%d %s of our SQL are shadowed", len(trapped), c.what)
	}
}
