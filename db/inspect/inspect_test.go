package inspect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview/catalog"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const shop = `
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
ALTER TYPE app.mood ADD VALUE 'meh' BEFORE 'ok';
CREATE DOMAIN app.email AS varchar(80) NOT NULL CONSTRAINT at CHECK (VALUE LIKE '%@%');
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gone int,
  email app.email,
  mood app.mood DEFAULT 'ok',
  name text COLLATE "C",
  created timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE users DROP COLUMN gone;
CREATE INDEX users_lower ON users (lower(name), created) WHERE mood = 'ok';
CREATE UNIQUE INDEX users_email ON users (email);
CREATE TABLE app."Order Items" (
  id serial PRIMARY KEY,
  user_id bigint REFERENCES users (id) DEFERRABLE,
  qty int CONSTRAINT positive CHECK (qty > 0)
);
ALTER TABLE app."Order Items" ADD CONSTRAINT small CHECK (qty < 100) NOT VALID;
CREATE VIEW app.moody AS SELECT id, mood FROM users WHERE name <> '';
CREATE MATERIALIZED VIEW app.totals AS SELECT user_id, sum(qty) AS qty FROM app."Order Items" GROUP BY 1;
CREATE FUNCTION app.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.created := now(); RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE PROCEDURE app.stamp();
CREATE FUNCTION app.one() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';
CREATE FUNCTION app.many(int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM users';
CREATE FUNCTION app.many(text) RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
CREATE TABLE events (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (true);
ALTER TABLE users REPLICA IDENTITY FULL;
CREATE TYPE app.pair AS (a int, b text);
CREATE UNLOGGED TABLE scratchpad (x int);
CREATE PUBLICATION feed FOR TABLE users, app."Order Items";
INSERT INTO users (email, name) SELECT 'a' || g || '@b', 'n' FROM generate_series(1, 5000) g;
`

func TestCatalog(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	d.Exec(t, "ANALYZE")
	s := read(t, monitor(t, d.DSN))
	if s.Source != catalog.SourceLive || s.ServerVersion != d.Cluster().Major() || s.ServerMinor < 0 ||
		s.TakenAt.IsZero() || s.TimeZone == "" {
		t.Errorf("got %+v", s)
	}
	if diff := cmp.Diff([]string{"public"}, s.SearchPath); diff != "" || !s.Schemas["app"] || s.Schemas["pg_catalog"] {
		t.Errorf("search path %v, schemas %v", s.SearchPath, s.Schemas)
	}
	var heap int64
	for _, r := range s.Relations.All() {
		if r.Kind == catalog.Table || r.Kind == catalog.MaterializedView {
			heap += r.Size.HeapBytes
		}
	}
	got, err := inspect.ReadAmount(bounded(t), monitor(t, d.DSN))
	if err != nil || got.HeapBytes != heap || heap == 0 || got.Over <= 0 {
		t.Errorf("%+v, want %d bytes of tables: %v", got, heap, err)
	}
	u := s.Relations.Get("public.users")
	if u == nil || u.Kind != catalog.Table || u.OID == 0 || u.Owner == "" || u.Partial || u.Policies != 1 ||
		!u.RowSecurity || u.ReplicaIdentity != "f" {
		t.Fatalf("got %+v", u)
	}
	equal(t, "columns", []catalog.Column{
		{Name: "id", Type: "bigint", NotNull: true, Identity: true, Local: true},
		{Name: "email", Type: "app.email", Local: true},
		{Name: "mood", Type: "app.mood", Default: "'ok'::app.mood", Local: true},
		{Name: "name", Type: "text", Collation: "C", Local: true},
		{Name: "created", Type: "timestamp with time zone", NotNull: true, Default: "now()", Local: true},
	}, u.Columns)
	if u.Size == nil || u.Size.Rows != 5000 || u.Size.HeapBytes < 200_000 || u.Size.Bytes < u.Size.HeapBytes+200_000 {
		t.Errorf("size %+v", u.Size)
	}
	equal(t, "trigger",
		[]catalog.Trigger{
			{Name: "stamp", Function: "app.stamp", Enabled: true, ForEachRow: true, Before: true,
				Events: "INSERT OR UPDATE"},
		}, u.Triggers)
	equal(t, "dependents",
		[]catalog.Dependent{{Name: "app.moody", Kind: catalog.View, Columns: []string{"id", "mood", "name"}}},
		u.Dependents)
	equal(t, "referenced by", []string{"app.Order Items"}, u.ReferencedBy)
	index(t, u, "public.users_lower",
		catalog.IndexDef{Name: "public.users_lower", Columns: []string{"", "created"}, Valid: true, Ready: true,
			Immediate: true, Method: "btree", Predicate: "(mood = 'ok'::app.mood)", Expressions: "lower(name)",
			Definition: "CREATE INDEX users_lower ON public.users USING btree (lower(name), created) WHERE (mood = " +
				"'ok'::app.mood)"})
	index(t, u, "public.users_pkey",
		catalog.IndexDef{Name: "public.users_pkey", Columns: []string{"id"}, Valid: true, Ready: true, Unique: true,
			Primary:   true,
			Immediate: true, Method: "btree", Constraint: "users_pkey",
			Definition: "CREATE UNIQUE INDEX users_pkey ON public.users USING btree (id)"})
	if x := s.Relations.Get("public.users_email"); x == nil || x.Kind != catalog.Index ||
		x.FromTable != "public.users" || x.Size.Bytes == 0 {
		t.Errorf("index as a relation: %+v", x)
	}
	if x := s.Relations.Get("public.users_id_seq"); x == nil || x.Kind != catalog.Sequence ||
		x.FromTable != "public.users" {
		t.Errorf("sequence: %+v", x)
	}
	if x := s.Relations.Get("public.scratchpad"); x == nil || !x.Unlogged {
		t.Errorf("unlogged: %+v", x)
	}
	equal(t, "publications",
		[]catalog.Publication{
			{
				Name: "feed", Updates: true, Deletes: true, Tables: []string{"app.Order Items", "public.users"},
				Named: []string{"app.Order Items", "public.users"}, Short: []string{},
			},
		}, s.Publications)
}

func TestCatalogConstraints(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	s := read(t, monitor(t, d.DSN))
	got := map[string]catalog.Constraint{}
	for _, k := range s.Relations.Get("app.Order Items").Constraints {
		if k.Type != catalog.NotNull { // 18 keeps them in pg_constraint
			got[k.Name] = k
		}
	}
	equal(t, "constraints", map[string]catalog.Constraint{
		"Order Items_pkey": {
			Name: "Order Items_pkey", Type: catalog.PrimaryKey, Columns: []string{"id"}, Valid: true, Enforced: true,
			Local: true,
		},
		"Order Items_user_id_fkey": {
			Name: "Order Items_user_id_fkey", Type: catalog.ForeignKey, Columns: []string{"user_id"}, Valid: true,
			Enforced: true, References: "public.users", RefColumns: []string{"id"}, Deferrable: true, Local: true,
		},
		"positive": {
			Name: "positive", Type: catalog.Check, Columns: []string{"qty"}, Expression: "(qty > 0)", Valid: true,
			Enforced: true, Local: true,
		},
		"small": {
			Name: "small", Type: catalog.Check, Columns: []string{"qty"}, Expression: "(qty < 100)", Enforced: true,
			Local: true,
		},
	}, got)
}

func TestCatalogTypesFunctionsPartitions(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	if d.Cluster().Major() >= 11 {
		d.Exec(t, "CREATE TABLE events_rest PARTITION OF events DEFAULT")
	}
	s := read(t, monitor(t, d.DSN))
	equal(t, "enum",
		&catalog.Type{
			Name: "app.mood", Owner: s.Relations.Get("public.users").Owner, Enum: []string{"sad", "meh", "ok"},
			UsedBy: []string{"app.moody.mood", "public.users.mood"},
		}, s.Types.Get("app.mood"))
	if x := s.Types.Get("app.pair"); x == nil || !x.Composite || x.Domain {
		t.Errorf("composite %+v", x)
	}
	email := s.Types.Get("app.email")
	if email == nil || !email.Domain || email.Base != "character varying(80)" || !email.NotNull ||
		!slices.ContainsFunc(email.Constraints, func(k catalog.Constraint) bool {
			return k.Name == "at" && k.Type == catalog.Check && strings.Contains(k.Expression, "VALUE")
		}) {
		t.Errorf("domain %+v", email)
	}
	for name, want := range map[string]catalog.Function{
		"app.one": {
			Name: "app.one", Volatility: "volatile", Language: "sql", Body: "SELECT 1", Inlinable: true,
			Arguments: []string{""},
		},
		"app.many": {
			Name: "app.many", Volatility: "volatile", Language: "plpgsql",
			Body: "SELECT count(*) FROM users\nBEGIN RETURN 1; END", Arguments: []string{"integer", "text"},
		},
		"app.stamp": {
			Name: "app.stamp", Volatility: "volatile", Language: "plpgsql",
			Body: " BEGIN NEW.created := now(); RETURN NEW; END ", Arguments: []string{""},
		},
	} {
		want.Owner = s.Relations.Get("public.users").Owner
		equal(t, name, &want, s.Functions.Get(name))
	}
	e := s.Relations.Get("public.events")
	if e.Kind != catalog.PartitionedTable || e.Children[0] != "public.events_2026" {
		t.Errorf("got %+v", e)
	}
	if p := s.Relations.Get("public.events_2026"); p.Parents[0] != "public.events" ||
		!strings.HasPrefix(p.PartitionBound, "FOR VALUES FROM ('2026") {
		t.Errorf("got %+v", p)
	}
	if d.Cluster().Major() >= 11 && e.DefaultPartition != "public.events_rest" {
		t.Errorf("default partition %q", e.DefaultPartition)
	}
}

func TestCatalogAsARoleWithoutRights(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	d.Exec(t, "ANALYZE") // else the statistics that come late differ between the two reads
	_, dsn := d.Role(t, "plain", "")
	d.Exec(t, "REVOKE ALL ON SCHEMA app, public FROM PUBLIC")
	full, plain := read(t, monitor(t, d.DSN)), read(t, monitor(t, dsn))
	if len(plain.SearchPath) != 0 { // no USAGE: the server would not look there either
		t.Errorf("search path %v", plain.SearchPath)
	}
	// What a role sees of the rows is the one thing that is the role's own.
	same := cmpopts.IgnoreFields(catalog.Relation{}, "Visibility")
	for name, want := range full.Relations.All() {
		if diff := cmp.Diff(want, plain.Relations.Get(name), same); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCatalogWaitsForNoLock(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	c := monitor(t, d.DSN)
	d.Blocker(t, "LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
	// A wait would end in an error after the lock_timeout of the connection.
	s := read(t, c)
	u := s.Relations.Get("public.users")
	if !u.Partial || len(u.Columns) != 5 || u.Columns[4].Default != "" || len(u.Indexes) != 3 ||
		u.Indexes[0].Definition != "" {
		t.Errorf("got %+v", u)
	}
	if o := s.Relations.Get("app.Order Items"); o.Partial || o.Columns[0].Default == "" {
		t.Errorf("got %+v", o)
	}
	d.Exec(t, "SELECT 1")
}

func TestCatalogSeesAQueuedLock(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	d.Blocker(t, "LOCK TABLE users IN ACCESS SHARE MODE")
	waiter, done := d.Conn(t), make(chan error, 1)
	ctx := bounded(t)
	pid := waiter.PgConn().PID()
	go func() { _, err := waiter.Exec(ctx, "ALTER TABLE users ADD COLUMN x int"); done <- err }()
	dbtest.WaitFor(t, "the ALTER to queue", func() bool {
		return d.Count(t, fmt.Sprintf("pg_locks WHERE pid = %d AND NOT granted", pid)) == 1
	})
	if u := read(t, monitor(t, d.DSN)).Relations.Get("public.users"); !u.Partial {
		t.Error("a reader would wait behind the queued ALTER: users must be partial")
	}
	d.Exec(t, "SELECT pg_cancel_backend($1::int)", int32(pid))
	<-done
}

func TestCatalogShowsInvalidIndexes(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, "CREATE TABLE t (x int); INSERT INTO t VALUES (1), (1)")
	invalidIndex(t, d, "CREATE UNIQUE INDEX CONCURRENTLY t_x ON t (x)")
	x := read(t, monitor(t, d.DSN)).Relations.Get("public.t").Indexes[0]
	if x.Valid || x.Ready || !x.Unique {
		t.Errorf("got %+v", x)
	}
}

// invalidIndex runs a build that must fail.
func invalidIndex(t *testing.T, d *dbtest.DB, sql string) {
	t.Helper()
	if _, err := d.Conn(t).Exec(bounded(t), sql); err == nil {
		t.Fatal("the build must fail")
	}
}

func index(t *testing.T, r *catalog.Relation, name string, want catalog.IndexDef) {
	t.Helper()
	for _, x := range r.Indexes {
		if x.Name == name {
			equal(t, name, want, x)
			return
		}
	}
	t.Errorf("no index %s", name)
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// BenchmarkCatalog reads 5,000 tables of ten columns, an index and a key each;
// and of them what a file of three statements needs.
func BenchmarkCatalog(b *testing.B) {
	d := dbtest.New(b)
	for part := range 10 {
		d.Exec(b,
			fmt.Sprintf(
				`DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE format('CREATE TABLE t%%s (id bigint PRIMARY KEY, a int NOT NULL DEFAULT 0, b text, c varchar(20), d timestamptz DEFAULT now(), e numeric(10,2), f jsonb, g boolean, h uuid, i date CHECK (i > ''2000-01-01''))', i); END LOOP; END $$`, part*500, part*500+499,
			))
	}
	d.Exec(b, "ANALYZE")
	c := monitor(b, d.DSN)
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			if s := read(b, c); s.Relations.Len() != 10_000 {
				b.Fatal(s.Relations.Len())
			}
		}
	})
	b.Run("named", func(b *testing.B) {
		words := strings.Fields("alter table t17 add column x int not null default create index concurrently " +
			"t18_x_idx on t18 b update t19 set c where id")
		for b.Loop() {
			s, err := inspect.Named(bounded(b), c, inspect.Names{Words: words})
			if err != nil || s.Relations.Len() != 6 {
				b.Fatal(s.Relations.Len(), err)
			}
		}
	})
}
