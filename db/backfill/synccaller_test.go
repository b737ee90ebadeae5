package backfill_test

import (
	"errors"
	"strings"
	"testing"

	"belay/db"
	"belay/db/backfill"
	"belay/db/dbtest"

	"github.com/jackc/pgx/v5"
)

// syncAs makes the sync trigger of a statement on t and gives the connection of a
// role that may do only what grants say.
func syncAs(t *testing.T, setup, grants, set, where string) (*stand, *pgx.Conn) {
	t.Helper()
	s := newStand(t, setup)
	role, dsn := s.Role(t, "app", "")
	s.Exec(t, strings.ReplaceAll(grants, "{app}", role))
	sync, err := s.plan(t, backfill.Spec{Relation: "t", Set: set, Where: where}).SyncTrigger()
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range sync.Create {
		s.Exec(t, sql)
	}
	return s, dbtest.Connect(t, dsn)
}

// Whoever writes, with whatever rights and settings, has rows filled as the
// backfill fills them, and no write fails by it.
func TestSyncTriggerUnderAnyCaller(t *testing.T) {
	const table = `CREATE TABLE t (id int PRIMARY KEY, a int, s text, at timestamptz, n numeric(6,2)); `
	const insert = `GRANT INSERT ON t TO {app}; `
	for _, c := range []struct{ name, setup, grants, set, where, write, want string }{
		{"who may only insert", table, insert, "s = 'active'", "s IS NULL", `INSERT INTO t (id) VALUES (1)`, "active"},
		{
			"who may read one column", table, insert + `GRANT SELECT (a) ON t TO {app}`, "s = 'active'", "s IS NULL",
			`INSERT INTO t (id) VALUES (1)`, "active",
		},
		{"who may not read the other table", table + `CREATE TABLE names AS SELECT 1 AS id, 'one' AS name`, insert,
			"s = (SELECT name FROM names WHERE names.id = t.a)", "s IS NULL", `INSERT INTO t (id, a) VALUES (1, 1)`,
			"one"},
		{"who may not call the function",
			table +
				`CREATE FUNCTION spell(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''nr '' || $1'; REVOKE ALL ON FUNCTION spell FROM PUBLIC`, insert,
			"s = spell(a)", "s IS NULL", `INSERT INTO t (id, a) VALUES (1, 1)`, "nr 1"},
		{"whose path finds another function",
			table + `CREATE FUNCTION spell(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''nr '' || $1'`,
			insert +
				`CREATE SCHEMA theirs AUTHORIZATION {app}; CREATE FUNCTION theirs.spell(int) RETURNS text LANGUAGE sql AS 'SELECT ''theirs'''; GRANT ALL ON FUNCTION theirs.spell TO {app}`,
			"s = spell(a)", "s IS NULL", `SET search_path = theirs, public; INSERT INTO t (id, a) VALUES (1, 1)`,
			"nr 1"},
		{"whose path finds other operators", table,
			insert +
				`CREATE SCHEMA theirs AUTHORIZATION {app}; CREATE FUNCTION theirs.no(text, text) RETURNS bool LANGUAGE sql AS 'SELECT false';
			CREATE OPERATOR theirs.= (LEFTARG = text, RIGHTARG = text, FUNCTION = theirs.no); GRANT USAGE ON SCHEMA theirs TO {app}`,
			"s = 'active'", "s IS NULL OR s = 'sent'",
			`SET search_path = theirs, pg_catalog, public; INSERT INTO t (id) VALUES (1)`, "active"},
		{"who reads dates otherwise", table, insert, "at = '01/02/2024 10:00', s = '01/02/2024'::date::text",
			"s IS NULL",
			`SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; INSERT INTO t (id) VALUES (1)`, "2024-01-02"},
		{
			"who has strings with backslashes", table, insert, `s = 'a\b'`, "s IS NULL",
			`SET standard_conforming_strings = off; INSERT INTO t (id) VALUES (1)`, `a\b`,
		},
		{
			"whose row has no value", table, insert, "s = (10 / a)::text", "s IS NULL",
			`INSERT INTO t (id, a) VALUES (1, 0)`, "",
		},
		{
			"whose value does not fit", table, insert, "n = a * 1000, s = 'n'", "s IS NULL",
			`INSERT INTO t (id, a) VALUES (1, 99)`, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, app := syncAs(t, c.setup, c.grants, c.set, c.where)
			if _, err := app.Exec(bounded(t), c.write); err != nil {
				t.Fatal(err)
			}
			if got := dbtest.QueryVal[string](t, s.DB, `SELECT coalesce(s, '') FROM t`); got != c.want {
				t.Errorf("stored %q, want %q", got, c.want)
			}
			if at := dbtest.QueryVal[string](t, s.DB,
				`SELECT coalesce((at AT TIME ZONE 'UTC')::text, '') FROM t`); at != "" && at != "2024-01-02 10:00:00" {
				t.Errorf("stored %s", at)
			}
		})
	}
	s, _ := syncAs(t, table, "", "s = 'active'", "s IS NULL")
	s.Exec(t, `SET session_replication_role = replica; INSERT INTO t VALUES (1); RESET session_replication_role`)
	if n := s.Count(t, "t WHERE s = 'active'"); n != 1 {
		t.Error("a subscriber's row is not filled")
	}
}

// What others may make is not run for whoever writes.
func TestSyncTriggerIsRefused(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (id int PRIMARY KEY, a int, s text, g int GENERATED ALWAYS AS (a * 2) STORED);
		CREATE FUNCTION spell(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''nr '' || $1'; GRANT CREATE ON SCHEMA public TO PUBLIC`)
	for set, want := range map[string]string{
		"s = spell(a)":     "where others may create",
		"s = g::text":      "which the server computes after a trigger has run",
		"s = ctid::text":   "which a row does not have before it is stored",
		"s = s || 'x'":     "it reads what it sets",
		"s = random()":     "its value differs each time",
		"s = 'n' || a * 2": "",
	} {
		_, err := s.plan(t, backfill.Spec{Relation: "t", Set: set}).SyncTrigger()
		var spec *backfill.SpecError
		if want == "" && err != nil || want != "" &&
			(!errors.As(err, &spec) || !strings.Contains(err.Error(), want) || spec.Hint() == "") {
			t.Errorf("%s: %v, want %q", set, err, want)
		}
	}
}

// What the refusal advises lifts it.
func TestOpenSchemaIsClosed(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (id int PRIMARY KEY, a int, s text);
		CREATE FUNCTION spell(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''nr '' || $1'; GRANT CREATE ON SCHEMA public TO PUBLIC`)
	open := backfill.Spec{Relation: "t", Set: "s = spell(a)"}
	_, err := s.plan(t, open).SyncTrigger()
	var spec *backfill.SpecError
	if !errors.As(err, &spec) {
		t.Fatalf("%v is no refusal", err)
	}
	revoke, _, _ := strings.Cut(spec.Hint(), " from ")
	s.Exec(t, revoke+" FROM PUBLIC")
	if _, err := s.plan(t, open).SyncTrigger(); err != nil {
		t.Errorf("%s FROM PUBLIC, and still %v", revoke, err)
	}
}

// A value that the table refuses is found before a trigger makes every write of
// the application fail by it, and nothing of the trial stays.
func TestTrialBeforeTheTrigger(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (id int PRIMARY KEY, s text CHECK (s IN ('active', 'gone'))); INSERT INTO t SELECT i FROM generate_series(1, 50) i`)
	c, err := db.Connect(bounded(t), config(t, s.DSN), db.Session{Kind: db.Executor})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	trial := func(set string) error {
		return backfill.Trial(bounded(t), c, s.plan(t, backfill.Spec{Relation: "t", Set: set, Where: "s IS NULL"}))
	}
	var refused *backfill.TrialError
	if err := trial("s = 'activ'"); !errors.As(err, &refused) || !strings.Contains(err.Error(), "23514") ||
		refused.Hint() == "" {
		t.Errorf("trial: %v", err)
	}
	if err := trial("s = 'active'"); err != nil {
		t.Errorf("trial: %v", err)
	}
	if n := s.Count(t, "t WHERE s IS NULL"); n != 50 {
		t.Errorf("%d rows are as they were", n)
	}
	_, release := s.Blocker(t, `SELECT 1 FROM t FOR UPDATE`)
	defer release()
	if err := trial("s = 'activ'"); err != nil {
		t.Errorf("trial without a free row: %v", err)
	}
}
