package inspect_test

import (
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
)

// TestShortPublications publishes tables in every shape that may leave out a part of
// their replica identity, and holds what the catalog says against an UPDATE.
func TestShortPublications(t *testing.T) {
	d := dbtest.New(t)
	if s := read(t, monitor(t, d.DSN)); s.Version() < 15 {
		t.Skip("before 15 nothing is left out of a publication")
	}
	identities := map[string]string{
		"d": "DEFAULT", "i": "USING INDEX %_k", "f": "FULL", "n": "NOTHING",
	}
	published := map[string]string{
		"whole": "", "key": "(id)", "other": "(id, k)", "filtered": "WHERE (id > 3)", "elsewhere": "WHERE (a > 3)",
		"both": "(id, k) WHERE (k > 3)", "neither": "(id, a) WHERE (a > 3)",
	}
	var tables []string
	for identity, sql := range identities {
		for shape, of := range published {
			name := "t_" + identity + "_" + shape
			tables = append(tables, name)
			d.Exec(t, strings.ReplaceAll("CREATE TABLE % (id int PRIMARY KEY, a int, k int NOT NULL UNIQUE);"+
				"ALTER TABLE % RENAME CONSTRAINT %_k_key TO %_k; ALTER TABLE % REPLICA IDENTITY "+sql+
				"; CREATE PUBLICATION p_% FOR TABLE % "+of, "%", name))
		}
	}
	short := map[string]bool{}
	for _, p := range read(t, monitor(t, d.DSN)).Publications {
		for _, name := range p.Short {
			short[strings.TrimPrefix(name, "public.")] = true
		}
	}
	if len(short) == 0 || len(short) == len(tables) {
		t.Fatalf("%d of %d tables are short", len(short), len(tables))
	}
	slices.Sort(tables)
	for _, name := range tables {
		_, err := d.Conn(t).Exec(t.Context(), "UPDATE "+name+" SET a = 1")
		fails := err != nil && strings.Contains(err.Error(), "42P10")
		if fails != short[name] {
			t.Errorf("%s: short %v, and an UPDATE says %v", name, short[name], err)
		}
	}
}
