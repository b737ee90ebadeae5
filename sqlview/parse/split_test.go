package parse

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"
	"google.golang.org/protobuf/proto"
)

// TestBytesOfWindows reads what a text file of Windows has.
func TestBytesOfWindows(t *testing.T) {
	src := "\uFEFFSELECT 1;\r\n-- ä\r\n\\set x 1\r\nCOPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 'a\r\nb',\r\n  ä FRM " +
		"t;\r\n"
	f := parseOne(t, src)
	checkPositions(t, src, f)
	want := "3 psql meta-command: \"\\\\set x 1\"\n" +
		"5 COPY data: \"1\\r\\n\\\\.\\r\\n\"\n" +
		"2 comment: \"-- ä\"\n" +
		"1-1 SELECT: \"SELECT 1\"\n" +
		"3-3 : \"\\\\set x 1\"\n" +
		"  problem 3:1 \\set: psql sets a variable, which may change the text that follows\n" +
		"4-4 COPY: \"COPY t FROM stdin\"\n" +
		"7-9 : \"SELECT 'a\\r\\nb',\\r\\n  ä FRM t\"\n" +
		"  problem 9:9 syntax error at or near \"t\"\n"
	if d := cmp.Diff(want, describe(src, f)); d != "" {
		t.Error(d)
	}
	if line, column := Position([]byte(src), f.Statements[0].Start); line != 1 || column != 1 {
		t.Errorf("the byte order mark counts: %d:%d", line, column)
	}
}

func TestCharactersAndBytes(t *testing.T) {
	text := "aä€😀z"
	for off, want := range map[int]int{0: 1, 1: 2, 3: 3, 6: 4, 10: 5, 11: 6} {
		if got := CharacterPosition(text, off); got != want {
			t.Errorf("byte %d is character %d, want %d", off, got, want)
		}
		if back := ByteOffset(text, want); back != off {
			t.Errorf("character %d is byte %d, want %d", want, back, off)
		}
	}
	if got := ByteOffset(text, 99); got != len(text) {
		t.Error(got)
	}
}

// FuzzSplit holds the splitter against its own promises, and against the
// server's grammar wherever that reads the whole text.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		"SELECT 1; SELECT 'a;b'; /* ; */ SELECT $$;$$ -- ;\n;;", "\uFEFFSELECT 1;\r\n\\set x\r\nSELECT 2",
		"COPY t FROM stdin;\n1\n\\.\nSELECT 1;", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; SELECT 2",
		"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT E'\\';'; SELECT U&\"a;b\"",
		"SELECT 'open", "DO $a$ $b$ ; $a$;x", "SELECT 1\\; SELECT 2 \\g\n", "a/*/**/;*/;--\r;", "SELECT 1e5, 1$$;$$",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file := Split(src)
		if file.Problem != nil {
			return
		}
		checkCover(t, src, file)
		if len(src) < 4000 {
			checkAgainstGrammar(t, src, file)
		}
	})
}

// checkCover says that statements, comments and meta stand in order and hold
// every byte that is no blank and no semicolon.
func checkCover(t *testing.T, src []byte, file File) {
	covered := make([]bool, len(src))
	cover := func(start, end int) {
		for i := start; i < end; i++ {
			covered[i] = true
		}
	}
	last := 0
	for i, s := range file.Statements {
		if s.Index != i || s.Start < last || s.End <= s.Start || s.End > len(src) ||
			s.SQL != string(src[s.Start:s.End]) {
			t.Fatalf("statement %d: %+v", i, s)
		}
		last = s.End
		line, _ := Position(src, s.Start)
		endLine, _ := Position(src, s.End)
		if line != s.Line || endLine != s.EndLine {
			t.Fatalf("%q: lines %d-%d, want %d-%d", s.SQL, s.Line, s.EndLine, line, endLine)
		}
		cover(s.Start, s.End)
	}
	for _, c := range file.Comments {
		if line, _ := Position(src, c.Start); line != c.Line || c.Text != string(src[c.Start:c.End]) {
			t.Fatalf("comment %+v", c)
		}
		cover(c.Start, c.End)
	}
	for _, m := range file.Meta {
		cover(m.Start, m.End)
	}
	bom := len(src) - len(bytes.TrimPrefix(src, []byte(byteOrderMark)))
	for i := bom; i < len(src); i++ {
		if !covered[i] && !isSpace(src[i]) && src[i] != ';' {
			t.Fatalf("byte %d %q is in nothing: %q", i, src[i], src)
		}
	}
}

// checkAgainstGrammar compares the pieces with what the grammar reads from the
// whole, where it can.
func checkAgainstGrammar(t *testing.T, src []byte, file File) {
	if strings.Contains(string(src), byteOrderMark) ||
		slices.ContainsFunc(file.Meta, func(m Meta) bool { return m.What == CopyData }) {
		return
	}
	whole, ok := grammar(string(src))
	if !ok {
		return
	}
	if len(file.Meta) > 0 {
		t.Fatalf("%q: the server reads all of it, and belay a line of psql: %+v", src, file.Meta)
	}
	if len(whole) != len(file.Statements) {
		t.Fatalf("%q: %d statements, the grammar reads %d", src, len(file.Statements), len(whole))
	}
	for i, s := range file.Statements {
		one, ok := grammar(s.SQL)
		if !ok || len(one) != 1 || !sameTree(one[0], whole[i]) {
			t.Fatalf("%q reads differently alone", s.SQL)
		}
	}
}

func grammar(sql string) ([]*pg.RawStmt, bool) {
	data, err := parser.ParseToProtobuf(sql)
	var result pg.ParseResult
	if err != nil || proto.Unmarshal(data, &result) != nil {
		return nil, false
	}
	return result.Stmts, true
}

// sameTree compares without locations.
func sameTree(a, b *pg.RawStmt) bool {
	for _, r := range []*pg.RawStmt{a, b} {
		for _, m := range messagesOf(r.ProtoReflect(), nil) {
			m := m.ProtoReflect()
			for _, f := range locationFields(m.Descriptor()) {
				m.Clear(f)
			}
		}
		r.StmtLocation, r.StmtLen = 0, 0
	}
	return proto.Equal(a, b)
}
