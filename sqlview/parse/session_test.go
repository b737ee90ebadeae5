package parse

import (
	"context"
	"strings"
	"testing"
)

func TestBackslashed(t *testing.T) {
	for sql, want := range map[string]string{
		`SELECT 'a', E'\n', "\", $$ \ $$, U&'\0061' -- '\'`: "",
		`SELECT 'a\b'`:                                           `'a\b'`,
		`SELECT 'a\'; DROP TABLE t; --'`:                         `'a\'`,
		`SELECT 'open \`:                                         `'open \`,
		`DO $$ BEGIN PERFORM 'x\y'; END $$`:                      `'x\y'`,
		`DO $a$ BEGIN EXECUTE $b$ SELECT 'x\' $b$; END $a$`:      `'x\'`,
		`SELECT 'it''s', 'c:\' /* '\' */`:                        `'c:\'`,
		"SELECT 'a'\n  'b\\'":                                    `'b\'`,
		`SELECT E'a\'b', 'plain' -- the first is E'…' in itself`: "",
	} {
		at := Backslashed([]byte(sql))
		switch {
		case want == "" && at >= 0, want != "" && (at < 0 || !strings.HasPrefix(sql[at:], want)):
			t.Errorf("%s: at %d, want %s", sql, at, want)
		}
	}
}

// What a session reads otherwise than it was read here is not analysed and not
// sent; what reads the same either way is.
func TestFileInSession(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		escapes   bool
		refused   string // indexes
	}{
		{"on", `SELECT 'a\b'; SELECT 1`, false, ""},
		{"off without a backslash", `SELECT 'it''s'; SELECT E'a\n'`, true, ""},
		{"off", `SELECT 1; SELECT 'a\b'; SELECT 2`, true, "12"},
		{"a statement hidden by the reading", `SELECT '\'; DROP TABLE t; --'`, true, "01"},
		{"set in the file", `SELECT 'a\b'; SET standard_conforming_strings = off; SELECT 1; SELECT 'a\b'`, false, "3"},
		{"set and nothing behind", `SELECT 'a\b'; SET LOCAL standard_conforming_strings TO off; SELECT 'a'`, false, ""},
		{
			"by a function",
			`SELECT set_config('standard_conforming_strings', 'off', false); INSERT INTO t VALUES ('\');--')`, false,
			"1",
		},
		{"by a block", `DO $$ BEGIN SET standard_conforming_strings = 0; END $$; SELECT 'a\'`, false, "1"},
		{
			"in the function's own body",
			`CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql SET standard_conforming_strings = off AS $$ BEGIN RETURN 'a\'; DROP TABLE t; --'; END $$`, false, "0",
		},
		{"for later sessions", `ALTER ROLE app SET standard_conforming_strings = off; SELECT 'a\b'`, false, "1"},
		{"a dump's own line", `SET standard_conforming_strings = on; SELECT 'a\b'`, false, ""},
		{"a dump's own line where it is off", `SET standard_conforming_strings = on; SELECT 'a\b'`, true, "1"},
		{"in a body", `DO $$ BEGIN EXECUTE 'SELECT ''\'; END $$`, true, "0"},
		{"another encoding", `SET client_encoding = 'LATIN1'; SELECT 1`, false, "0"},
		{"names", `SET NAMES 'win1252'; SELECT 1`, false, "0"},
		{
			"the same encoding", `SET client_encoding = 'UTF8'; SET NAMES 'unicode'; SET client_encoding TO DEFAULT`,
			false, "",
		},
	} {
		files, err := Parse(context.Background(), []byte(c.sql))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for i, s := range files[0].InSession([]byte(c.sql), c.escapes).Statements {
			if s.Unsendable != (s.Problem != nil) || s.Unsendable && s.Node != nil {
				t.Errorf("%s: statement %d: %+v", c.name, i, s)
			}
			if s.Unsendable {
				got += string(rune('0' + i))
			}
		}
		if got != c.refused {
			t.Errorf("%s: refused %q, want %q", c.name, got, c.refused)
		}
	}
}
