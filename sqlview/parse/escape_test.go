package parse

import "testing"

func TestEscaped(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"SELECT 'é', \"ü\" -- ж\n", "SELECT 'é', \"ü\" -- ж\n"},
		{"SELECT '\x1b[2J', 1", `SELECT E'\x1b[2J', 1`},
		{"SELECT 'it''s \\ \u202e'", `SELECT E'it''s \\ \u202e'`},
		{"SELECT 'a\r\nb', 'c\nd\te\x01'", "SELECT E'a\\x0d\nb', E'c\nd\te\\x01'"},
		{"SELECT E'a\\n\x1b\\\x1b'", `SELECT E'a\n\x1b\x1b'`},
		{"SELECT '\U000e0041'", `SELECT E'\U000e0041'`},
		{"DO $x$ BEGIN RAISE '\x1b'; END \\ $x$", `DO E' BEGIN RAISE ''\x1b''; END \\ '`},
		{"SELECT 1 AS \"a\x1b\\\"\"b\U000e0041\"", `SELECT 1 AS U&"a\001b\\""b\+0e0041"`},
		{"SELECT 1 AS \"a\nb\"", `SELECT 1 AS U&"a\000ab"`},
		{"SELECT 1 -- \x1b[31m\n, 2 /* \u009b */", "SELECT 1 -- \\x1b[31m\n, 2 /* \\u009b */"},
		{"SELECT 1,\r2\f,\v3\r\n", "SELECT 1,\n2 , 3\n"},
		{"-- hidden\rSELECT 1 -- \x1b", "-- hidden\nSELECT 1 -- \\x1b"},
	} {
		if got, problem := Escaped(c.sql); problem != nil || got != c.want {
			t.Errorf("%q:\n got %q, %v\nwant %q", c.sql, got, problem, c.want)
		}
		if got, _ := Escaped(c.want); got != c.want {
			t.Errorf("escaped twice: %q", got)
		}
	}
}

func TestNotEscaped(t *testing.T) {
	for _, c := range []struct {
		sql     string
		line    int
		message string
	}{
		{"SELECT 1,\n  a\u202eb", 2, "the character U+202E cannot be written as an escape here"},
		{"SELECT U&'\x1b'", 1, "the character U+001B cannot be written as an escape here"},
		{"SELECT N'\x1b'", 1, "the character U+001B cannot be written as an escape here"},
		{"SELECT 'a'\n-- c\n'\x1b'", 3, "the character U+001B cannot be written as an escape here"},
		{"SELECT '\x1b'\n'a'", 1, "the character U+001B cannot be written as an escape here"},
		{"SELECT '\x1b", 1, "the character U+001B cannot be written as an escape here"},
	} {
		got, problem := Escaped(c.sql)
		if problem == nil || problem.Line != c.line || problem.Message != c.message {
			t.Errorf("%q: %q, %+v", c.sql, got, problem)
		}
	}
}
