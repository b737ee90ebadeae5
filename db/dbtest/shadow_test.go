package dbtest

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// The trap must work: each of these names no schema.
func TestShadowIsReached(t *testing.T) {
	d := Shadowed(t, "shadowed", true)
	conn := Connect(t, d.SocketDSN+ShadowOptions+"&application_name=belay")
	for sql, want := range map[string]string{
		`SELECT 1 = 1`: "operator =", `SELECT now()`: "function now",
		`SELECT count(*) FROM pg_catalog.pg_am`: "aggregate count",
		`SELECT FROM pg_class LIMIT 1`:          "relation pg_class", `SELECT 'a' || 1`: "operator ||",
		`SELECT 1.5 * 2`:     "operator *",
		`SELECT 1 IN (1, 2)`: "operator =", `SELECT 1 IS DISTINCT FROM 2`: "operator =",
		`SELECT 'a' LIKE 'b'`: "operator ~~",
		`SELECT 1::text`:      "type text", `SELECT 'a'::public.trap::pg_catalog.text`: "cast of trap to text",
		`SELECT CASE 1 WHEN 2 THEN 3 END`: "operator =", `SELECT nullif(1, 2)`: "operator =",
	} {
		before := len(d.Reached(t))
		if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeExec); err != nil {
			t.Fatal(sql, err)
		}
		all := d.Reached(t)
		if len(all) == before || all[before].What != want || all[before].Application != "belay" ||
			!strings.Contains(all[before].Query, sql) {
			t.Errorf("%s: reached %v, want %s", sql, all[before:], want)
		}
	}
}
