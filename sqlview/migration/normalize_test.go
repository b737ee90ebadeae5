package migration

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCompareText(t *testing.T) {
	for _, c := range []struct {
		was, is string
		want    Edit
	}{
		{"SELECT 1;", "SELECT 1;", EditNone},
		{"SELECT 1;", "-- why\nSELECT\t1;\r\n", EditComment},
		{"SELECT 1;", "/* a /* nested */ b */ SELECT /* here */ 1;", EditComment},
		{"SELECT 1;", "SELECT 2;", EditSQL},
		{"SELECT 1; -- a\r", "SELECT 1; -- a\rDROP TABLE t;", EditSQL}, // the server ends a comment there
		{"SELECT 'a -- b';", "SELECT 'a';", EditSQL},
		{"SELECT 'a  b';", "SELECT 'a b';", EditSQL},
		{`SELECT "a  b";`, `SELECT "a b";`, EditSQL},
		{"SELECT 'it''s -- x' , 1;", "SELECT 'it''s -- x'  , 1; -- y", EditComment},
		{`SELECT E'\'-- a';`, `SELECT E'\'-- b';`, EditSQL},
		{`SELECT e'a\\' -- x`, `SELECT e'a\\' -- y`, EditComment},
		{`SELECT name'\' -- x`, `SELECT name'\' -- y`, EditComment},
		{"DO $$ a -- b\n $$;", "DO $$ a $$;", EditSQL},
		{"DO $x$ $$ -- b $x$;", "DO $x$ $$ -- c $x$;", EditSQL},
		{"SELECT $1 -- a\n, $2;", "SELECT $1 , $2;", EditComment},
		{"SELECT a$b -- $\n;", "SELECT a$b ;", EditComment},
		{"-- belay: no-transaction\nSELECT 1;", "SELECT 1;", EditSQL},
		{"-- belay: backfill\nSELECT 1;", "SELECT 1;", EditSQL},
		{"-- +goose Up\nSELECT 1;", "-- +goose Down\nSELECT 1;", EditSQL},
		{"\xef\xbb\xbfSELECT 1;", "SELECT 1;", EditComment},
		{"SELECT 'open", "SELECT 'open ", EditSQL},
		{"SELECT 1 /* open", "SELECT 1", EditComment},
	} {
		if got := CompareText([]byte(c.was), []byte(c.is)); got != c.want {
			t.Errorf("CompareText(%q, %q) = %q, want %q", c.was, c.is, got, c.want)
		}
	}
}

// A text without quotes, dollars and comment signs means the same however its
// words are spaced and commented.
func TestNormalizeBlanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9(),;=]{1,6}`), 1, 8).Draw(t, "words")
		gap := rapid.SampledFrom([]string{" ", "\n", "\t \r\n", " /* c */ ", " -- c\n", "/* 'q */"})
		var spaced strings.Builder
		for _, w := range words {
			spaced.WriteString(gap.Draw(t, "gap") + w)
		}
		if CompareText([]byte(strings.Join(words, " ")), []byte(spaced.String())) == EditSQL {
			t.Fatalf("%q differs from %q", spaced.String(), words)
		}
	})
}

// Any bytes at all are taken, and a second pass changes nothing.
func TestNormalizeAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := []byte(rapid.StringMatching(`(['"$\\ea/* -]|\n|--|/\*|\*/|\$t\$){0,40}`).Draw(t, "sql"))
		once := normalize(in, false)
		if len(once) > len(in) {
			t.Fatalf("%q grew to %q", in, once)
		}
	})
}

func TestEncodingFault(t *testing.T) {
	for in, want := range map[string]string{
		"SELECT 'é';":           "",
		"a\nbé\x00c":            "NUL byte at line 2, column 3 (byte 5)",
		"SELECT 'caf\xe9';":     "byte 0xe9 is not UTF-8 at line 1, column 12 (byte 11)",
		"\xef\xbb\xbfSELECT 1;": "begins with a byte order mark, which the server reads as a syntax error",
		"SELECT '\ufffd';":      "",
	} {
		if got := encodingFault([]byte(in)); got != want {
			t.Errorf("encodingFault(%q) = %q, want %q", in, got, want)
		}
	}
}
