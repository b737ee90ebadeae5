package apply_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/parse"
)

// What the server refuses inside a transaction block, or as one of several
// statements of one message, must be known before: 25001 for what cannot be in
// one, 2D000 for what commits by itself, 25P01 for what needs one.
func TestBlocks(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE p (id int) PARTITION BY RANGE (id);
		CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE INDEX p_i ON p (id); CREATE TYPE e AS ENUM ('a');
		CREATE MATERIALIZED VIEW mv AS SELECT 1 AS a; CREATE UNIQUE INDEX mvi ON mv (a);
		CREATE PROCEDURE chunked() LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET v = 1; COMMIT; END $$;
		CREATE PROCEDURE outer_one() LANGUAGE plpgsql AS $$ BEGIN CALL chunked(); END $$;
		CREATE PROCEDURE calm() LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET v = 1; -- then COMMIT;
			PERFORM 'COMMIT;'; END $$;
		CREATE PROCEDURE plain_sql() LANGUAGE sql AS 'UPDATE t SET v = 2'`)
	const fine, apart, commits, needs = "", "25001", "2D000", "25P01"
	wanted := map[string]string{
		"VACUUM t": apart, "VACUUM": apart, "VACUUM (ANALYZE) t": apart, "VACUUM FULL t": apart, "ANALYZE t": fine,
		"ANALYZE":                fine,
		"CLUSTER t USING t_pkey": fine, "CLUSTER": apart, "REINDEX TABLE t": fine, "REINDEX INDEX t_pkey": fine,
		"REINDEX TABLE p":       apart,
		"REINDEX SCHEMA public": apart, "REINDEX TABLE CONCURRENTLY t": apart, "REINDEX INDEX p_i": apart,
		"CREATE INDEX CONCURRENTLY i ON t (v)": apart, "DROP INDEX CONCURRENTLY t_v": apart,
		"CREATE INDEX ON p (id)":            fine,
		"ALTER TABLE p DETACH PARTITION p1": fine, "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY": apart,
		"CREATE DATABASE other_one": apart, "DROP DATABASE IF EXISTS other_one": apart,
		"ALTER DATABASE postgres SET TABLESPACE pg_default": apart,
		"ALTER DATABASE postgres SET work_mem = '4MB'":      fine, "CREATE TABLESPACE x LOCATION '/nowhere'": apart,
		"DROP TABLESPACE IF EXISTS x":       apart,
		"ALTER SYSTEM SET work_mem = '4MB'": apart, "ALTER SYSTEM RESET work_mem": apart, "DISCARD ALL": apart,
		"DISCARD PLANS": fine, "DISCARD TEMP": fine,
		"COMMIT PREPARED 'x'": apart, "ROLLBACK PREPARED 'x'": apart, "ALTER TYPE e ADD VALUE 'b'": fine,
		"CHECKPOINT": fine, "LISTEN x": fine,
		"CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p":                        apart,
		"REFRESH MATERIALIZED VIEW CONCURRENTLY mv":                                        fine,
		"CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)": fine,
		"LOCK TABLE t IN SHARE MODE NOWAIT":                                                needs,
		"DECLARE c CURSOR FOR SELECT 1":                                                    needs,
		"DECLARE c CURSOR WITH HOLD FOR SELECT 1":                                          fine,
		"SET LOCAL work_mem = '4MB'":                                                       fine,
		"SET CONSTRAINTS ALL IMMEDIATE":                                                    fine, "TRUNCATE t": fine,
		"COPY t TO STDOUT": fine,
		"CALL chunked()":   commits, "CALL outer_one()": commits, "CALL calm()": fine, "CALL plain_sql()": fine,
		"DO $$ BEGIN UPDATE t SET v = 1; COMMIT; END $$": commits, "DO $$ BEGIN ROLLBACK; END $$": commits,
		"DO $$ BEGIN COMMIT AND CHAIN; END $$": commits, "DO $$ BEGIN IF true THEN COMMIT; END IF; END $$": commits,
		"DO $$ BEGIN CALL chunked(); END $$": commits, "DO $$ BEGIN PERFORM 'COMMIT;'; /* COMMIT; */ END $$": fine,
		"DO $$ DECLARE commit int := 1; BEGIN commit := 2; END $$": fine,
		"DO LANGUAGE plpgsql $$ << a >> BEGIN COMMIT; END $$":      commits,
	}
	if d.Cluster().Major() < 14 {
		// Refused wherever they stand: there is no such statement yet.
		for _, sql := range []string{
			"REINDEX TABLE p", "REINDEX INDEX p_i", "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
		} {
			delete(wanted, sql)
		}
	}
	all := slices.Sorted(maps.Keys(wanted))
	texts := make([][]byte, len(all))
	for i, sql := range all {
		texts[i] = []byte(sql)
	}
	files, err := parse.Parse(t.Context(), texts...)
	if err != nil {
		t.Fatal(err)
	}
	snap, conn := catalogOf(t, d), d.Conn(t)
	for i, sql := range all {
		t.Run(sql, func(t *testing.T) {
			want, e := wanted[sql], effect.Of(files[i].Statements[0], snap, 0)
			got := map[bool]string{true: fine, false: apart}[e.Transactional]
			if e.Commits != effect.CommitsNever {
				got = commits
			}
			if e.NeedsBlock {
				got = needs
			}
			if got != want {
				t.Errorf("judged %q, want %q", got, want)
			}
			if served := answered(t, conn, sql, want == needs); served != want {
				t.Errorf("the server answers %q, want %q", served, want)
			}
		})
	}
}

func catalogOf(t *testing.T, d *dbtest.DB) *catalog.Snapshot {
	t.Helper()
	cfg, err := db.ParseConfig(d.DSN, "test")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(t.Context(), cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := inspect.Catalog(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answered sends a statement as golang-migrate does: beside another one in one
// message, or alone. It says which of the codes of blocks the server answers.
func answered(t *testing.T, c *pgx.Conn, sql string, alone bool) string {
	t.Helper()
	text := "SELECT 1; " + sql + "; SELECT 1/0"
	if alone {
		text = sql
	}
	_, err := c.PgConn().Exec(t.Context(), text).ReadAll()
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "25001" || pg.Code == "2D000" || pg.Code == "25P01") {
		return pg.Code
	}
	return ""
}
