package backfill_test

import (
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
)

// Operators of an extension's type live in its schema, and none of them is found
// by a path: one row comparison where all are of one schema, else column by column.
// The text of each type is read as the type reads it.
func TestKeysOfManyTypes(t *testing.T) {
	for _, c := range []struct{ name, needs, sql string }{
		{"an extension's", "citext",
			`CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE TABLE t (id ext.citext PRIMARY KEY, n int DEFAULT 0);
			INSERT INTO t SELECT chr(65 + i % 26) || chr(97 + i % 25) || i FROM generate_series(1, 2000) i`},
		{"mixed", "citext",
			`CREATE EXTENSION citext; CREATE TABLE t (a int, b citext, c bigint, n int DEFAULT 0, PRIMARY KEY (a, b, c));
			INSERT INTO t SELECT i % 3, chr(65 + i % 7), i FROM generate_series(1, 2000) i`},
		{"of all kinds", "plpgsql", `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
			CREATE TABLE t (a bool, b bytea, c interval, d mood, e int4range, f numeric, g "char", h bit(3), n int DEFAULT 0, PRIMARY KEY (a, d, e, b, c, f, g, h));
			INSERT INTO t SELECT i % 2 = 0, decode(md5(i::text), 'hex'), i * interval '-1 day 1.5 hours', (enum_range(NULL::mood))[1 + i % 3],
				int4range(i % 10, i % 10 + 5), i / 7.0, chr(97 + i % 20)::"char", (i % 8)::bit(3) FROM generate_series(1, 2000) i`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if dbtest.New(t).Count(t, "pg_available_extensions WHERE name = '"+c.needs+"'") == 0 {
				t.Skip(c.needs + " is not installed")
			}
			s := newStand(t, c.sql)
			// What a session prints and reads by default must not matter.
			s.Exec(t,
				`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET IntervalStyle = sql_standard', current_database());
				EXECUTE format('ALTER DATABASE %I SET bytea_output = escape', current_database());
				EXECUTE format('ALTER DATABASE %I SET DateStyle = ''SQL, DMY''', current_database()); END $$`)
			s.conn = connect(t, s.dsn)
			res := run(t, s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 100})))
			if res.Rows != 2000 || s.Count(t, "t WHERE n = 1") != 2000 || res.Batches < 10 {
				t.Errorf("%d rows changed in %d batches, %d are 1", res.Rows, res.Batches, s.Count(t, "t WHERE n = 1"))
			}
		})
	}
}
