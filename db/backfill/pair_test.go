package backfill_test

import (
	"fmt"
	"testing"

	"belay/db/dbtest"
	"belay/sqlview/synctrigger"
)

// A pair of columns stays in step in the direction of who wrote, whatever the
// shape of the write, and a row that nobody wrote is left to the backfill.
func TestPairFollowsWhoWrote(t *testing.T) {
	renamed := synctrigger.Pair{Old: "old", New: "New"}
	lossy := synctrigger.Pair{
		Old: "old", New: "New", ToNew: "NEW.old::pg_catalog.int4", ToOld: "NEW.\"New\"::pg_catalog.text",
		NewDefault: "7::pg_catalog.int4",
	}
	oneWay := lossy
	oneWay.OneWay, oneWay.ToOld = true, ""
	d := dbtest.New(t)
	for _, c := range []struct {
		name, table string
		pair        synctrigger.Pair
		write       string
		want        string
	}{
		{"old code inserts", "old text", renamed, `INSERT INTO t (id, old) VALUES (9, 'a')`, "9 a a"},
		{"new code inserts", "old text", renamed, `INSERT INTO t (id, "New") VALUES (9, 'a')`, "9 a a"},
		{"nobody gives a value", "old text", renamed, `INSERT INTO t (id) VALUES (9)`, "9 - -"},
		{"the default of the old column", "old text DEFAULT 'd'", renamed, `INSERT INTO t (id) VALUES (9)`, "9 d d"},
		{
			"new code over the old default", "old text DEFAULT 'd'", renamed,
			`INSERT INTO t (id, "New") VALUES (9, 'a')`, "9 a a",
		},
		{"both, the same", "old text", renamed, `INSERT INTO t VALUES (9, 'a', 'a')`, "9 a a"},
		{"both, apart: the newer code stands", "old text", renamed, `INSERT INTO t VALUES (9, 'a', 'b')`, "9 b b"},
		{"an ORM that names both", "old text", renamed, `INSERT INTO t VALUES (9, 'a', NULL)`, "9 a a"},
		{"old code updates", "old text", renamed, `UPDATE t SET old = 'z' WHERE id = 2`, "2 z z"},
		{"new code updates", "old text", renamed, `UPDATE t SET "New" = 'z' WHERE id = 2`, "2 z z"},
		{"old code empties it", "old text", renamed, `UPDATE t SET old = NULL WHERE id = 2`, "2 - -"},
		{"new code empties it", "old text", renamed, `UPDATE t SET "New" = NULL WHERE id = 2`, "2 - -"},
		{
			"both, apart, in one update", "old text", renamed, `UPDATE t SET old = 'y', "New" = 'z' WHERE id = 2`,
			"2 z z",
		},
		{"a row not filled yet, another column", "old text", renamed, `UPDATE t SET id = 9 WHERE id = 1`, "9 1 -"},
		{"a row not filled yet, old code", "old text", renamed, `UPDATE t SET old = 'z' WHERE id = 1`, "1 z z"},
		{"a row not filled yet, new code", "old text", renamed, `UPDATE t SET "New" = 'z' WHERE id = 1`, "1 z z"},
		{"the backfill", "old text", renamed, `UPDATE t SET "New" = old WHERE "New" IS NULL`, "1 1 1"},
		{
			"an upsert of old code", "old text", renamed,
			`INSERT INTO t (id, old) VALUES (2, 'z') ON CONFLICT (id) DO UPDATE SET old = EXCLUDED.old`, "2 z z",
		},
		{
			"an upsert of new code", "old text", renamed,
			`INSERT INTO t (id, "New") VALUES (2, 'z') ON CONFLICT (id) DO UPDATE SET "New" = EXCLUDED."New"`, "2 z z",
		},
		{
			"json has no equality", "old json", renamed, `UPDATE t SET old = '{"a": 1}' WHERE id = 2`,
			`2 {"a": 1} {"a": 1}`,
		},

		{"a value is converted", "old text", lossy, `INSERT INTO t (id, old) VALUES (9, '05')`, "9 05 5"},
		{"and back", "old text", lossy, `INSERT INTO t (id, "New") VALUES (9, 5)`, "9 5 5"},
		{
			"the new column's default is not written", "old text DEFAULT '3'", lossy, `INSERT INTO t (id) VALUES (9)`,
			"9 3 3",
		},
		{"both, the same, lossy", "old text", lossy, `INSERT INTO t VALUES (9, '05', 5)`, "9 05 5"},
		{
			"the backfill of a lossy one", "old text", lossy,
			`UPDATE t SET old = '01' WHERE id = 1; UPDATE t SET "New" = old::int WHERE id = 1`, "1 01 1",
		},
		{
			"new code where the old value has no new one", "old text", lossy,
			`ALTER TABLE t DISABLE TRIGGER USER; UPDATE t SET old = 'x' WHERE id = 1; ALTER TABLE t ENABLE TRIGGER USER; UPDATE t SET "New" = 6 WHERE id = 1`, "1 6 6",
		},
		{"one way", "old text", oneWay, `UPDATE t SET old = '05' WHERE id = 2`, "2 05 5"},
		{"one way leaves the old column", "old text", oneWay, `UPDATE t SET "New" = 6 WHERE id = 2`, "2 2 6"},
		{"one way, inserted", "old text", oneWay, `INSERT INTO t VALUES (9, '05', 6)`, "9 05 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fresh := map[bool]string{true: `text`, false: `int DEFAULT 7`}[c.pair.ToNew == ""]
			if c.table == "old json" {
				fresh = "json"
			}
			d.Exec(t,
				`DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, `+c.table+
					`); INSERT INTO t VALUES (1, '1'), (2, '2'); ALTER TABLE t ADD COLUMN "New" `+fresh)
			d.Exec(t,
				`UPDATE t SET "New" = CASE id WHEN 2 THEN old::text::`+
					map[bool]string{true: "int", false: fresh}[c.pair.ToNew != ""]+` END`)
			c.pair.Trigger = synctrigger.Trigger{Name: "zz_t_sync", Tables: []string{"t"}}
			s := c.pair.SQL()
			for _, sql := range s.Create {
				d.Exec(t, sql)
			}
			d.Exec(t, c.write)
			id := c.want[:1]
			got := dbtest.QueryVal[string](t, d,
				fmt.Sprintf(
					`SELECT id || ' ' || coalesce(old::text, '-') || ' ' || coalesce("New"::text, '-') FROM t WHERE id = %s`, id,
				))
			if got != c.want {
				t.Errorf("stored %q, want %q", got, c.want)
			}
			for _, sql := range s.Drop {
				d.Exec(t, sql)
			}
			if n := d.Count(t, `pg_proc WHERE proname ~ '^zz_'`) +
				d.Count(t, `pg_trigger WHERE tgname ~ '^zz_'`); n != 0 {
				t.Errorf("%d objects are left", n)
			}
		})
	}
}
