package script

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db/dbtest"
	"belay/sqlview/parse"
	"belay/sqlview/visible"
	"belay/steps/fact"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestEscapedSQLMeansTheSame asks a server for what each statement gives, as it
// is and as it is printed.
func TestEscapedSQLMeansTheSame(t *testing.T) {
	c := dbtest.New(t).Conn(t)
	var values, names []string
	for _, r := range "\x01\x08\v\f\r\x1b\x7f\u0080\u009b\u00ad" +
		"\u200b\u200d\u202e\u2028\u2066\ufeff\U000e0041\U000f0000" {
		for _, around := range []string{"%c", "a%c1b'c\\d\"e", "\r\n%c\\n", "%c%[1]c"} {
			values = append(values, fmt.Sprintf(around, r))
		}
		names = append(names, fmt.Sprintf("n%c\\q\"r", r))
	}
	for _, v := range values {
		quoted := "'" + strings.ReplaceAll(v, "'", "''") + "'"
		same(t, c, v, "SELECT "+quoted+"::text")
		same(t, c, v, "SELECT E"+strings.ReplaceAll(quoted, `\`, `\\`)+"::text")
		same(t, c, v, "SELECT $q$"+v+"$q$::text")
		same(t, c, v, "SELECT -- "+strings.NewReplacer("\r", "", "\n", "").Replace(v)+"\n"+quoted+" /* "+v+" */ ::text")
	}
	for _, n := range names {
		same(t, c, n, "SELECT (json_object_keys(to_json(x))) FROM (SELECT 1 AS "+pgx.Identifier{n}.Sanitize()+") x")
	}
}

func same(t *testing.T, c *pgx.Conn, want, sql string) {
	t.Helper()
	printed, problem := parse.Escaped(sql)
	if problem != nil {
		t.Errorf("%q: %v", sql, problem)
		return
	}
	if visible.Text(printed) != printed {
		t.Errorf("%q is printed as %q", sql, printed)
	}
	for _, s := range []string{sql, printed} {
		var got string
		if err := c.QueryRow(context.Background(), s).Scan(&got); err != nil || got != want {
			t.Errorf("%q gave %q, %v, not %q", s, got, err, want)
		}
	}
}

func TestPsqlIsPrintable(t *testing.T) {
	unit := fact.Unit{
		Path: "m/1_a\n\\! rm.sql", SHA256: "00", Transaction: true, Role: "r\x1b",
		Statements: []fact.Statement{{SQL: "INSERT INTO t VALUES ('\x1b[2J') -- \u202e"}},
		Record:     []string{"INSERT INTO h VALUES ('a\u009b')"},
	}
	for _, transaction := range []bool{true, false} {
		unit.Transaction = transaction
		got, err := Psql(fact.Plan{Units: []fact.Unit{unit}})
		if err != nil || visible.Text(got) != got {
			t.Fatalf("%q, %v", got, err)
		}
		for _, part := range []string{
			`-- m/1_a \! rm.sql, sha256`, `ROLE U&"r\001b"`, `(E'\x1b[2J') -- \u202e`, `(E'a\u009b')`,
		} {
			if !strings.Contains(got, part) {
				t.Errorf("%q is not in\n%s", part, got)
			}
		}
	}
	unit.Statements = append(unit.Statements, fact.Statement{SQL: "SELECT 1,\na\u202e", Line: 7})
	if _, err := Psql(fact.Plan{Units: []fact.Unit{unit}}); err == nil ||
		!strings.Contains(err.Error(), ".sql:8: the character U+202E") {
		t.Errorf("got %v", err)
	}
}
