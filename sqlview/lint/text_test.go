package lint

import (
	"strings"
	"testing"

	"belay/sqlview/parse"
)

// TestTexts cuts parts out of a statement's source.
func TestTexts(t *testing.T) {
	for _, c := range []struct{ sql, at, want string }{
		{"ADD COLUMN a text DEFAULT 'x, NOT NULL' NOT NULL", "DEFAULT", "'x, NOT NULL'"},
		{"ADD COLUMN a int DEFAULT (1 + f(2, 3)), ADD COLUMN b int", "DEFAULT", "(1 + f(2, 3))"},
		{"ADD COLUMN a text DEFAULT $q$a'b$q$ CONSTRAINT c CHECK (true)", "DEFAULT", "$q$a'b$q$"},
		{"ADD COLUMN a text DEFAULT 'it''s' -- NOT here\n UNIQUE", "DEFAULT", "'it''s' -- NOT here"},
		{"ADD COLUMN a text DEFAULT now()", "DEFAULT", "now()"},
	} {
		s := Stmt{&parse.Statement{SQL: c.sql}, nil}
		if got := s.DefaultText(int32(strings.Index(c.sql, c.at))); got != c.want {
			t.Errorf("%s: %q, want %q", c.sql, got, c.want)
		}
	}
	for sql, want := range map[string]string{
		"CHECK (a IN (1, 2) AND b <> ')')":  "a IN (1, 2) AND b <> ')'",
		"CREATE INDEX i ON t (a, lower(b))": "a, lower(b)",
		"CHECK (":                           "",
		"no parentheses":                    "",
	} {
		if got := (Stmt{&parse.Statement{SQL: sql}, nil}).ConditionText(0); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}

func TestDataChangeTexts(t *testing.T) {
	for _, c := range []struct{ sql, set, where string }{
		{
			"UPDATE t SET a = 1, b = (SELECT x FROM y) WHERE c IS DISTINCT FROM a RETURNING *",
			"a = 1, b = (SELECT x FROM y)", "c IS DISTINCT FROM a",
		},
		{"UPDATE t SET a = b IS DISTINCT FROM c", "a = b IS DISTINCT FROM c", ""},
		{"UPDATE t SET\n a = 1\nFROM u WHERE u.id = t.id", "a = 1", "u.id = t.id"},
		{
			"UPDATE t SET a = 'x  y', -- one\n b = E'it\\'s; WHERE' /* two */ WHERE b = 'p  q'",
			`a = 'x  y', b = E'it\'s; WHERE'`, "b = 'p  q'",
		},
		{"UPDATE t SET a = (SELECT x FROM y WHERE y.id = 1) WHERE c", "a = (SELECT x FROM y WHERE y.id = 1)", "c"},
		{
			`UPDATE "T" AS x SET a = x.b WHERE x.c AND "x".d > (SELECT max(y.e) FROM y)`, `a = "T".b`,
			`"T".c AND "T".d > (SELECT max(y.e) FROM y)`,
		},
	} {
		f := &File{File: parsed(t, c.sql)}
		s := first(f)
		d := s.DataChanges()[0]
		if set, where := s.SetText(d.Update), s.WhereText(d); set != c.set || where != c.where {
			t.Errorf("%s: %q, %q", c.sql, set, where)
		}
	}
}

func TestBatchesCommand(t *testing.T) {
	for _, c := range []struct{ set, where, want string }{
		{"a = 'x'", "", `belay backfill --table public.t --set "a = 'x'"`},
		{`"A" = '$1'`, "b IS NULL", `belay backfill --table public.t --set '"A" = '\''$1'\''' --where "b IS NULL"`},
	} {
		if got := (Batches{Table: "public.t", Set: c.set, Where: c.where}).Command(); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

func TestIdent(t *testing.T) {
	for name, want := range map[string]string{
		"orders": "orders", "user": `"user"`, "createdAt": `"createdAt"`, `a"b`: `"a""b"`, "1a": `"1a"`, "a$1": "a$1",
		"": `""`, "é": `"é"`,
	} {
		if got := Ident(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := Quote("my app.order"); got != `"my app"."order"` {
		t.Errorf("got %s", got)
	}
}
