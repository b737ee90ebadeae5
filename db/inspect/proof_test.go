package inspect_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/parse"
	"belay/sqlview/proof"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestProofAlarmsNobody plays the samples of the rules: where the server accepted every
// statement, the catalog must show what they say. The short form
// plays some.
func TestProofAlarmsNobody(t *testing.T) {
	asked := eachSample(t, proveSamples)
	t.Logf("%d claims", asked)
	if asked < 20 {
		t.Errorf("only %d claims were asked for", asked)
	}
}

func proveSamples(t *testing.T, path string) int {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.New(t)
	asked := 0
	for _, f := range archive.Files {
		if !strings.HasSuffix(f.Name, ".sql") || filepath.Base(path) == "unclosed-tx.txtar" {
			continue
		}
		ran, ok := play(t, d, f.Data)
		if !ok || f.Name == "given.sql" {
			continue
		}
		r := proved(t, d, f.Name, ran)
		for _, w := range r.Findings {
			if w.Doubt {
				continue // IF NOT EXISTS met something else: the sample is about that
			}
			t.Errorf("%s %s:%d %s: %s", filepath.Base(path), f.Name, w.Line, w.Kind, w.Text)
		}
		asked += r.Asked
	}
	return asked
}

// play runs statements one by one, each by itself; false = one was refused.
func play(t *testing.T, d *dbtest.DB, sql []byte) ([]parse.Statement, bool) {
	t.Helper()
	ctx := bounded(t)
	files, err := new(parse.Parser).Parse(ctx, sql)
	if err != nil {
		t.Fatal(err)
	}
	c := d.Conn(t)
	defer c.Close(ctx)
	for _, s := range files[0].Statements {
		if _, err := c.Exec(ctx, s.SQL, pgx.QueryExecModeSimpleProtocol); err != nil {
			return nil, false
		}
	}
	return files[0].Statements, true
}

func proved(t *testing.T, d *dbtest.DB, name string, ran []parse.Statement) proof.Result {
	t.Helper()
	c := monitor(t, d.DSN)
	defer c.Close()
	files := []parse.File{{Statements: ran}}
	n := sqlview.NamesOf(files)
	var after *catalog.Snapshot
	var err error
	if n.Everything {
		after, err = inspect.Catalog(bounded(t), c)
	} else {
		after, err = inspect.Named(bounded(t), c, inspect.Names{Words: n.Words, Cascade: n.Cascade})
	}
	if err != nil {
		t.Fatal(err)
	}
	return proof.Of(after, "", []proof.File{{Path: name, Statements: ran}})
}

// TestProofSeesWhatIsNotThere plays statements, then takes back what each did as an event
// trigger or code at COMMIT would, and wants it named.
func TestProofSeesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	const given = `CREATE TABLE p (id int PRIMARY KEY);
		CREATE TABLE t (id int PRIMARY KEY, a int, b text NOT NULL, c int DEFAULT 3, p int);
		CREATE TABLE parted (id int) PARTITION BY RANGE (id); CREATE TABLE part (id int);
		CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TYPE mood AS ENUM ('good'); CREATE TABLE old (id int); CREATE INDEX gone ON t (a);
		ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID`
	for _, c := range []struct{ sql, undo, want string }{
		{`CREATE TABLE n (id int)`, `DROP TABLE n`, "table public.n is not there"},
		{`ALTER TABLE t ADD COLUMN x int`, `ALTER TABLE t DROP COLUMN x`, "column public.t.x is not there"},
		{`ALTER TABLE t ADD COLUMN x int DEFAULT 1 NOT NULL`, `ALTER TABLE t ALTER x DROP DEFAULT`,
			"column public.t.x has no default"},
		{`ALTER TABLE t ALTER b SET DEFAULT 'a''b'`, `ALTER TABLE t ALTER b SET DEFAULT 'c'`,
			"column public.t.b has the default 'c'::text"},
		{`ALTER TABLE t ALTER a SET DEFAULT -7`, `ALTER TABLE t ALTER a SET DEFAULT 7`,
			"column public.t.a has the default 7"},
		{`CREATE INDEX i ON t (a) WHERE a > 0`, `DROP INDEX i; CREATE INDEX i ON t (a)`,
			"index public.i of public.t has no condition"},
		{`CREATE INDEX i ON t (a)`, `DROP INDEX i; CREATE INDEX i ON t (a) WHERE a > 0`,
			"index public.i of public.t has the condition (a > 0)"},
		{`CREATE INDEX i ON t (a) INCLUDE (b)`, `DROP INDEX i; CREATE INDEX i ON t (a)`,
			"index public.i of public.t includes no column"},
		{`CREATE INDEX i ON t (a)`, `DROP INDEX i; CREATE INDEX i ON t USING hash (a)`,
			"index public.i of public.t uses hash, not btree"},
		{`ALTER TABLE t DROP COLUMN a`, `ALTER TABLE t ADD COLUMN a int`, "column public.t.a is still there"},
		{`ALTER TABLE t ALTER a TYPE bigint`, `ALTER TABLE t ALTER a TYPE int`,
			"column public.t.a is of type integer, not bigint"},
		{`ALTER TABLE t ALTER a SET NOT NULL`, `ALTER TABLE t ALTER a DROP NOT NULL`,
			"column public.t.a is not NOT NULL"},
		{`ALTER TABLE t ALTER b DROP NOT NULL`, `ALTER TABLE t ALTER b SET NOT NULL`,
			"column public.t.b is still NOT NULL"},
		{`ALTER TABLE t ALTER c DROP DEFAULT`, `ALTER TABLE t ALTER c SET DEFAULT 4`,
			"column public.t.c still has a default"},
		{`ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES p`, `ALTER TABLE t DROP CONSTRAINT t_p_fkey`,
			"no FOREIGN KEY of public.t is over (p)"},
		{`ALTER TABLE t ADD CONSTRAINT y UNIQUE (a)`, `ALTER TABLE t DROP CONSTRAINT y`,
			"UNIQUE y of public.t is not there"},
		{`ALTER TABLE t VALIDATE CONSTRAINT k`,
			`ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID`,
			"constraint k of public.t is NOT VALID"},
		{`ALTER TABLE t DROP CONSTRAINT k`, `ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)`,
			"constraint k of public.t is still there"},
		{`CREATE UNIQUE INDEX i ON t (a)`, `DROP INDEX i`, "index public.i of public.t is not there"},
		{`CREATE INDEX ON t (c)`, `DROP INDEX t_c_idx`, "no index of public.t has the key (c)"},
		{`CREATE INDEX IF NOT EXISTS gone ON t (c)`, ``, "index public.gone of public.t is there with another definition"},
		{`DROP INDEX gone`, `CREATE INDEX gone ON t (a)`, "index public.gone is still there"},
		{`DROP TABLE old`, `CREATE TABLE old (id int)`, "table public.old is still there"},
		{`ALTER TABLE old RENAME TO fresh`, `ALTER TABLE fresh RENAME TO old`, "relation public.fresh is not there"},
		{`ALTER TABLE t RENAME a TO z`, `ALTER TABLE t RENAME z TO a`, "column public.t.a is still there"},
		{`ALTER TABLE parted ATTACH PARTITION part FOR VALUES FROM (1) TO (9)`, `ALTER TABLE parted DETACH PARTITION part`,
			"public.part is no partition of public.parted"},
		{`CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()`, `DROP TRIGGER g ON t`,
			"trigger g of public.t is not there"},
		{`CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER g`,
			`ALTER TABLE t DISABLE TRIGGER g`, "trigger g of public.t is disabled"},
		{`ALTER TYPE mood ADD VALUE 'bad'`, `DROP TYPE mood; CREATE TYPE mood AS ENUM ('good')`,
			"value bad of type public.mood is not there"},
		{`CREATE VIEW v AS SELECT 1`, `DROP VIEW v`, "view public.v is not there"},
		{`CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
			`CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'`,
			"function public.f has another body"},
		{`CREATE FUNCTION h(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
			CREATE FUNCTION h(a text) RETURNS int LANGUAGE sql AS 'SELECT 2'`,
			`CREATE OR REPLACE FUNCTION h(a int) RETURNS int LANGUAGE sql AS 'SELECT 3'`,
			"function public.h has another body"},
		{`CREATE SCHEMA s`, `DROP SCHEMA s`, "schema s is not there"},
		{`ALTER TABLE t ENABLE ROW LEVEL SECURITY`, `ALTER TABLE t DISABLE ROW LEVEL SECURITY`,
			"row security of public.t is off"},
		{`CREATE TABLE IF NOT EXISTS t (id int, q text)`, ``, "column public.t.q is not there"},
		{`CREATE TABLE q (id int); ALTER TABLE q ADD v int; ALTER TABLE q RENAME TO r`, `ALTER TABLE r DROP v`,
			"column public.r.v is not there"},
	} {
		t.Run(c.sql, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t)
			d.Exec(t, given)
			ran, ok := play(t, d, []byte(c.sql))
			if !ok {
				t.Fatal("the server refused it")
			}
			if c.undo != "" {
				if r := proved(t, d, "up.sql", ran); len(r.Findings) > 0 || len(r.Unasked) > 0 {
					t.Errorf("before it was undone: %+v", r)
				}
				d.Exec(t, c.undo)
			}
			var got []string
			for _, f := range proved(t, d, "up.sql", ran).Findings {
				got = append(got, f.Text)
			}
			if !slices.Contains(got, c.want) {
				t.Error(cmp.Diff([]string{c.want}, got))
			}
		})
	}
}

// TestProofDoubts: what another's code or IF NOT EXISTS may explain is no failure, and what
// no catalog shows is said.
func TestProofDoubts(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE t (id int)`)
	ran, ok := play(t, d, []byte(`CREATE TABLE IF NOT EXISTS t (id int);
		ALTER TABLE t ADD x int;
		DO $$ BEGIN ALTER TABLE t DROP x; END $$;
		UPDATE t SET id = 1;
		SELECT 1;
		SET search_path = public`))
	if !ok {
		t.Fatal("the server refused it")
	}
	c := monitor(t, d.DSN)
	defer c.Close()
	after, err := inspect.Catalog(bounded(t), c)
	if err != nil {
		t.Fatal(err)
	}
	r := proof.Of(after, "deploy", []proof.File{{Path: "up.sql", Statements: ran}})
	owner := after.Relations.Get("public.t").Owner
	want := []proof.Finding{
		{Place: proof.Place{Path: "up.sql", Line: 1, Kind: "CREATE TABLE"}, Doubt: true,
			Text: "public.t belongs to " + owner + ": it was there before, and nothing was made"},
		{Place: proof.Place{Path: "up.sql", Line: 2, Statement: 1, Kind: "ALTER TABLE"}, Doubt: true,
			Text: "column public.t.x is not there"},
	}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Error(diff)
	}
	var unasked []string
	for _, u := range r.Unasked {
		unasked = append(unasked, u.Kind)
	}
	if diff := cmp.Diff([]string{"DO", "UPDATE"}, unasked); diff != "" {
		t.Error(diff)
	}
}
