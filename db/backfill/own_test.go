package backfill_test

import (
	"slices"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/evidence"
	"belay/db/scratch"
)

// TestABackfillIsNoUse: what a backfill sends, from its first look to its count at the end,
// is never taken for a use of the columns that it reads.
func TestABackfillIsNoUse(t *testing.T) {
	cluster := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{
		"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "all",
	}})
	d := dbtest.In(t, cluster, "shop")
	d.Exec(t, `CREATE EXTENSION pg_stat_statements; CREATE TABLE keyed (id int PRIMARY KEY, email text, mail text);
		CREATE TABLE unkeyed (email text, mail text)`)
	tables := []string{"keyed"}
	if cluster.Major() >= 14 { // a range of ctid is scanned from 14 on
		tables = append(tables, "unkeyed")
	}
	d.Exec(t, `INSERT INTO keyed SELECT g, 'a' FROM generate_series(1, 3000) g; INSERT INTO unkeyed SELECT 'a' FROM generate_series(1, 3000)`)
	createLedger(t, d)
	d.Exec(t, `SELECT pg_stat_statements_reset()`)
	s := &stand{DB: d, dsn: d.DSN, conn: connect(t, d.DSN)}
	for _, table := range tables {
		if res := s.fill(t, backfill.Spec{
			Relation: "public." + table, Set: "mail = email || '@x'", Where: "mail IS NULL AND email IS NOT NULL",
		}); res.Verified.Left != 0 || res.Rows != 3000 {
			t.Fatalf("%s: %+v", table, res)
		}
		subject, err := evidence.Find(t.Context(), s.conn, table+".email")
		if err != nil {
			t.Fatal(err)
		}
		all, _, err := evidence.Look(t.Context(), s.conn, subject, evidence.Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(s evidence.Source) bool { return s.Name == "statements" })
		for _, f := range all[i].Found {
			t.Errorf("%s: %s %s", table, f.Level, f.What)
		}
	}
}
