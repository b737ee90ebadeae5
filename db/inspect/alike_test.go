package inspect_test

import (
	"slices"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
)

// TestTablesLike: letters are compared, not bytes.
func TestTablesLike(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE "aéro" (id int); CREATE TABLE orders (id int, "Ü" int)`)
	c := monitor(t, d.DSN)
	for name, want := range map[string][]string{"aéxy": {"aéro"}, "aé": {"aéro"}, "ordes": {"orders"}, "zz": nil} {
		if got, err := inspect.TablesLike(t.Context(), c, name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	if got, err := inspect.Columns(t.Context(), c, "", "orders"); err != nil || len(got) != 2 {
		t.Errorf("%q, %v", got, err)
	}
}
