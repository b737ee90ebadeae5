package inspect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview/parse"
	"belay/sqlview/proof"
)

// ears are event triggers of every event and some tags, each of which writes down what
// it heard.
const ears = `CREATE TABLE heard (at int, name text);
	CREATE SEQUENCE statement;
	CREATE FUNCTION hear() RETURNS event_trigger LANGUAGE plpgsql AS
		$$BEGIN INSERT INTO public.heard
			VALUES (coalesce(current_setting('test.at', true), '-1')::int, TG_EVENT || ' ' || TG_TAG); END$$;
	CREATE EVENT TRIGGER e1 ON ddl_command_start EXECUTE FUNCTION hear();
	CREATE EVENT TRIGGER e2 ON ddl_command_end EXECUTE FUNCTION hear();
	CREATE EVENT TRIGGER e3 ON sql_drop EXECUTE FUNCTION hear();
	CREATE EVENT TRIGGER e4 ON table_rewrite EXECUTE FUNCTION hear();
	CREATE EVENT TRIGGER e5 ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'CREATE INDEX') EXECUTE FUNCTION hear();
	CREATE EVENT TRIGGER deaf ON ddl_command_end EXECUTE FUNCTION hear();
	ALTER EVENT TRIGGER deaf DISABLE`

// TestListenersAreHeard holds what is said of event triggers against those that fire.
func TestListenersAreHeard(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	d.Exec(t, ears)
	role, _ := d.Role(t, "hearer", "")
	c := monitor(t, d.DSN)
	defer c.Close()
	all, err := inspect.EventTriggers(bounded(t), c)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]proof.Listener{}
	for _, e := range all {
		by[e.Name] = proof.Listener{Name: e.Name, Owner: e.Owner, Event: e.Event, Tags: e.Tags}
	}
	if len(by) != 5 || !slices.Equal(by["e5"].Tags, []string{"ALTER TABLE", "CREATE INDEX"}) {
		t.Fatalf("got %+v", all)
	}
	conn := d.Conn(t)
	for i, sql := range strings.Split(strings.ReplaceAll(heardStatements, "ROLE_OF_TEST", role), "\n") {
		if _, err := conn.Exec(bounded(t), fmt.Sprintf("SET test.at = %d", i)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.PgConn().Exec(bounded(t), sql).ReadAll(); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		files, err := new(parse.Parser).Parse(bounded(t), []byte(sql))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range by {
			var fired bool
			if err := conn.QueryRow(bounded(t),
				"SELECT EXISTS (SELECT FROM heard WHERE at = $1 AND name LIKE $2 || ' %' "+
					"AND (cardinality($3::text[]) = 0 "+
					"OR split_part(name, ' ', 2) || ' ' || split_part(name, ' ', 3) = ANY ($3)))",
				i, l.Event, l.Tags).Scan(&fired); err != nil {
				t.Fatal(err)
			}
			ran := []proof.File{{Path: "up.sql", Statements: files[0].Statements}}
			_, at := proof.Heard(ran, []proof.Listener{l})
			exact := strings.HasPrefix(l.Event, "ddl_command") && !strings.HasPrefix(sql, "REINDEX") &&
				!strings.HasPrefix(sql, "COMMENT ON ROLE")
			if fired && len(at) == 0 || exact && !fired && len(at) > 0 {
				t.Errorf("%s: %s %s fired: %v, said: %v", sql, l.Name, l.Event, fired, at)
			}
		}
	}
}

const heardStatements = `CREATE TABLE a (id int PRIMARY KEY, n text)
CREATE TABLE b AS SELECT 1 AS id
SELECT 1 AS id INTO c
INSERT INTO a VALUES (1, 'x')
UPDATE a SET n = 'y'
ALTER TABLE a ADD COLUMN m int DEFAULT 3
ALTER TABLE a ALTER id TYPE bigint
ALTER TABLE a RENAME COLUMN m TO k
ALTER TABLE a DROP COLUMN k
CREATE INDEX i ON a (n)
ALTER INDEX i RENAME TO i2
REINDEX TABLE a
DROP INDEX i2
CREATE VIEW v AS SELECT 1 AS x
CREATE OR REPLACE VIEW v AS SELECT 2 AS x
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x
REFRESH MATERIALIZED VIEW mv
COMMENT ON TABLE a IS 'x'
GRANT SELECT ON a TO PUBLIC
REVOKE SELECT ON a FROM PUBLIC
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE TYPE mood AS ENUM ('good')
ALTER TYPE mood ADD VALUE 'bad'
CREATE SCHEMA s CREATE TABLE t (id int)
ALTER SCHEMA s RENAME TO s2
DROP SCHEMA s2 CASCADE
TRUNCATE a
ANALYZE a
VACUUM a
CLUSTER a USING a_pkey
SET work_mem = '1MB'
GRANT pg_monitor TO ROLE_OF_TEST
ALTER ROLE ROLE_OF_TEST SET work_mem = '1MB'
COMMENT ON ROLE ROLE_OF_TEST IS 'x'
CREATE PUBLICATION p FOR TABLE a
DROP PUBLICATION p
CREATE EVENT TRIGGER never ON sql_drop EXECUTE FUNCTION hear()
ALTER EVENT TRIGGER never DISABLE
DROP EVENT TRIGGER never
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC
CREATE STATISTICS st ON id, n FROM a
CREATE POLICY pol ON a USING (true)
CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING
CREATE SEQUENCE q
ALTER SEQUENCE q RESTART
DROP TABLE a, b, c`

// TestAFileMakesItsListener: what a file makes or enables is heard from then on.
func TestAFileMakesItsListener(t *testing.T) {
	t.Parallel()
	files, err := new(parse.Parser).Parse(bounded(t), []byte(`ALTER TABLE a ADD b int;
		CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('create table') EXECUTE FUNCTION f();
		ALTER TABLE a ADD c int;
		CREATE TABLE n (id int);
		ALTER EVENT TRIGGER old ENABLE ALWAYS;
		ALTER TABLE a ADD d int`))
	if err != nil {
		t.Fatal(err)
	}
	by, at := proof.Heard([]proof.File{{Path: "up.sql", Statements: files[0].Statements}}, nil)
	var lines []int
	for _, p := range at {
		lines = append(lines, p.Line)
	}
	if len(by) != 2 || by[0].Name != "e" || by[1].Name != "old" || !slices.Equal(lines, []int{4, 6}) {
		t.Errorf("%+v at %v", by, lines)
	}
}
