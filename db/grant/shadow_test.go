package grant_test

import (
	"testing"

	"belay/db/dbtest"
	"belay/db/grant"
	"belay/db/ledger"
	"belay/sqlview/parse"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestSuperuserReachesNothing runs what a DBA is given as the DBA does, where a lesser
// role has put an object of its own before each of the catalog's, and where the
// database changes how a text is read.
func TestSuperuserReachesNothing(t *testing.T) {
	d := dbtest.Shadowed(t, "shadowed_dba", true)
	d.Exec(t, `CREATE SCHEMA "Zürich\"; CREATE TABLE "Zürich\".orders (id pg_catalog.int8 PRIMARY KEY)`)
	f, err := grant.Read(t.Context(), d.Conn(t), `"Zürich\"."orders"`)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, role := range []string{grant.Run, grant.Become, grant.View, grant.Dump, grant.Smoke} {
			d.Exec(t, "DROP OWNED BY "+role+"; DROP ROLE "+role)
		}
	})
	conn := dbtest.Connect(t, d.SocketDSN+dbtest.ShadowOptions+"&application_name=dba")
	run(t, conn, "SET standard_conforming_strings = off; SET client_encoding = LATIN1")
	run(t, conn, f.Script())
	run(t, conn, ledger.Script(grant.Run, grant.View))
	for _, r := range d.Reached(t) {
		if r.Application == "dba" {
			t.Error(r)
		}
	}
	if status, err := ledger.Read(t.Context(), d.Conn(t)); err != nil || status.Version != ledger.Version {
		t.Errorf("the ledger is %+v, %v", status, err)
	}
	var may bool
	err = d.Conn(t).QueryRow(t.Context(),
		`SELECT pg_catalog.has_table_privilege('belay_run', '"Zürich\".orders', 'SELECT')`).Scan(&may)
	if err != nil || !may {
		t.Errorf("belay_run may not read the history: %v", err)
	}
}

// run sends a script as psql does: statement by statement, each as it stands.
func run(t *testing.T, conn *pgx.Conn, script string) {
	t.Helper()
	files, err := parse.Parse(t.Context(), []byte(script))
	if err != nil || files[0].Problem != nil {
		t.Fatal(err, files[0].Problem)
	}
	for _, s := range files[0].Statements {
		if _, err := conn.PgConn().Exec(t.Context(), s.SQL).ReadAll(); err != nil {
			t.Fatalf("%v\n%s", err, s.SQL)
		}
	}
}
