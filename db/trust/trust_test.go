package trust_test

import (
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/trust"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// A table of the looker's own, and what others may put there. what is part of what is
// said, "" = nothing; fine is whether it is read and written all the same.
func TestTable(t *testing.T) {
	d := dbtest.New(t)
	other, _ := d.Role(t, "mallory", "")
	d.Exec(t, "GRANT CREATE ON SCHEMA public TO "+other)
	d.Exec(t, `SET ROLE `+other+`;
		CREATE FUNCTION public.f(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'begin return $1; end';
		CREATE FUNCTION public.yes(int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS 'begin return true; end';
		CREATE OPERATOR public.@@@ (FUNCTION = public.yes, RIGHTARG = int);
		CREATE DOMAIN public.dom AS int CHECK (public.yes(value));
		CREATE FUNCTION public.trg() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'`)
	d.Exec(t, `CREATE FUNCTION public.ours() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'`)
	conn := d.Conn(t)
	for _, c := range []struct {
		name, sql, what string
		fine            bool
	}{
		{"plain", "CREATE TABLE h (v int PRIMARY KEY CHECK (v > 0), at timestamptz DEFAULT now(), n serial)", "", true},
		{"partitions", "CREATE TABLE h (v int) PARTITION BY RANGE (v); CREATE TABLE h1 PARTITION OF h DEFAULT",
			"", true},
		{"view", "CREATE VIEW h AS SELECT 1 AS v", "not a table", false},
		{"owner", "SET ROLE " + other + "; CREATE TABLE h (v int)", "it belongs to role " + other, true},
		{"trigger", "CREATE TABLE h (v int); CREATE TRIGGER x BEFORE INSERT ON h FOR EACH ROW EXECUTE FUNCTION trg()",
			"trigger x uses function public.trg, of role " + other, false},
		{"own trigger",
			"CREATE TABLE h (v int); CREATE TRIGGER x BEFORE INSERT ON h FOR EACH ROW EXECUTE FUNCTION ours()",
			"trigger x uses function public.ours", true},
		{"whose trigger", "SET ROLE " + other + "; CREATE TABLE h (v int); " +
			"CREATE TRIGGER x BEFORE INSERT ON h FOR EACH ROW EXECUTE FUNCTION trg()", "trigger x", false},
		{"default", "CREATE TABLE h (v int DEFAULT f(1))", "the default of column v uses function public.f", false},
		// Up to 14 the column depends on the function itself, not its default.
		{"generated", "CREATE TABLE h (v int, w int GENERATED ALWAYS AS (f(v)) STORED)",
			"column w uses function public.f", false},
		{"check", "CREATE TABLE h (v int, CONSTRAINT k CHECK (yes(v)))",
			"constraint k uses function public.yes", false},
		{"operator", "CREATE TABLE h (v int, CONSTRAINT k CHECK (@@@ v))",
			"constraint k uses operator public.@@@", false},
		{"index", "CREATE TABLE h (v int); CREATE INDEX i ON h (f(v))", "index i uses function public.f", false},
		{"predicate", "CREATE TABLE h (v int); CREATE INDEX i ON h (v) WHERE yes(v)",
			"index i uses function public.yes", false},
		{"domain", "CREATE TABLE h (v dom)", "column v uses type public.dom", false},
		{"array", "CREATE TABLE h (v dom[])", "column v uses type public._dom", false},
		{"rule", "CREATE TABLE h (v int); CREATE RULE r AS ON INSERT TO h DO INSTEAD NOTHING", "rule r", true},
		{"whose rule", "SET ROLE " + other + "; CREATE TABLE h (v int); " +
			"CREATE RULE r AS ON DELETE TO h DO ALSO SELECT f(1)", "rule r, of role " + other, false},
		{"rule's function", "CREATE TABLE h (v int); CREATE RULE r AS ON INSERT TO h DO ALSO SELECT f(1)",
			"rule r uses function public.f", false},
		{"rule's table", "SET ROLE " + other + "; CREATE TABLE x (v int); RESET ROLE; CREATE TABLE h (v int); " +
			"CREATE RULE r AS ON INSERT TO h DO ALSO INSERT INTO x VALUES (1)",
			"public.x: a rule reaches it, of role " + other, false},
		{"rule's trigger", "CREATE TABLE x (v int); CREATE TRIGGER g BEFORE INSERT ON x FOR EACH ROW EXECUTE " +
			"FUNCTION trg(); CREATE TABLE h (v int); CREATE RULE r AS ON INSERT TO h DO ALSO INSERT INTO x VALUES (1)",
			"public.x: trigger g uses function public.trg", false},
		{"rule's view", "CREATE VIEW x AS SELECT f(1); CREATE TABLE h (v int); " +
			"CREATE RULE r AS ON INSERT TO h DO ALSO SELECT * FROM x",
			"public.x: rule _RETURN uses function public.f", false},
		{"rule in a ring", "CREATE TABLE x (v int); CREATE TABLE h (v int); " +
			"CREATE RULE r AS ON INSERT TO h DO ALSO INSERT INTO x VALUES (1); " +
			"CREATE RULE r AS ON INSERT TO x DO ALSO DELETE FROM h", "public.x: rule r", true},
		{"policy", "CREATE TABLE h (v int); CREATE POLICY p ON h USING (true)", "row security", true},
		{"policy's function", "CREATE TABLE h (v int); CREATE POLICY p ON h USING (yes(v))",
			"policy p uses function public.yes", false},
		{"child", "CREATE TABLE h (v int); CREATE TABLE h1 () INHERITS (h)", "inherits", false},
		{"partition's trigger", `CREATE TABLE h (v int) PARTITION BY RANGE (v); CREATE TABLE h1 PARTITION OF h DEFAULT;
			CREATE TRIGGER x BEFORE INSERT ON h1 FOR EACH ROW EXECUTE FUNCTION trg()`, "public.h1: trigger x", false},
		{"partition key", `CREATE TABLE h (v int) PARTITION BY RANGE (f(v))`,
			"its partition key uses function public.f", false},
		{"foreign key",
			`CREATE TABLE h (v int PRIMARY KEY); GRANT REFERENCES ON h TO ` + other + `; SET ROLE ` + other +
				`; CREATE TABLE hangs (v int REFERENCES h ON DELETE CASCADE)`, "a foreign key of public.hangs", false},
	} {
		_, err := conn.Exec(t.Context(), "BEGIN;"+c.sql+"; RESET ROLE; SET LOCAL search_path = pg_catalog, pg_temp"+
			"; SET LOCAL jit = off")
		if err != nil {
			t.Fatal(c.name, err)
		}
		all, err := trust.Table(t.Context(), conn, "public", "h")
		if err != nil {
			t.Fatal(c.name, err)
		}
		said := ""
		for _, f := range all {
			said += f.String() + "\n"
		}
		if c.what == "" && said != "" || !strings.Contains(said, c.what) {
			t.Errorf("%s: said %q, want %q", c.name, said, c.what)
		}
		if (all.Read() == nil) != c.fine || (all.Write() == nil) != c.fine {
			t.Errorf("%s: read %v, write %v, fine %v", c.name, all.Read(), all.Write(), c.fine)
		}
		if c.name == "whose trigger" && !strings.Contains(all.Write().Error(), c.what) {
			t.Errorf("%v: the trigger is to be named first", all.Write())
		}
		if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
	}
}
