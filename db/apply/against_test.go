package apply

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"belay/db/dbtest"
	"belay/sqlview/catalog"
	"belay/sqlview/parse"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const againstMade = `CREATE TABLE pa (id int PRIMARY KEY, kind text);
	INSERT INTO pa SELECT g, 'k' FROM generate_series(1, 10) g;
	CREATE TABLE ta (id int PRIMARY KEY, n bigint, name text, ref int, "Odd ""C" int, due numeric);
	INSERT INTO ta SELECT g, g, 'name' || g, g, g, g FROM generate_series(1, 9) g;
	INSERT INTO ta VALUES (77, 5000000000, NULL, 99, NULL, 12345.678), (78, NULL, '77 of them', NULL, 0, NULL);
	ALTER TABLE ta ADD CONSTRAINT late CHECK (n < 100) NOT VALID;
	ALTER TABLE ta ADD CONSTRAINT late_fk FOREIGN KEY (ref) REFERENCES pa NOT VALID;
	CREATE TABLE parted (id int, ref int) PARTITION BY LIST (id);
	CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
	INSERT INTO parted VALUES (1, 3), (1, 44), (1, 45);
	CREATE TABLE base (a int); CREATE TABLE heir () INHERITS (base); INSERT INTO heir VALUES (NULL);`

// TestAgainst counts what stands against statements, runs them, and holds the code that
// the server answers with against what was said.
func TestAgainst(t *testing.T) {
	t.Parallel()
	cases := []struct {
		sql  string
		code string
		rows int64
		key  string
		from int // the first version on which the rows are looked for
	}{
		{sql: `ALTER TABLE ta ALTER COLUMN name SET NOT NULL`, code: "23502", rows: 1, key: "77"},
		{sql: `ALTER TABLE ta ALTER "Odd ""C" SET NOT NULL`, code: "23502", rows: 1, key: "77"},
		{sql: `ALTER TABLE ta ALTER COLUMN id SET NOT NULL`},
		{sql: `ALTER TABLE ONLY ta ADD CONSTRAINT "x(" CHECK ( /* ) */ n < 100 AND name <> ')' -- )
			)`, code: "23514", rows: 1, key: "77"},
		{sql: `ALTER TABLE ta ADD CHECK (id > 0)`},
		{sql: `ALTER TABLE ta ADD CHECK (n < 100) NOT VALID`},
		{sql: `ALTER TABLE ta VALIDATE CONSTRAINT late`, code: "23514", rows: 1, key: "77"},
		{sql: `ALTER TABLE ta VALIDATE CONSTRAINT late_fk`, code: "23503", rows: 1, key: "77"},
		{sql: `ALTER TABLE ta ADD FOREIGN KEY (ref) REFERENCES pa`, code: "23503", rows: 1, key: "77"},
		{sql: `ALTER TABLE ta ADD FOREIGN KEY (id) REFERENCES pa (id)`, code: "23503", rows: 2, key: "77"},
		{sql: `ALTER TABLE parted ADD FOREIGN KEY (ref) REFERENCES pa`, code: "23503", rows: 2},
		{sql: `ALTER TABLE base ALTER COLUMN a SET NOT NULL`, code: "23502", rows: 1},
		{sql: `ALTER TABLE ta ALTER COLUMN n TYPE int`, code: "22003", rows: 1, key: "77"},
		{sql: `ALTER TABLE ta ALTER COLUMN id TYPE smallint`},
		{sql: `ALTER TABLE ta ALTER COLUMN name TYPE varchar(8)`, code: "22001", rows: 1, key: "78"},
		{sql: `ALTER TABLE ta ALTER COLUMN name TYPE varchar(8) USING name::varchar(8)`},
		{sql: `ALTER TABLE ta ALTER COLUMN name TYPE int USING name::int`, code: "22P02", rows: 10, key: "1", from: 16},
		{sql: `ALTER TABLE pa ALTER COLUMN kind TYPE date USING kind::date`, code: "22007", rows: 10, key: "1", from: 16},
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dbtest.New(t).DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, againstMade, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	var version int
	row := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int / 10000")
	if err := row.Scan(&version); err != nil {
		t.Fatal(err)
	}
	sources := [][]byte{[]byte(againstMade)}
	for _, c := range cases {
		sources = append(sources, []byte(c.sql))
	}
	files, err := parse.Parse(ctx, sources...)
	if err != nil {
		t.Fatal(err)
	}
	cat := catalog.FromStatements(catalog.SourceLive, files[0].Statements, version)
	for _, r := range cat.Relations.All() {
		r.CreatedHere = false
	}
	for i, c := range cases {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if version < c.from {
				t.Skipf("the statement is there from %d on", c.from)
			}
			said, rows, key := look(ctx, t, conn, AgainstOf(files[i+1].Statements[0], cat, version))
			if said != c.code || rows != c.rows || key != c.key {
				t.Errorf("%s: %q, %d rows, key %q", c.sql, said, rows, key)
			}
			if got := refusedWith(ctx, t, conn, c.sql); got != c.code {
				t.Errorf("%s: the server answers %q, want %q", c.sql, got, c.code)
			}
		})
	}
}

// look runs the queries of what a statement checks.
func look(ctx context.Context, t *testing.T, conn *pgx.Conn, all []Against) (code string, rows int64, key string) {
	t.Helper()
	for _, a := range all {
		if err := conn.QueryRow(ctx, a.Query()).Scan(&rows); err != nil {
			t.Fatalf("%s: %v", a.Query(), err)
		}
		if rows == 0 {
			continue
		}
		code = a.Code
		if a.Example() != "" {
			if err := conn.QueryRow(ctx, a.Example()).Scan(&key); err != nil {
				t.Fatalf("%s: %v", a.Example(), err)
			}
		}
	}
	return code, rows, key
}

// refusedWith is the SQLSTATE of a statement that is rolled back in any case.
func refusedWith(ctx context.Context, t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	_, err = tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}
