package apply_test

import (
	"testing"

	"belay/db"
	"belay/db/dbtest"
)

// The look says beforehand what the server itself says of the build: each index
// is built after it. Where it cannot, it says that.
func TestLookForDuplicates(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		name, setup, sql string
		partitioned      bool
		unsure           bool
		min              int // server_version_num that the statement needs
	}{
		{name: "columns", setup: `INSERT INTO u VALUES (1, 'a'), (1, 'b')`, sql: `CREATE UNIQUE INDEX ON u (a)`},
		{name: "two columns", setup: `INSERT INTO u VALUES (1, 'a'), (1, 'b')`, sql: `CREATE UNIQUE INDEX ON u (a, s)`},
		{
			name: "nulls", setup: `INSERT INTO u VALUES (NULL, 'a'), (NULL, 'a'), (1, NULL), (1, NULL)`,
			sql: `CREATE UNIQUE INDEX ON u (a, s)`,
		},
		{
			name: "nulls not distinct", setup: `INSERT INTO u VALUES (NULL, 'a'), (NULL, 'a')`,
			sql: `CREATE UNIQUE INDEX ON u (a, s) NULLS NOT DISTINCT`, min: 150000,
		},
		{
			name: "expression", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'A')`,
			sql: "CREATE UNIQUE INDEX i ON u -- (why\n (lower(s /* ) */) DESC)",
		},
		{
			name: "expression and column", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'A')`,
			sql: `CREATE UNIQUE INDEX ON u (a, (s || ',)'), coalesce(s, '') NULLS FIRST)`,
		},
		{
			name: "expression of an array", setup: `INSERT INTO u VALUES (1, 'a'), (1, 'a')`,
			sql: `CREATE UNIQUE INDEX ON u ((ARRAY[a, 1]), (upper(u.s)))`,
		},
		{name: "constant", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'b')`, sql: `CREATE UNIQUE INDEX ON u ((true))`},
		{name: "number", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'b')`, sql: `CREATE UNIQUE INDEX ON u ((1))`},
		{name: "composite",
			setup: `CREATE TYPE pair AS (x int, y int); ALTER TABLE u ADD p pair; INSERT INTO u VALUES (1, 'a', (1, NULL)), (2, 'b', (1, NULL))`,
			sql:   `CREATE UNIQUE INDEX ON u (p)`},
		{name: "collation",
			setup: `CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false); INSERT INTO u VALUES (1, 'a'), (2, 'A')`,
			sql:   `CREATE UNIQUE INDEX ON u (s COLLATE folded)`},
		{name: "column's collation",
			setup: `CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
			ALTER TABLE u ALTER s TYPE text COLLATE folded; INSERT INTO u VALUES (1, 'a'), (2, 'A')`, sql: `CREATE UNIQUE INDEX ON u (s)`},
		{
			name: "other collation", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'A')`,
			sql: `CREATE UNIQUE INDEX ON u (s COLLATE pg_catalog."C")`,
		},
		{
			name: "pattern class", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'a')`,
			sql: `CREATE UNIQUE INDEX ON u (s text_pattern_ops)`,
		},
		{
			name: "operator class", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'a')`,
			sql: `CREATE UNIQUE INDEX ON u (s text_ops)`, unsure: true,
		},
		{
			name: "predicate", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'a')`,
			sql: `CREATE UNIQUE INDEX ON u (s) INCLUDE (a) WHERE a > 1 -- late`,
		},
		{
			name: "predicate that holds", setup: `INSERT INTO u VALUES (1, 'a'), (2, 'a')`,
			sql: `CREATE UNIQUE INDEX ON u (s) WITH (fillfactor = 70) WHERE (a > 0)`,
		},
		{
			name:  "children",
			setup: `CREATE TABLE child () INHERITS (u); INSERT INTO u VALUES (1); INSERT INTO child VALUES (1)`,
			sql:   `CREATE UNIQUE INDEX ON u (a)`,
		},
		{
			name: "constraint", setup: `INSERT INTO u VALUES (1, 'a'), (1, 'a'), (NULL, 'b'), (NULL, 'b')`,
			sql: `ALTER TABLE u ADD CHECK (true), ADD CONSTRAINT c UNIQUE (a, s) INCLUDE (a)`,
		},
		{
			name: "constraint, nulls not distinct", setup: `INSERT INTO u VALUES (NULL, 'a'), (NULL, 'a')`,
			sql: `ALTER TABLE u ADD UNIQUE NULLS NOT DISTINCT (a)`, min: 150000,
		},
		{
			name: "primary key", setup: `INSERT INTO u VALUES (1, 'a'), (1, 'b')`,
			sql: `ALTER TABLE u ADD PRIMARY KEY (a)`,
		},
		{
			name: "partitions", setup: parts + `; INSERT INTO p VALUES (1, 1)`, sql: `CREATE UNIQUE INDEX ON p (id, d)`,
			partitioned: true,
		},
	} {
		if !dbtest.InShort(i, 4) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.New(t)
			if at := dbtest.QueryVal[int](t, d, `SELECT current_setting('server_version_num')::int`); at < c.min {
				t.Skip("the statement is there from 15 on")
			}
			d.Exec(t, `CREATE TABLE u (a int, s text)`)
			d.Exec(t, c.setup)
			u := fromText(t, c.sql).Statements[0].Uniques[0]
			if (u.Unsure != "") != c.unsure || (u.Query(c.partitioned) == "") != c.unsure {
				t.Fatalf("unsure %q, asks %q", u.Unsure, u.Query(c.partitioned))
			}
			if c.unsure {
				return
			}
			found := dbtest.QueryVal[int](t, d, u.Query(c.partitioned))
			if fails := refused(t, d, c.sql); (found > 0) != fails {
				t.Errorf("%s\nfound %d, the build fails: %v", u.Query(c.partitioned), found, fails)
			}
		})
	}
	for sql, only := range map[string]bool{
		`ALTER TABLE ONLY t ADD UNIQUE (a)`: true, `ALTER TABLE t ADD UNIQUE (a)`: false,
		`CREATE UNIQUE INDEX ON ONLY t (a)`: true,
	} {
		if u := fromText(t, sql).Statements[0].Uniques; len(u) != 1 || u[0].Only != only {
			t.Errorf("%s: %+v", sql, u)
		}
	}
	for _, sql := range []string{`CREATE INDEX ON t (a)`, `ALTER TABLE t ADD CHECK (a > 0), ADD UNIQUE USING INDEX i`} {
		if u := fromText(t, sql).Statements[0].Uniques; len(u) > 0 {
			t.Errorf("%s asks %v", sql, u)
		}
	}
}

// refused builds the index and reports whether a duplicate was in its way.
func refused(t *testing.T, d *dbtest.DB, sql string) bool {
	t.Helper()
	_, err := d.Conn(t).Exec(t.Context(), sql)
	if err != nil && db.SQLState(err) != "23505" {
		t.Fatalf("%s: %v", sql, err)
	}
	return err != nil
}
