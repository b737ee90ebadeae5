package dbtest_test

import (
	"testing"

	"belay/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestDatabasesAreApart(t *testing.T) {
	a, b := dbtest.New(t), dbtest.New(t)
	a.Exec(t, `CREATE TABLE orders (id bigint PRIMARY KEY)`)
	a.Exec(t, `INSERT INTO orders VALUES ($1), ($2)`, 1, 2)
	if n := a.Count(t, `orders`); n != 2 {
		t.Errorf("rows = %d, want 2", n)
	}
	if dbtest.QueryVal[bool](t, b, `SELECT pg_catalog.to_regclass('orders') IS NOT NULL`) {
		t.Error("a table of one database is seen in the other")
	}
	if a.Cluster().PID() == 0 || a.Cluster().PID() != b.Cluster().PID() {
		t.Error("two databases of one test binary do not share a server")
	}
}

func TestDatabaseEndsWithItsTest(t *testing.T) {
	outer := dbtest.New(t)
	var name string
	t.Run("inner", func(t *testing.T) {
		db := dbtest.New(t)
		name = db.Name
		db.Conn(t) // an open session must not keep the database
	})
	if dbtest.QueryVal[bool](t, outer, `SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)`, name) {
		t.Errorf("database %s is still there", name)
	}
}

func TestRole(t *testing.T) {
	db := dbtest.New(t)
	var name string
	t.Run("inner", func(t *testing.T) {
		var dsn string
		name, dsn = db.Role(t, "migrator", "NOSUPERUSER")
		var user string
		if err := dbtest.Connect(t, dsn).QueryRow(t.Context(), `SELECT current_user`).Scan(&user); err != nil ||
			user != name {
			t.Errorf("current_user = %q, %v; want %q", user, err, name)
		}
		if _, err := dbtest.Connect(t, dsn).Exec(t.Context(), `CREATE ROLE other`); err == nil {
			t.Error("a role without rights created a role")
		}
	})
	if dbtest.QueryVal[bool](t, db, `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)`, name) {
		t.Errorf("role %s is still there", name)
	}
}
