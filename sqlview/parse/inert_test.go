package parse

import "testing"

func TestInert(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"SELECT a[1:PORT] FROM t", "SELECT a[1: PORT] FROM t"},
		{"SELECT a[b:'c']", "SELECT a[b: 'c']"},
		{`SELECT a[1:"PORT"]`, `SELECT a[1: "PORT"]`},
		{"SELECT a[1:{?PORT}]", "SELECT a[1: {?PORT}]"},
		{"SELECT 1::int, '2'::text, b :: int", "SELECT 1::int, '2'::text, b :: int"},
		{"SELECT a[1::int:PORT]", "SELECT a[1::int: PORT]"},
		{"SELECT ':PORT', $$:PORT$$, \":PORT\" -- :PORT", "SELECT ':PORT', $$:PORT$$, \":PORT\" -- :PORT"},
		{"SELECT a[1: PORT], a[:], x := 1", "SELECT a[1: PORT], a[:], x := 1"},
	} {
		got, problem := Inert(c.sql)
		if problem != nil || got != c.want {
			t.Errorf("Inert(%q) = %q, %v", c.sql, got, problem)
		}
	}
	for _, sql := range []string{`SELECT E'\', 1`, "SELECT 'a", "SELECT 1 /* b", "SELECT $$a", `SELECT "a`} {
		if got, problem := Inert(sql); problem == nil {
			t.Errorf("Inert(%q) = %q", sql, got)
		}
	}
}
