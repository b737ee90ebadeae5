package rehearsal

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/db"
	"belay/db/apply"
	"belay/db/dbtest"
	"belay/db/dump"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const shop = `CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(20) CHECK (name IN ('a', 'b')));
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, note text DEFAULT 'x'::varchar, total int, at timestamptz DEFAULT now());
CREATE INDEX orders_note ON orders (lower(note)) WHERE total > 1;
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN short AS varchar(3) CHECK (VALUE <> '');
CREATE VIEW paid AS SELECT id FROM orders WHERE total > 0;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()`

// unit judges a file by the live catalog, as a run does.
func unit(t *testing.T, cfg db.Config, version, sql string) apply.Unit {
	t.Helper()
	s := snapshot(t, cfg)
	u, err := judged(t.Context(), s, version, sql)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func judged(ctx context.Context, s *catalog.Snapshot, version, sql string) (apply.Unit, error) {
	r, err := sqlview.Review(ctx,
		[]sqlview.Source{
			{Path: version + ".sql", SQL: []byte(sql), Version: version, Mode: lint.OneTransaction, ByBelay: true},
		},
		sqlview.Options{Snapshot: s, Version: s.ServerVersion})
	if err != nil {
		return apply.Unit{}, err
	}
	u := apply.Unit{Name: version, Path: version + ".sql"}
	for i, st := range r.Judged[0].Statements {
		u.Statements = append(u.Statements, apply.FromParse(r.Judged[0].Source, st, r.Judged[0].Effects[i]))
	}
	u.Wrap = apply.WrapOf(u.Statements, false)
	return u, nil
}

func snapshot(t *testing.T, cfg db.Config) *catalog.Snapshot {
	t.Helper()
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

func config(t *testing.T, dsn string) db.Config {
	t.Helper()
	cfg, err := db.ParseConfig(dsn, "test")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func client(t *testing.T, d *dbtest.DB) dump.Client {
	t.Helper()
	c, err := dump.Find(t.Context(), d.Cluster().Binaries().Dir, d.Cluster().Major())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// work is a file and its way back.
func work(t *testing.T, cfg db.Config, version, up, down string) Work {
	w := Work{Up: unit(t, cfg, version, up)}
	if down != "" {
		w.DownPath = version + ".down.sql"
		w.Down = func(ctx context.Context, s *catalog.Snapshot) (apply.Unit, error) {
			return judged(ctx, s, version+" back", down)
		}
	}
	return w
}

func rehearse(t *testing.T, d *dbtest.DB, works ...Work) Record {
	t.Helper()
	var r Record
	if err := Run(t.Context(),
		Order{Config: config(t, d.DSN), Whole: config(t, d.DSN), Works: works, Client: client(t, d)}, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestObservedIsAsPredicted(t *testing.T) {
	for name, sql := range map[string][2]string{
		"columns": {
			"ALTER TABLE orders ADD COLUMN a int; ALTER TABLE orders ADD COLUMN b int",
			"ALTER TABLE orders DROP COLUMN b; ALTER TABLE orders DROP COLUMN a",
		},
		"rewrite": {
			"ALTER TABLE customers ADD COLUMN u uuid DEFAULT gen_random_uuid()", "ALTER TABLE customers DROP COLUMN u",
		},
		"foreign key": {
			"ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers",
			"ALTER TABLE orders DROP CONSTRAINT fk",
		},
		"index":         {"CREATE INDEX orders_customer ON orders (customer)", "DROP INDEX orders_customer"},
		"new table":     {"CREATE TABLE n (id int PRIMARY KEY, o bigint REFERENCES orders)", "DROP TABLE n"},
		"concurrently":  {"CREATE INDEX CONCURRENTLY orders_at ON orders (at)", "DROP INDEX CONCURRENTLY orders_at"},
		"own statement": {"UPDATE orders SET note = 'y'; LOCK TABLE customers IN SHARE MODE", "SELECT 1"},
	} {
		t.Run(name, func(t *testing.T) {
			d := dbtest.New(t)
			d.Exec(t, shop)
			cfg := config(t, d.DSN)
			r := rehearse(t, d, work(t, cfg, "1", sql[0], sql[1]))
			if !r.Passed() || r.BackFrom != 0 || len(r.Diff) > 0 || r.Units[0].AgainMS < 0 {
				t.Fatalf("%s\n%s", r.Verdict(), r.Text())
			}
			for _, s := range r.Units[0].Statements {
				if len(s.Differs) > 0 {
					t.Errorf("%s: %v\n%+v", s.Kind, s.Differs, s)
				}
			}
		})
	}
}

// What was predicted wrongly is said.
func TestDifferencesAreSaid(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	cfg := config(t, d.DSN)
	w := work(t, cfg, "1", "ALTER TABLE orders ALTER COLUMN total TYPE bigint; ALTER TABLE customers ADD COLUMN a int",
		"")
	w.Up.Statements[0].Effect.Rewrites = nil
	w.Up.Statements[1].Effect.Locks = nil
	w.Up.Statements[1].Effect.Rewrites = []string{"public.customers"}
	d.Exec(t, "DROP VIEW paid; DROP INDEX orders_note")
	r := rehearse(t, d, w)
	text := r.Text()
	for _, want := range []string{
		"public.orders: was rewritten, not predicted", "public.customers: predicted no lock, held ACCESS EXCLUSIVE",
		"public.customers: a rewrite was predicted, there was none", "1.sql has no down file",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said:\n%s", want, text)
		}
	}
	if r.Clean() || !r.Passed() {
		t.Error(r.Verdict())
	}
}

// Two files, of which the second's way back forgets an index: its line is named.
func TestWayBackThatLosesIsNoticed(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	cfg := config(t, d.DSN)
	r := rehearse(t, d,
		work(t, cfg, "1", "ALTER TABLE orders ADD COLUMN a int", "ALTER TABLE orders DROP COLUMN a"),
		work(t, cfg, "2", "DROP INDEX orders_note", "SELECT 1"))
	// The second file cannot be applied again: its index is gone for good.
	if r.Passed() || r.Phase != "apply again" || r.SQLState != "42704" {
		t.Errorf("%s %s", r.Verdict(), r.SQLState)
	}
	if len(r.Diff) != 1 || !strings.HasPrefix(r.Diff[0], "- CREATE INDEX orders_note") {
		t.Errorf("diff: %v", r.Diff)
	}
}

// A restored copy has the fingerprint of its original; a change has another.
func TestFingerprintOfACopy(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	cfg, c := config(t, d.DSN), client(t, d)
	taken, err := dump.Take(t.Context(), c, cfg, dump.Options{
		Dir: t.TempDir(), Name: "x", SchemaOnly: true, ServerMajor: d.Cluster().Major(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), d.Cluster().Binaries(), c, taken.Path, Copy{
		Rights: Rights{Roles: []Role{{Name: "postgres"}, {Name: "odd \"role"}}}, SearchPath: `"$user", public`,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.Missing) > 0 {
		t.Errorf("missing: %v", s.Missing)
	}
	original, copied := snapshot(t, cfg).Fingerprint(), snapshot(t, s.Config).Fingerprint()
	if original == "" || original != copied {
		t.Errorf("original %s, copy %s", original, copied)
	}
	seen := []string{original}
	for _, sql := range []string{
		"ALTER TABLE orders ADD COLUMN a int", "ALTER TABLE orders ALTER COLUMN a SET NOT NULL",
		"CREATE INDEX x ON orders (a)",
		"ALTER TABLE orders ADD CONSTRAINT k CHECK (a > 0)", "ALTER TYPE mood ADD VALUE 'fine'",
		"CREATE TABLE more (id int)",
	} {
		d.Exec(t, sql)
		now := snapshot(t, cfg).Fingerprint()
		if slices.Contains(seen, now) {
			t.Errorf("%s changes nothing", sql)
		}
		seen = append(seen, now)
	}
}

func TestRecordTravelsAndIsRefused(t *testing.T) {
	r := Record{Schema: Schema, PlanSHA256: strings.Repeat("a", 64), SchemaSHA256: "s", ServerMajor: 15,
		Units: []Unit{{Version: "1", DownSHA256: "d"}, {Version: "2"}}}
	path, err := r.Save(t.TempDir())
	if err != nil || filepath.Base(path) != "REHEARSAL-aaaaaaaaaaaa.json" {
		t.Fatal(path, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	read, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	downs := map[string]string{"1": "d"}
	same := Subject{PlanSHA256: r.PlanSHA256, SchemaSHA256: "s", Major: 15, Downs: downs}
	if why := read.Refuses(same); why != "" {
		t.Error(why)
	}
	for want, s := range map[string]Subject{
		"other files":   {PlanSHA256: "b", SchemaSHA256: "s", Major: 15},
		"PostgreSQL 15": {PlanSHA256: r.PlanSHA256, SchemaSHA256: "s", Major: 16},
		"schema":        {PlanSHA256: r.PlanSHA256, SchemaSHA256: "t", Major: 15},
		"way back of 1": {
			PlanSHA256: r.PlanSHA256, SchemaSHA256: "s", Major: 15, Downs: map[string]string{"1": "mended"},
		},
		"way back of 2": {
			PlanSHA256: r.PlanSHA256, SchemaSHA256: "s", Major: 15, Downs: map[string]string{"1": "d", "2": "new"},
		},
	} {
		if why := read.Refuses(s); !strings.Contains(why, want) {
			t.Errorf("%+v: %q", s, why)
		}
	}
	if err := os.WriteFile(path, []byte(`{"schema":"other"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("a file of another schema was read")
	}
}

func TestDiff(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"a\nb\nc", "a\nb\nc", ""},
		{"a\nb\nc", "a\nc", "- b"},
		{"a\nc", "a\nb\nc", "+ b"},
		{"a\nb\nc", "a\nx\nc", "- b,+ x"},
		{"a\nb", "b\na", "- a,+ a"},
	} {
		if got := strings.Join(Diff(c.before, c.after), ","); got != c.want {
			t.Errorf("%q %q: %s, want %s", c.before, c.after, got, c.want)
		}
	}
	long := strings.Repeat("x\n", widest+1)
	if got := strings.Join(Diff("1\n"+long+"2", "3\n"+long+"4"), ","); got != "- 1,- 2,+ 3,+ 4" {
		t.Errorf("unordered: %s", got)
	}
}
