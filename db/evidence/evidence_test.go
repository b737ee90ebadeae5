package evidence_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/evidence"
	"belay/db/scratch"
	"belay/db/watch"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func monitor(t *testing.T, dsn string) *db.Conn {
	t.Helper()
	cfg, err := db.ParseConfig(dsn, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(t.Context(), cfg, db.Session{
		Kind: db.Monitor, Settings: []db.Setting{db.MilliSeconds("statement_timeout", 20_000)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func look(t *testing.T, c *db.Conn, name string, o evidence.Options) (map[string]evidence.Source, map[string]int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := evidence.Find(ctx, c, name)
	if err != nil {
		t.Fatal(err)
	}
	all, counts, err := evidence.Look(ctx, c, s, o)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]evidence.Source{}
	for _, s := range all {
		by[s.Name] = s
	}
	return by, counts
}

func has(t *testing.T, s evidence.Source, level evidence.Level, what string) {
	t.Helper()
	if !slices.ContainsFunc(s.Found, func(f evidence.Finding) bool {
		return f.Level == level &&
			strings.Contains(f.What, what)
	}) {
		t.Errorf("%s: no %q that %s it: %+v", s.Name, what, level, s.Found)
	}
}

const shop = `CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL DEFAULT '', name text, lower_email text GENERATED ALWAYS AS (lower(email)) STORED, CHECK (email <> 'x'));
CREATE INDEX users_email_idx ON users (email);
CREATE STATISTICS users_stats ON email, name FROM users;
CREATE VIEW mails AS SELECT id, email AS mail FROM users;
CREATE POLICY own ON users USING (email = current_user);
CREATE TABLE accounts (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
CREATE FUNCTION invoice() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT email FROM users LIMIT 1); END';
CREATE FUNCTION account() RETURNS text LANGUAGE sql AS 'SELECT email FROM accounts LIMIT 1';
CREATE FUNCTION other() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT email_address FROM users LIMIT 1); END';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.email := lower(NEW.email); RETURN NEW; END';
CREATE TRIGGER touch BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigint PRIMARY KEY, schedule text, command text);
INSERT INTO cron.job VALUES (1, '* * * * *', 'DELETE FROM users WHERE email IS NULL'), (2, '* * * * *', 'SELECT 1')`

// TestColumn finds what is planted, and nothing that only looks like it.
func TestColumn(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	if d.Cluster().Major() >= 15 {
		d.Exec(t, `CREATE PUBLICATION mails FOR TABLE users (id, email)`)
	}
	c := monitor(t, d.DSN)
	all, _ := look(t, c, "users.email", evidence.Options{})
	catalog := all["catalog"]
	for _, what := range []string{"view public.mails", "policy own", "lower_email"} {
		has(t, catalog, evidence.Uses, what)
	}
	for _, what := range []string{"index public.users_email_idx", "constraint users_email_check", "users_stats"} {
		has(t, catalog, evidence.Goes, what)
	}
	if d.Cluster().Major() >= 15 {
		has(t, catalog, evidence.Uses, "publication mails")
		has(t, all["subscribers"], evidence.Maybe, "publication mails")
	}
	texts := all["texts"]
	for _, what := range []string{"function public.invoice", "function public.touch", "cron job 1"} {
		has(t, texts, evidence.Uses, what)
	}
	for _, f := range texts.Found {
		if strings.Contains(f.What, "account") || strings.Contains(f.What, "other") || strings.Contains(f.What,
			"job 2") {
			t.Errorf("texts: %+v", f)
		}
	}
	if s := all["statements"]; s.Verdict != evidence.CouldNot || !strings.Contains(s.Why, "not installed") {
		t.Errorf("statements: %+v", s)
	}
	ignored, _ := look(t, c, "users.email", evidence.Options{Ignore: []string{"public.invoice", "public.touch"}})
	if got := len(ignored["texts"].Found); got != 1 {
		t.Errorf("%d texts where two are ignored: %+v", got, ignored["texts"].Found)
	}
	clean, _ := look(t, c, "users.name", evidence.Options{})
	if s := clean["catalog"]; s.Verdict != evidence.Nothing {
		t.Errorf("name: %+v", s)
	}
}

// TestKinds looks at a table, a view and an index.
func TestKinds(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	d.Exec(t, `INSERT INTO users (id) VALUES (1)`)
	c := monitor(t, d.DSN)
	all, _ := look(t, c, "users", evidence.Options{})
	has(t, all["catalog"], evidence.Uses, "view public.mails")
	has(t, all["catalog"], evidence.Uses, "orders_user_id_fkey")
	has(t, all["texts"], evidence.Uses, "function public.other")
	all, _ = look(t, c, "public.mails", evidence.Options{})
	if _, counted := all["counters"]; counted || all["catalog"].Verdict != evidence.Nothing {
		t.Errorf("view: %+v", all)
	}
	all, _ = look(t, c, "users_pkey", evidence.Options{})
	has(t, all["catalog"], evidence.Uses, "constraint users_pkey")
	has(t, all["catalog"], evidence.Uses, "orders_user_id_fkey")
	all, _ = look(t, c, "users_email_idx", evidence.Options{})
	if all["catalog"].Verdict != evidence.Nothing {
		t.Errorf("index: %+v", all["catalog"])
	}
}

// TestStatements counts what was sent since a moment, and starts again after a reset.
func TestStatements(t *testing.T) {
	cluster := dbtest.NewCluster(t, scratch.Options{
		Settings: map[string]string{"shared_preload_libraries": "pg_stat_statements",
			"pg_stat_statements.track_utility": "on"},
	})
	d := dbtest.In(t, cluster, "counted")
	d.Exec(t, `CREATE EXTENSION pg_stat_statements; CREATE TABLE users (id bigint PRIMARY KEY, email text)`)
	c := monitor(t, d.DSN)
	d.Exec(t, `SELECT email FROM users WHERE id = 1`)
	d.Exec(t, `SELECT id FROM users WHERE id = 1`)
	d.Exec(t, `UPDATE ONLY users /* belay */ SET email = 'a'`)
	d.Exec(t, `ALTER TABLE users ALTER COLUMN email SET DEFAULT 'a'`)
	all, counts := look(t, c, "users.email", evidence.Options{})
	s := all["statements"]
	if len(s.Found) != 1 || s.Verdict != evidence.Red || s.Found[0].Calls != 1 || s.Found[0].Who == "" {
		t.Fatalf("statements: %+v", s)
	}
	before := &evidence.Baseline{At: s.Until, Counts: counts}
	all, _ = look(t, c, "users.email", evidence.Options{Before: before})
	if s := all["statements"]; s.Verdict != evidence.Nothing || !s.Since.Equal(before.At) {
		t.Errorf("nothing since: %+v", s)
	}
	d.Exec(t, `SELECT email FROM users WHERE id = 2`)
	all, _ = look(t, c, "users.email", evidence.Options{Before: before})
	if s := all["statements"]; s.Verdict != evidence.Red || s.Found[0].Calls != 1 {
		t.Errorf("one more: %+v", s)
	}
	d.Exec(t, `SELECT pg_stat_statements_reset()`)
	all, _ = look(t, c, "users.email", evidence.Options{Before: before})
	if s := all["statements"]; s.Verdict != evidence.Nothing || !s.Since.After(before.At) {
		t.Errorf("a reset starts the period again: %+v", s)
	}
	_, dsn := d.Role(t, "plain", "")
	d.Exec(t, `SELECT email FROM users`)
	all, _ = look(t, monitor(t, dsn), "users.email", evidence.Options{})
	if s := all["statements"]; s.Verdict != evidence.CouldNot || !strings.Contains(s.Why, "pg_read_all_stats") {
		t.Errorf("a role without rights: %+v", s)
	}
}

// TestSessions sees what runs, and what an idle session ran last.
func TestSessions(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE "Users" (id bigint, "E mail" text)`)
	other := d.Conn(t)
	if _, err := other.Exec(t.Context(), `SELECT "E mail" FROM "Users"`); err != nil {
		t.Fatal(err)
	}
	c := monitor(t, d.DSN)
	all, _ := look(t, c, `"Users"."E mail"`, evidence.Options{Samples: 2})
	if s := all["sessions"]; s.Verdict != evidence.Red || len(s.Found) != 1 || s.Found[0].Last.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestCounters(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE users (id bigint PRIMARY KEY, email text) PARTITION BY RANGE (id); CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (0) TO (10)`)
	d.Exec(t, `INSERT INTO users VALUES (1, 'a')`)
	c := monitor(t, d.DSN)
	// The counters come some time after the session that moved them.
	dbtest.WaitFor(t, "the counters", func() bool {
		all, _ := look(t, c, "users", evidence.Options{})
		return all["counters"].Verdict == evidence.Red
	})
	// Counters that are less than they were say nothing of what was before.
	lost := &evidence.Baseline{At: time.Now().Add(-time.Hour), Counts: map[string]int64{"writes": 1 << 40}}
	all, _ := look(t, c, "users", evidence.Options{Before: lost})
	if s := all["counters"]; !s.Since.After(lost.At) || s.Verdict != evidence.Red {
		t.Errorf("lost counters: %+v", s)
	}
}

func TestFind(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE users (id bigint, email text);
		CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.twice (id int); CREATE TABLE b.twice (id int); CREATE TABLE a.users (id bigint)`)
	c := monitor(t, d.DSN)
	for name, want := range map[string]string{
		"nothing": "there is no relation nothing", "users": "2 relations are called users",
		"public.users.mail": "public.users has no column mail",
		"twice":             "2 relations are called twice", "a b": "is no name",
	} {
		_, err := evidence.Find(t.Context(), c, name)
		var hint interface{ Hint() string }
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &hint) || hint.Hint() == "" {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	s, err := evidence.Find(t.Context(), c, "public.users")
	if err != nil || !slices.Equal(s.Twins, []string{"a"}) {
		t.Errorf("%+v %v", s, err)
	}
	var none *watch.NameError
	if _, err := evidence.Find(t.Context(), c, "c.d.e"); !errors.As(err, &none) {
		t.Error(err)
	}
}

// TestCountPartitions: the rows of a partitioned table are those of its partitions, and its
// count is whole only where each was read.
func TestCountPartitions(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE p (id int, note text) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
		CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2) PARTITION BY LIST (note); CREATE TABLE p2a PARTITION OF p2 DEFAULT;
		INSERT INTO p SELECT 1, 'x' FROM generate_series(1, 2000); INSERT INTO p VALUES (2, NULL), (2, 'y')`)
	cfg, err := db.ParseConfig(d.DSN, "--dsn")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(t.Context(), cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := evidence.Count(t.Context(), c, "public.p", "note IS NULL", time.Minute); err != nil || !got.Whole ||
		got.Rows != 2002 || got.Found != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := evidence.Count(t.Context(), c, "public.p", "note IS NULL", 0); err != nil || got.Whole {
		t.Errorf("without time: %+v, %v", got, err)
	}
}

// TestStandbys: a standby that streams is known from the primary, and a base backup, a
// subscriber and what only receives WAL are none. Of one that was not asked it is said that
// nobody looked there.
func TestStandbys(t *testing.T) {
	cluster := dbtest.NewCluster(t, scratch.Options{})
	d := dbtest.In(t, cluster, "shop")
	d.Exec(t, `CREATE TABLE users (id bigint PRIMARY KEY, email text)`)
	c := monitor(t, d.DSN)
	streaming := func(c *db.Conn) ([]evidence.Standby, int) {
		t.Helper()
		all, unseen, err := evidence.Standbys(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return all, unseen
	}
	if all, unseen := streaming(c); len(all)+unseen > 0 {
		t.Errorf("without a standby: %v, %d", all, unseen)
	}
	if _, err := cluster.Standby(t.Context()); err != nil {
		t.Fatal(err)
	}
	c = monitor(t, d.DSN) // a copy without pg_basebackup stops the server
	dbtest.WaitFor(t, "the standby", func() bool { all, _ := streaming(c); return len(all) == 1 })
	all, unseen := streaming(c)
	source, ok := evidence.NotAsked(all, unseen, 0)
	if !ok || source.Verdict != evidence.CouldNot || !source.Required || len(source.Found) != 1 ||
		!strings.HasPrefix(source.Why, "1 standby streams from here, 0 asked: who reads there is in no source") {
		t.Errorf("%+v", source)
	}
	if _, ok := evidence.NotAsked(all, unseen, 1); ok {
		t.Error("it was asked")
	}
	_, dsn := d.Role(t, "plain", "")
	if all, unseen := streaming(monitor(t, dsn)); len(all) > 0 || unseen != 1 {
		t.Errorf("a role without rights: %v, %d", all, unseen)
	}
}
