package inspect_test

import (
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview/catalog"
	"belay/sqlview/proof"
)

// TestProofOfOwners: who owns what IF NOT EXISTS met is asked for, and what a later
// statement gives away is looked for there.
func TestProofOfOwners(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	app, _ := d.Role(t, "app", "")
	dba, _ := d.Role(t, "dba", "")
	me := strings.TrimSpace(text(t, d, "SELECT current_user"))
	quoted := func(s string) string { return strings.NewReplacer("APP", app, "DBA", dba, "ME", me).Replace(s) }
	for _, c := range []struct{ given, sql, want string }{
		{`CREATE SCHEMA s AUTHORIZATION DBA`, `CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION APP`,
			"schema s belongs to DBA, not to APP: it was there before, and nothing was made"},
		{`CREATE SCHEMA s AUTHORIZATION DBA`, `CREATE SCHEMA IF NOT EXISTS s`,
			"schema s belongs to DBA, not to ME: it was there before, and nothing was made"},
		{`CREATE SCHEMA APP AUTHORIZATION DBA`, `CREATE SCHEMA IF NOT EXISTS AUTHORIZATION APP`,
			"schema APP belongs to DBA, not to APP: it was there before, and nothing was made"},
		{`CREATE SCHEMA s AUTHORIZATION DBA`,
			`CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION APP; ALTER SCHEMA s OWNER TO APP`, ""},
		{`CREATE SCHEMA s AUTHORIZATION APP`, `CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION APP`, ""},
		{`CREATE SCHEMA s`, `CREATE SCHEMA IF NOT EXISTS s AUTHORIZATION CURRENT_USER`, ""},
		{``, `CREATE SCHEMA s AUTHORIZATION APP`, ""},
		{``, `CREATE SCHEMA s; ALTER SCHEMA s OWNER TO DBA`, ""},
		{`CREATE TABLE t (id int)`, `CREATE TABLE IF NOT EXISTS t (id int); ALTER TABLE t OWNER TO APP`, ""},
		{`CREATE TABLE t (id int); ALTER TABLE t OWNER TO DBA`, `CREATE TABLE IF NOT EXISTS t (id int)`,
			"public.t belongs to DBA: it was there before, and nothing was made"},
		{``, `CREATE SEQUENCE IF NOT EXISTS q; ALTER SEQUENCE q OWNER TO APP`, ""},
		{``, `CREATE VIEW v AS SELECT 1; ALTER VIEW v OWNER TO APP; DROP VIEW v`, ""},
	} {
		t.Run(c.sql, func(t *testing.T) {
			d := dbtest.New(t)
			d.Exec(t, quoted(c.given))
			ran, ok := play(t, d, []byte(quoted(c.sql)))
			if !ok {
				t.Fatal("the server refused it")
			}
			var got []string
			for _, f := range proof.Of(catalogOf(t, d), me, []proof.File{{Path: "up.sql", Statements: ran}}).Findings {
				got = append(got, f.Text)
			}
			var want []string
			if c.want != "" {
				want = []string{quoted(c.want)}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func catalogOf(t *testing.T, d *dbtest.DB) *catalog.Snapshot {
	t.Helper()
	c := monitor(t, d.DSN)
	defer c.Close()
	s, err := inspect.Catalog(bounded(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func text(t *testing.T, d *dbtest.DB, sql string) (s string) {
	t.Helper()
	c := d.Conn(t)
	if err := c.QueryRow(bounded(t), sql).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}
