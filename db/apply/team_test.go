package apply_test

import (
	"errors"
	"strings"
	"testing"

	"belay/db"
	"belay/db/apply"
	"belay/db/dbtest"

	"github.com/jackc/pgx/v5"
)

// teamSettings are what a database gives its sessions, and what a statement of the
// file must then see.
var teamSettings = map[string]string{
	"DateStyle": "SQL, DMY", "IntervalStyle": "iso_8601", "search_path": "app", "bytea_output": "escape",
	"default_transaction_isolation": "repeatable read", "transform_null_equals": "on", "row_security": "on",
}

const seen = `INSERT INTO app.seen SELECT '%s', pg_catalog.current_setting('DateStyle') || '|' || ('01/02/2026'::date - '2026-02-01'::date)
	|| '|' || pg_catalog.current_setting('search_path') || '|' || pg_catalog.current_setting('transaction_isolation') || '|' || (NULL = NULL)`

func teamDatabase(t *testing.T) *dbtest.DB {
	t.Helper()
	d := dbtest.New(t)
	d.Exec(t, `CREATE SCHEMA app; CREATE SCHEMA other; CREATE TABLE app.seen (unit text, what text);
		CREATE TABLE public.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)`)
	for name, value := range teamSettings {
		d.Exec(t, "ALTER DATABASE "+pgx.Identifier{d.Name}.Sanitize()+" SET "+name+" = '"+value+"'")
	}
	return d
}

func writes(sql string) apply.Statement {
	s := apply.Statement{SQL: sql, Line: 1, Kind: "INSERT"}
	s.Effect.Known, s.Effect.Transactional = true, true
	return s
}

func set(sql string) apply.Statement {
	s := writes(sql)
	s.Kind = "SET"
	return s
}

// The statements of a file see what the team's tool would have on a connection like
// this, and what the file set before; belay's own questions in between, the history
// row and the next unit do not.
func TestStatementsHaveTheTeamsSettings(t *testing.T) {
	t.Parallel()
	const atFirst = "SQL, DMY|0|app|repeatable read|true"
	const then = "SQL, DMY|0|other|repeatable read|true"
	record := func(unit string) apply.Statement { return writes(strings.ReplaceAll(seen, "%s", unit)) }
	files := map[string][]apply.Statement{
		"transaction": {
			record("transaction"), set("SET search_path = other"), record("transaction"),
			writes("CREATE TABLE made_in_transaction ()"),
		},
		"one-by-one": {record("one-by-one"), set("SET search_path = other"), record("one-by-one"),
			{SQL: "VACUUM app.seen", Line: 4, Kind: "VACUUM"}, record("one-by-one"),
			writes("CREATE TABLE made_one_by_one ()")},
	}
	for name, statements := range files {
		t.Run(name, func(t *testing.T) {
			d := teamDatabase(t)
			x, _ := executor(t, d.DSN)
			u := unit(statements...)
			u.Wrap = apply.Wrap(name)
			want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
			got := dbtest.QueryCol[string](t, d, `SELECT what FROM app.seen`)
			for i, line := range got {
				if w := map[bool]string{true: atFirst, false: then}[i == 0]; line != w {
					t.Errorf("statement saw %s, want %s", line, w)
				}
			}
			if len(got) < 2 ||
				d.Count(t, `pg_class c WHERE relname LIKE 'made%' AND relnamespace = 'other'::regnamespace`) != 1 ||
				d.Count(t, `public.schema_migrations`) != 1 {
				t.Errorf("saw %v", got)
			}
			wantOwnSettings(t, x)
			// The next file begins where the first one did.
			d.Exec(t, `DELETE FROM public.schema_migrations`)
			want(t, x.Run(t.Context(), unit(record("again"))), apply.Applied, apply.Done)
			if got := dbtest.QueryVal[string](t, d, `SELECT what FROM app.seen WHERE unit = 'again'`); got != atFirst {
				t.Errorf("the next file saw %s", got)
			}
			wantOwnSettings(t, x)
		})
	}
}

func wantOwnSettings(t *testing.T, x *apply.Executor) {
	t.Helper()
	var path, style, isolation string
	err := x.Trio.Executor.QueryRow(t.Context(),
		`SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_setting('DateStyle'),
		pg_catalog.current_setting('default_transaction_isolation')`).Scan(&path, &style, &isolation)
	if err != nil || path != "pg_catalog, pg_temp" || style != "ISO, MDY" || isolation != "read committed" {
		t.Errorf("the session has %s, %s, %s, %v", path, style, isolation, err)
	}
}

// What the tool itself sets when it connects counts more than the database's word.
func TestStatementsHaveTheToolsSettings(t *testing.T) {
	t.Parallel()
	d := teamDatabase(t)
	cfg, err := db.ParseConfig(d.DSN, "test")
	if err != nil {
		t.Fatal(err)
	}
	trio, err := db.OpenTrio(t.Context(), cfg.WithTeam([]db.Setting{{Name: "DateStyle", Want: "ISO, MDY"}}), "7f3a0001",
		"run")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trio.Close() })
	x := &apply.Executor{Trio: trio}
	want(t, x.Run(t.Context(), unit(writes(strings.ReplaceAll(seen, "%s", "u")))), apply.Applied, apply.Done)
	if got := dbtest.QueryVal[string](t, d, `SELECT what FROM app.seen`); !strings.HasPrefix(got, "ISO, MDY|-30|") {
		t.Errorf("saw %s", got)
	}
}

// A statement that would be read otherwise than it was reviewed is not sent.
func TestStatementsAreSentAsTheyWereRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, says string }{
		"encoding": {
			`DO $$ BEGIN PERFORM set_config('client_encoding', 'LATIN1', false); END $$`,
			`INSERT INTO app.seen VALUES ('é', 'é')`, "client_encoding is LATIN1",
		},
		"strings": {
			`DO $$ BEGIN PERFORM set_config('standard_conforming_strings', 'off', false); END $$`,
			`INSERT INTO app.seen VALUES ('a\', 'b')`, "begin an escape",
		},
	} {
		for _, wrap := range []apply.Wrap{apply.Transaction, apply.OneByOne} {
			t.Run(name+" "+string(wrap), func(t *testing.T) {
				d := teamDatabase(t)
				x, _ := executor(t, d.DSN)
				u := unit(writes(c.first), writes(c.second))
				u.Wrap = wrap
				got := x.Run(t.Context(), u)
				want(t, got, apply.NotApplied, apply.Refused)
				var f *apply.Failure
				if !errors.As(got.Err, &f) || !strings.Contains(f.Message, c.says) || f.Hint == "" {
					t.Errorf("got %v", got.Err)
				}
				if d.Count(t, "app.seen") != 0 || d.Count(t, "public.schema_migrations WHERE NOT dirty") != 0 {
					t.Error("it stands, or is recorded")
				}
				wantOwnSettings(t, x)
			})
		}
	}
}
