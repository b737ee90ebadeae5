package catalog_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
)

func parsed(t *testing.T, sql string) []parse.Statement {
	t.Helper()
	files, err := parse.Parse(context.Background(), []byte(sql))
	if err != nil {
		t.Fatal(err)
	}
	if f := files[0]; f.Analysed() != len(f.Statements) || f.Problem != nil {
		t.Fatalf("not analysed: %+v", f)
	}
	return files[0].Statements
}

// A dump sets an empty search_path and names everything in full.
func TestSchemaDump(t *testing.T) {
	s := catalog.FromStatements(catalog.SourceSchema, parsed(t, `
		SET statement_timeout = 0;
		SELECT pg_catalog.set_config('search_path', '', false);
		CREATE TYPE public.state AS ENUM ('new', 'paid');
		CREATE TABLE public.orders (id bigint NOT NULL, user_id bigint, st public.state DEFAULT 'new'::public.state);
		CREATE SEQUENCE public.orders_id_seq START WITH 1;
		ALTER SEQUENCE public.orders_id_seq OWNED BY public.orders.id;
		CREATE TABLE public.users (id bigint NOT NULL);
		ALTER TABLE ONLY public.orders ALTER COLUMN id SET DEFAULT nextval('public.orders_id_seq'::regclass);
		ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
		CREATE INDEX orders_user ON public.orders USING btree (user_id);
		ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES public.users(id) NOT VALID;
	`), 15)
	orders := s.Relation("orders")
	if orders == nil || orders.CreatedHere || s.SearchPath != nil || !s.Known() {
		t.Fatalf("orders %+v, path %v", orders, s.SearchPath)
	}
	k := orders.Constraint("orders_user_fk")
	if k == nil || k.Valid || k.References != "public.users" || fmt.Sprint(k.RefColumns) != "[id]" {
		t.Errorf("the foreign key is %+v", k)
	}
	if got := fmt.Sprint(s.SequencesOf("public.orders", "id"), s.Users("public.state"),
		s.Relation("users").ReferencedBy); got !=
		"[public.orders_id_seq] [public.orders.st] [public.orders]" {
		t.Error(got)
	}
	if table, i := s.Indexed("public.orders_user"); table != orders || !i.Valid {
		t.Error("the index is not found by its name")
	}
}

// Without a catalog a file still knows what it did itself.
func TestUnknownTableIsKnownInPart(t *testing.T) {
	var s *catalog.Snapshot
	c := s.Clone()
	for _, st := range parsed(t,
		`ALTER TABLE t ADD CONSTRAINT ck CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT ck`) {
		c.Apply(st, 15)
	}
	if c.Relation("t") != nil {
		t.Error("a table that is known in part reads as known")
	}
	if k := c.Seen("t").Constraint("ck"); k == nil || !k.Valid {
		t.Errorf("the CHECK is %+v", k)
	}
}

func TestCreatedHere(t *testing.T) {
	s := catalog.FromStatements(catalog.SourceSchema, parsed(t, `CREATE TABLE old (id int)`), 15)
	before := s.Clone()
	for _, st := range parsed(t,
		`CREATE TABLE fresh (id int PRIMARY KEY); CREATE INDEX i ON old (id); ALTER TABLE fresh RENAME TO newer`) {
		s.Apply(st, 15)
	}
	for name, want := range map[string]bool{"old": false, "newer": true, "i": true, "fresh_pkey": true} {
		if r := s.Relation(name); r == nil || r.CreatedHere != want {
			t.Errorf("%s: %+v, want CreatedHere %v", name, r, want)
		}
	}
	if before.Relation("newer") != nil || len(before.Relation("old").Indexes) != 0 {
		t.Error("a clone changed with its original")
	}
}

func TestSearchPath(t *testing.T) {
	s := catalog.FromStatements(catalog.SourceHistory,
		parsed(t, `CREATE SCHEMA app; CREATE TABLE app.a (id int); CREATE TABLE public.b (id int)`), 15)
	for _, st := range parsed(t, `SET search_path = app, public; CREATE TABLE c (id int)`) {
		s.Apply(st, 15)
	}
	for name, want := range map[string]string{"a": "app.a", "b": "public.b", "c": "app.c", "nowhere": "app.nowhere"} {
		if got := s.Resolve("", name); got != want {
			t.Errorf("%s resolves to %s, want %s", name, got, want)
		}
	}
	long := strings.Repeat("é", 40)
	if got := s.Resolve("app", long); got != "app."+strings.Repeat("é", 31) {
		t.Errorf("a name of 80 bytes is cut to %q", got)
	}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		have, want string
		proves     bool
	}{
		{"((a IS NOT NULL) AND (b > 0))", "a IS NOT NULL", true},
		{"a IS NOT NULL OR b > 0", "a IS NOT NULL", false},
		{"NOT (a IS NOT NULL)", "a IS NOT NULL", false},
		{`"a" is not null`, "a IS NOT NULL", true},
		{`"A" IS NOT NULL`, "a IS NOT NULL", false},
		{"((id >= '5000'::bigint) AND (id < '6000'::bigint))", "id >= 5000", true},
		{"((at >= '2026-01-01'::date) AND (at < '2027-01-01'::date))", "at < '2027-01-01'", true},
		{"at < '2027-01-02'::date", "at < '2027-01-01'", false},
		{"x > '-1'::integer", "x > -1", true},
	} {
		if got := catalog.Implies(c.have, c.want); got != c.proves {
			t.Errorf("%s proves %s: %v, want %v (%q)", c.have, c.want, got, c.proves, catalog.Conjuncts(c.have))
		}
	}
}

// A file of a thousand statements keeps a snapshot for each of them.
func TestThousandStatements(t *testing.T) {
	var b strings.Builder
	b.WriteString("CREATE TABLE t (id int);")
	for i := range 1000 {
		fmt.Fprintf(&b, "CREATE TABLE t%d (id int PRIMARY KEY, a text); ALTER TABLE t%d ADD COLUMN c int;", i, i)
	}
	statements := parsed(t, b.String())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := (*catalog.Snapshot)(nil).Clone()
	all := make([]*catalog.Snapshot, 0, len(statements))
	for _, st := range statements {
		all = append(all, s)
		s = s.Clone()
		s.Apply(st, 15)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 64<<20 {
		t.Errorf("%d snapshots keep %d MB", len(all), kept>>20)
	}
	runtime.KeepAlive(all)
}
