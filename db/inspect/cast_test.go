package inspect_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview/cast"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// castTypes are one of each family that columns are made of.
var castTypes = []string{
	"smallint", "integer", "bigint", "numeric", "numeric(10,2)", "real", "double precision", "boolean", "text",
	"character varying(20)",
	"character(4)", "name", "uuid", "json", "jsonb", "date", "timestamp without time zone", "timestamp with time zone",
	"time without time zone", "time with time zone", "interval", "inet", "cidr", "bytea", "oid", "money", "bit(3)",
	"bit varying",
	"integer[]", "text[]", "mood", "pair", "posint", "word", "xml",
}

// TestAssignable changes a column's type, with a default and without, between
// every two types: the server says what becomes what by itself.
func TestAssignable(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `
		CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE pair AS (a int, b int);
		CREATE DOMAIN posint AS int CHECK (VALUE > 0); CREATE DOMAIN word AS text;
		CREATE FUNCTION mood_of(int) RETURNS mood LANGUAGE sql IMMUTABLE AS $$SELECT 'a'::mood$$;
		CREATE CAST (int AS mood) WITH FUNCTION mood_of(int) AS ASSIGNMENT;
		CREATE FUNCTION mood_of(uuid) RETURNS mood LANGUAGE sql IMMUTABLE AS $$SELECT 'a'::mood$$;
		CREATE CAST (uuid AS mood) WITH FUNCTION mood_of(uuid)`)
	snapshot, err := inspect.Catalog(bounded(t), monitor(t, d.DSN))
	if err != nil {
		t.Fatal(err)
	}
	c := d.Conn(t)
	whole, asked := os.Getenv("BELAY_TEST_LONG") != "", 0
	for i, from := range castTypes {
		for j, to := range castTypes {
			if !whole && (i+j)%7 != 0 {
				continue
			}
			asked++
			want := cast.No
			switch code := changeType(t, c, from, to); code {
			case "":
				want = cast.Yes
			case "42804":
			default:
				t.Errorf("%s to %s: %s", from, to, code)
			}
			if got := cast.Assignable(from, to, snapshot); got != want {
				t.Errorf("%s to %s: %v, the server says %v", from, to, got, want)
			}
		}
	}
	t.Logf("%d pairs of types", asked)
}

// changeType tries the change on an empty table; "" = it went through.
func changeType(t *testing.T, c *pgx.Conn, from, to string) string {
	t.Helper()
	sql := fmt.Sprintf("BEGIN; CREATE TABLE one (c %s); ALTER TABLE one ALTER COLUMN c TYPE %s; ROLLBACK", from, to)
	_, err := c.PgConn().Exec(bounded(t), sql).ReadAll()
	_, _ = c.PgConn().Exec(bounded(t), "ROLLBACK").ReadAll()
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	return ""
}
