package apply_test

import (
	"testing"

	"belay/db/apply"
	"belay/db/dbtest"
)

// Each definition is made by the server itself, from another spelling of the
// same index, or from another index.
func TestSameDefinition(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE t (a int, b int, s varchar(20), e text, "Odd" int)`)
	for _, c := range []struct {
		name, want, there string
		same              bool
	}{
		{"plain", `CREATE INDEX CONCURRENTLY i ON t (a)`, `CREATE INDEX i ON t (a)`, true},
		{
			"if not exists", `create index concurrently if not exists i on public.t using btree (a asc nulls last);`,
			`CREATE INDEX i ON t (a)`, true,
		},
		{"comment", "CREATE INDEX CONCURRENTLY i -- why\n ON t /* here */ (a, b)", `CREATE INDEX i ON t (a, b)`, true},
		{"order", `CREATE INDEX i ON t (a DESC)`, `CREATE INDEX i ON t (a DESC NULLS FIRST)`, true},
		{"other order", `CREATE INDEX i ON t (a)`, `CREATE INDEX i ON t (a DESC)`, false},
		{"other column", `CREATE INDEX i ON t (a)`, `CREATE INDEX i ON t (b)`, false},
		{"column order", `CREATE INDEX i ON t (a, b)`, `CREATE INDEX i ON t (b, a)`, false},
		{"unique", `CREATE UNIQUE INDEX i ON t (a)`, `CREATE INDEX i ON t (a)`, false},
		{"method", `CREATE INDEX i ON t (a)`, `CREATE INDEX i ON t USING hash (a)`, false},
		{"include", `CREATE INDEX i ON t (a) INCLUDE (b)`, `CREATE INDEX i ON t (a) INCLUDE (b)`, true},
		{"include or key", `CREATE INDEX i ON t (a, b)`, `CREATE INDEX i ON t (a) INCLUDE (b)`, false},
		{"expression", `CREATE INDEX i ON t (lower(e))`, `CREATE INDEX i ON t (lower(e))`, true},
		{"expression or column", `CREATE INDEX i ON t (e)`, `CREATE INDEX i ON t (lower(e))`, false},
		{"cast in the key", `CREATE INDEX i ON t (a)`, `CREATE INDEX i ON t ((a::bigint))`, false},
		{"where", `CREATE INDEX i ON t (a) WHERE b > 5`, `CREATE INDEX i ON t (a) WHERE b > 5`, true},
		{"where text", `CREATE INDEX i ON t (a) WHERE e = 'open'`, `CREATE INDEX i ON t (a) WHERE e = 'open'`, true},
		{"where varchar", `CREATE INDEX i ON t (a) WHERE s = 'open'`, `CREATE INDEX i ON t (a) WHERE s = 'open'`, true},
		{
			"where null", `CREATE INDEX i ON t (a) WHERE b IS NULL AND s IS NOT NULL`,
			`CREATE INDEX i ON t (a) WHERE b IS NULL AND s IS NOT NULL`, true,
		},
		{"other value", `CREATE INDEX i ON t (a) WHERE e = 'open'`, `CREATE INDEX i ON t (a) WHERE e = 'Open'`, false},
		{"no where", `CREATE INDEX i ON t (a)`, `CREATE INDEX i ON t (a) WHERE b > 5`, false},
		{
			"and or", `CREATE INDEX i ON t (a) WHERE a > 1 OR b > 1 AND a > 2`,
			`CREATE INDEX i ON t (a) WHERE (a > 1 OR b > 1) AND a > 2`, false,
		},
		{"arithmetic", `CREATE INDEX i ON t ((a - b - a))`, `CREATE INDEX i ON t ((a - (b - a)))`, false},
		{"quoted", `CREATE INDEX "i" ON "t" ("Odd", "a")`, `CREATE INDEX i ON t ("Odd", a)`, true},
		{"quoted or folded", `CREATE INDEX i ON t (odd)`, `CREATE INDEX i ON t ("Odd")`, false},
		{"fillfactor", `CREATE INDEX i ON t (a)`, `CREATE INDEX i ON t (a) WITH (fillfactor = 70)`, false},
		{"operator class", `CREATE INDEX i ON t (e)`, `CREATE INDEX i ON t (e text_pattern_ops)`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.Exec(t, c.there)
			defer d.Exec(t, `DROP INDEX i`)
			definition := dbtest.QueryVal[string](t, d, `SELECT pg_get_indexdef('i'::regclass)`)
			if got := apply.SameDefinition(c.want, definition); got != c.same {
				t.Errorf("%s\n%s\nsame %v, want %v", c.want, definition, got, c.same)
			}
		})
	}
}
