package parse

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func parseOne(t *testing.T, src string) File {
	t.Helper()
	files, err := Parse(context.Background(), []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return files[0]
}

// TestNoInputBringsItDown reads what has ended parsers. Each must give a result
// that says what was not analysed, and the statement after it must be read.
func TestNoInputBringsItDown(t *testing.T) {
	const size = 1 << 20
	const after = ";\nDROP TABLE seen"
	cases := []struct{ name, src string }{
		{"nested parentheses", "SELECT " + strings.Repeat("(", size/2) + "1" + strings.Repeat(")", size/2) + after},
		{"open parentheses", "SELECT " + strings.Repeat("(", size) + after},
		{"1+1+1", "SELECT 1" + strings.Repeat("+1", size/2) + after},
		{"20,000 levels", "SELECT 1" + strings.Repeat("+1", 20000) + after},
		{"6,000 levels", "SELECT 1" + strings.Repeat("+1", 6000) + after},
		{"NOT NOT", "SELECT " + strings.Repeat("NOT ", size/4) + "true" + after},
		{"UNION chain", "SELECT 1" + strings.Repeat(" UNION SELECT 1", size/15) + after},
		{"array brackets", "SELECT " + strings.Repeat("ARRAY[", size/6) + after},
		{"nested CASE", "SELECT " + strings.Repeat("CASE WHEN true THEN ", size/20) + after},
		{
			"nested subselects",
			strings.Repeat("SELECT * FROM (", 5000) + "SELECT 1" + strings.Repeat(") x", 5000) + after,
		},
		{"casts", "SELECT 1" + strings.Repeat("::int", size/5) + after},
		{"minus signs", "SELECT " + strings.Repeat("- ", size/2) + "1" + after},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			f := parseOne(t, c.src)
			t.Logf("%d bytes in %v: %v", len(c.src), time.Since(began), f.Statements[0].Problem)
			if len(f.Statements) != 2 || f.Statements[1].Kind != "DROP TABLE" {
				t.Fatalf("the statement after it was not read: %d statements", len(f.Statements))
			}
			if p := f.Statements[0].Problem; p == nil || p.Message == "" {
				t.Fatal("no problem is named")
			}
		})
	}
}

// TestWide reads what is large but not deep: it must be analysed.
func TestWide(t *testing.T) {
	cases := map[string]string{
		"AND chain":  "SELECT true" + strings.Repeat(" AND true", 100_000),
		"VALUES":     "INSERT INTO t VALUES (1, 'x')" + strings.Repeat(", (1, 'x')", 50_000),
		"statements": strings.Repeat("DROP TABLE t;\n", 20_000),
	}
	for name, src := range cases {
		began := time.Now()
		f := parseOne(t, src)
		t.Logf("%s: %d bytes in %v", name, len(src), time.Since(began))
		if f.Analysed() != len(f.Statements) {
			t.Errorf("%s: analysed %d of %d", name, f.Analysed(), len(f.Statements))
		}
	}
}

func TestUnreadableFiles(t *testing.T) {
	wide := utf16.Encode([]rune("SELECT 1"))
	var utf16File bytes.Buffer
	for _, u := range wide {
		utf16File.WriteByte(byte(u))
		utf16File.WriteByte(byte(u >> 8))
	}
	cases := []struct {
		src          string
		line, column int
		word         string
	}{
		{"SELECT 1;\nSELECT é\x00; DROP TABLE x", 2, 9, "NUL"},
		{utf16File.String(), 1, 2, "UTF-16"},
		{"SELECT 1;\r\n-- ü\xff\nSELECT 2", 2, 5, "0xff"},
	}
	for _, c := range cases {
		f := parseOne(t, c.src)
		if f.Problem == nil || len(f.Statements) != 0 {
			t.Fatalf("%q was not refused", c.src)
		}
		if p := *f.Problem; p.Line != c.line || p.Column != c.column || !strings.Contains(p.Message, c.word) {
			t.Errorf("%q: %+v", c.src, p)
		}
	}
}

// TestMany reads a thousand files with one child.
func TestMany(t *testing.T) {
	var srcs [][]byte
	for i := range 1000 {
		srcs = append(srcs,
			fmt.Appendf(nil, "ALTER TABLE t%d ADD COLUMN c int;\nCREATE INDEX ON t%d (c);\nSELECT FROM WHERE;", i, i))
	}
	began := time.Now()
	files, err := Parse(context.Background(), srcs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("1,000 files in %v", time.Since(began))
	for i, f := range files {
		if f.Analysed() != 2 || f.Statements[0].Node.GetAlterTableStmt().Relation.Relname != fmt.Sprintf("t%d", i) {
			t.Fatalf("file %d got another file's trees", i)
		}
	}
}

// TestManyErrors has an error in every statement of one file; the places must
// be those of the whole text.
func TestManyErrors(t *testing.T) {
	src := []byte("\uFEFF" + strings.Repeat("SELECT 'ä' FRM t u;  SELECT\n 'ö' FRM t u;\n", 5_000))
	began := time.Now()
	files, err := Parse(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d errors in %v", len(files[0].Statements), time.Since(began))
	for i, s := range files[0].Statements {
		column := 16 - i%2*6
		want := Problem{Line: 1 + i, Column: column, Message: `syntax error at or near "t"`}
		if *s.Problem != want {
			t.Fatalf("statement %d: %+v, want %+v", i, *s.Problem, want)
		}
	}
}

func TestParseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	files, err := Parse(ctx, []byte("SELECT 1"))
	if err != nil || files[0].Statements[0].Problem == nil {
		t.Fatalf("%v, %+v", err, files)
	}
}
