package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/parse"
	"belay/sqlview/proof"
)

// TestRowsThatCodeDecides holds each kind of data change against each kind of code and
// rule on its table: what decides what is stored is named, and nothing else is.
func TestRowsThatCodeDecides(t *testing.T) {
	t.Parallel()
	const given = `CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a');
		CREATE TABLE p (id int, a text) PARTITION BY RANGE (id);
		CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);
		CREATE VIEW v AS SELECT * FROM t; CREATE TABLE log (x int);
		CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';`
	changes := map[string]string{
		"INSERT": "INSERT INTO %s VALUES (2, 'b')", "UPDATE": "UPDATE %s SET a = 'c'", "DELETE": "DELETE FROM %s",
		"UPDATE in a WITH": "WITH n AS (UPDATE %s SET a = 'd' RETURNING 1) SELECT FROM n",
	}
	for _, c := range []struct{ sql, on, want string }{
		{"CREATE TRIGGER g BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()", "t",
			"BEFORE trigger g of public.t"},
		{"CREATE TRIGGER g AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()", "t", ""},
		{"CREATE TRIGGER g BEFORE INSERT OR UPDATE OR DELETE ON t EXECUTE FUNCTION f()", "t", ""},
		{"CREATE TRIGGER g BEFORE TRUNCATE ON t EXECUTE FUNCTION f()", "t", ""},
		{"CREATE TRIGGER g BEFORE UPDATE OF id ON t FOR EACH ROW WHEN (false) EXECUTE FUNCTION f();" +
			"ALTER TABLE t DISABLE TRIGGER g", "t", ""},
		{"CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
			"t", ""},
		{"CREATE RULE g AS ON UPDATE TO t DO INSTEAD NOTHING; CREATE RULE h AS ON INSERT TO t DO INSTEAD NOTHING",
			"t no WITH", "rule g of public.t"},
		{"CREATE TRIGGER g BEFORE INSERT OR UPDATE OR DELETE ON p1 FOR EACH ROW EXECUTE FUNCTION f()", "p",
			"BEFORE trigger g of public.p1"},
		{"CREATE TRIGGER g INSTEAD OF INSERT OR UPDATE OR DELETE ON v FOR EACH ROW EXECUTE FUNCTION f()", "v",
			"INSTEAD OF trigger g of public.v"},
		{"CREATE TRIGGER g BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()", "v",
			"BEFORE trigger g of public.t"},
		{"SELECT 1", "v", ""},
	} {
		t.Run(c.sql+" "+c.on, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			d.Exec(t, given+c.sql)
			on, noWith := strings.CutSuffix(c.on, " no WITH") // RETURNING is refused over such rules
			for name, change := range changes {
				if noWith && strings.Contains(change, "WITH") {
					continue
				}
				got := steered(t, d, fmt.Sprintf(change, on))
				if !strings.Contains(got, c.want) || c.want == "" && got != "" {
					t.Errorf("%s: decided by %q, want %q", name, got, c.want)
				}
			}
		})
	}
}

// TestRowsThatCodeDecidedThen follows what a file does to triggers around its changes.
func TestRowsThatCodeDecidedThen(t *testing.T) {
	t.Parallel()
	const there, made = "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
		"CREATE TRIGGER n BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
	for _, c := range []struct{ given, sql, want string }{
		{there, "UPDATE t SET a = 'x'", "BEFORE trigger g of public.t"},
		{there, "ALTER TABLE t DISABLE TRIGGER g; UPDATE t SET a = 'x'; ALTER TABLE t ENABLE TRIGGER g", ""},
		{there, "ALTER TABLE t DISABLE TRIGGER ALL; UPDATE t SET a = 'x'; ALTER TABLE t ENABLE TRIGGER ALL", ""},
		{there, "ALTER TABLE t DISABLE TRIGGER USER; ALTER TABLE t ENABLE TRIGGER USER; UPDATE t SET a = 'x'",
			"BEFORE trigger g of public.t"},
		{there, "UPDATE t SET a = 'x'; DROP TRIGGER g ON t", "trigger g of public.t, which went later"},
		{there, "DROP TRIGGER g ON t; UPDATE t SET a = 'x'", ""},
		{"SELECT 1", "UPDATE t SET a = 'x'; " + made, ""},
		{"SELECT 1", made + "; UPDATE t SET a = 'x'", "BEFORE trigger n of public.t"},
		{"SELECT 1", "UPDATE t SET a = 'x'; CREATE RULE n AS ON UPDATE TO t DO ALSO NOTHING", ""},
	} {
		t.Run(c.sql, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			d.Exec(t, `CREATE TABLE t (id int PRIMARY KEY, a text);
				CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';`+c.given)
			if got := steered(t, d, c.sql); got != c.want {
				t.Errorf("decided by %q, want %q", got, c.want)
			}
		})
	}
}

// steered plays a file and names what decided over its rows.
func steered(t *testing.T, d *dbtest.DB, sql string) string {
	t.Helper()
	ran, ok := play(t, d, []byte(sql))
	if !ok {
		t.Fatalf("%s was refused", sql)
	}
	c := monitor(t, d.DSN)
	defer c.Close()
	n := sqlview.NamesOf([]parse.File{{Statements: ran}})
	after, err := inspect.Named(bounded(t), c, inspect.Names{Words: n.Words, Cascade: n.Cascade})
	if err != nil {
		t.Fatal(err)
	}
	files := []proof.File{{Path: "up.sql", Statements: ran}}
	if proof.ThroughViews(after, files) {
		if after, err = inspect.Catalog(bounded(t), c); err != nil {
			t.Fatal(err)
		}
	}
	var by []string
	for _, s := range proof.SteeredIn(after, files) {
		by = append(by, s.By...)
	}
	return strings.Join(by, "; ")
}
