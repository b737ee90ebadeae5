package sqlstate

import (
	"strings"
	"testing"
)

// The lines are spelled as each program writes them.
func TestIn(t *testing.T) {
	for _, c := range []struct{ from, line, code, said string }{
		{
			"the server",
			`2026-11-23 09:00:01.123 UTC [4711] app@shop ERROR:  column "email" does not exist at character 8`, "42703",
			`column "email" does not exist`,
		},
		{
			"the server, verbose", `ERROR:  42P01: relation "orders_v2" does not exist at character 15`, "42P01",
			`relation "orders_v2" does not exist`,
		},
		{
			"the server, %e", `2026-11-23 09:00:01 [4711] 55P03 ERROR:  canceling statement due to lock timeout`,
			"55P03", "canceling statement due to lock timeout",
		},
		{
			"csvlog",
			`2026-11-23 09:00:01.123 UTC,"app","shop",4711,"[local]",65,1,"INSERT",2026-11-23 08:00:00 UTC,3/4,0,ERROR,23502,"null value in column ""status"" of relation ""orders"" violates not-null constraint",`, "23502", "",
		},
		{
			"jsonlog",
			`{"timestamp":"2026-11-23","error_severity":"ERROR","state_code":"0A000","message":"cached plan must not change result type"}`, "0A000", "cached plan must not change result type",
		},
		{"pgx", `level=ERROR msg="query" err="ERROR: column \"email\" does not exist (SQLSTATE 42703)"`, "42703", ""},
		{"pgx, an unknown code", `ERROR: the moon is full (SQLSTATE MOON1)`, "MOON1", ""},
		{
			"lib/pq", `pq: insert or update on table "posts" violates foreign key constraint "posts_user" (23503)`,
			"23503", `insert or update on table "posts" violates foreign key constraint "posts_user"`,
		},
		{
			"psycopg", `psycopg2.errors.UndefinedColumn: column o.email does not exist`, "42703",
			`column o.email does not exist`,
		},
		{"SQLAlchemy", `sqlalchemy.exc.OperationalError: (psycopg2.errors.LockNotAvailable) canceling`, "55P03", ""},
		{
			"asyncpg", `asyncpg.exceptions.QueryCanceledError: canceling statement due to statement timeout`, "57014",
			"canceling statement due to statement timeout",
		},
		{
			"Rails", `ActiveRecord::StatementInvalid: PG::UndefinedTable: ERROR:  relation "users" does not exist`,
			"42P01", `relation "users" does not exist`,
		},
		{
			"Rails, a deadlock", `ActiveRecord::Deadlocked (PG::TRDeadlockDetected: ERROR:  deadlock detected`, "40P01",
			"deadlock detected",
		},
		{"node-postgres", `  code: '23503',`, "23503", ""},
		{
			"pino",
			`{"level":50,"err":{"type":"DatabaseError","code":"42703","message":"column \"x\" does not exist"}}`,
			"42703", "",
		},
		{
			"PDO", `SQLSTATE[42703]: Undefined column: 7 ERROR:  column "email" does not exist`, "42703",
			`column "email" does not exist`,
		},
		{"Hibernate", `WARN  SqlExceptionHelper - SQL Error: 0, SQLState: 42703`, "42703", ""},
		{
			"Npgsql", `Npgsql.PostgresException (0x80004005): 42P01: relation "orders" does not exist`, "42P01",
			`relation "orders" does not exist`,
		},
		{
			"Postgrex", `** (Postgrex.Error) ERROR 42703 (undefined_column) column "email" does not exist`, "42703",
			`column "email" does not exist`,
		},
		{"tokio-postgres", `Error { kind: Db, cause: Some(DbError { code: SqlState(E42703) }) }`, "42703", ""},
		{"somebody's own words", `query failed: undefined_column`, "42703", ""},
		{"a value in quotes", `ERROR:  column "Bob Miller" does not exist (SQLSTATE 42703)`, "42703", ""},
		{
			"a key's value",
			`ERROR: duplicate key value violates unique constraint "users_email" DETAIL: Key (email)=(a@b.c) already exists.`, "23505", `duplicate key value violates unique constraint "users_email"`,
		},
		{"no error", `GET /orders 200 12ms code=00000`, "", ""},
		{"an HTTP code", `upstream error code=50300`, "", ""},
		{"a success", `SQLSTATE 00000`, "", ""},
		{"words", `the error page does not exist`, "", ""},
		{"nothing", ``, "", ""},
	} {
		got, ok := In(c.line)
		if got.Code != c.code || got.Said != c.said || ok != (c.code != "") {
			t.Errorf("%s: %+v, %v, want %q %q", c.from, got, ok, c.code, c.said)
		}
	}
}

// Whatever a line holds, what is kept of it has no quote, no value and no
// control character from it.
func FuzzIn(f *testing.F) {
	f.Add(`ERROR:  column "email" does not exist (SQLSTATE 42703)`)
	f.Add("null value in column \"a\" violates not-null constraint\x1b[31m")
	f.Fuzz(func(t *testing.T, line string) {
		got, ok := In(line)
		if !ok {
			return
		}
		if !Valid(got.Code) || len(got.Said) > 600 {
			t.Errorf("%+v", got)
		}
		if strings.ContainsFunc(got.Said, func(r rune) bool { return r < ' ' || r > '~' || r == '\'' || r == '=' }) {
			t.Errorf("kept %q", got.Said)
		}
	})
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range conditions {
		if !Valid(c.code) || c.name == "" || seen[c.code] || Name(c.code) != c.name || CauseOf(c.code) != c.cause {
			t.Errorf("%+v", c)
		}
		seen[c.code] = true
	}
	if Name("99999") != "" || CauseOf("99999") != Other {
		t.Error("a code that nobody knows has a name")
	}
}
