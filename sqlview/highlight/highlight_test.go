package highlight

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"belay/sqlview/parse"
	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the wanted sections of testdata")

// TestGolden compares the kinds of testdata with what is wanted there.
func TestGolden(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/highlight.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(ar.Files); i += 2 {
		sql := string(ar.Files[i].Data)
		t.Run(ar.Files[i].Name, func(t *testing.T) {
			spans := SQL(sql)
			checkWhole(t, sql, spans)
			if *update {
				ar.Files[i+1].Data = []byte(describe(sql, spans))
			}
			if d := cmp.Diff(string(ar.Files[i+1].Data), describe(sql, spans)); d != "" {
				t.Error(d)
			}
		})
	}
	if *update {
		if err := os.WriteFile("testdata/highlight.txtar", txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// describe lists what is not plain, one kind's texts after another.
func describe(sql string, spans []Span) string {
	var b strings.Builder
	for kind := Keyword; kind <= Meta; kind++ {
		var texts []string
		for _, s := range spans {
			if s.Kind == kind {
				texts = append(texts, sql[s.Start:s.End])
			}
		}
		if len(texts) > 0 {
			fmt.Fprintf(&b, "%s: %q\n", kind, texts)
		}
	}
	return b.String()
}

func checkWhole(t interface{ Fatalf(string, ...any) }, sql string, spans []Span) {
	at := 0
	for _, s := range spans {
		if s.Start != at || s.End <= s.Start || s.End > len(sql) {
			t.Fatalf("%q: %+v does not follow byte %d", sql, s, at)
		}
		at = s.End
	}
	if at != len(sql) {
		t.Fatalf("%q: ends at %d of %d", sql, at, len(sql))
	}
}

// TestSpansAreTheText holds for any text that spans and lines lose nothing.
func TestSpansAreTheText(t *testing.T) {
	pieces := []string{"SELECT ", "'a''b'", "\r\n", "\n", "\r", "-- c", "/* d */", "$$", "$x$ BEGIN ", "DO ", ";", "é",
		"€", "😀",
		"create function f() returns int as ", " language plpython3u", "E'\\'", "\"", "'", "1.5e3", "\\set x", "::int",
		"\xff", "\t", "*/", ":="}
	rapid.Check(t, func(t *rapid.T) {
		sql := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "pieces"), "")
		spans := SQL(sql)
		checkWhole(t, sql, spans)
		var lines []string
		for _, line := range Lines(spans, sql) {
			text := ""
			for _, s := range line {
				text += sql[s.Start:s.End]
			}
			lines = append(lines, text)
		}
		if got, want := strings.Join(lines, "\n"), strings.ReplaceAll(sql, "\r\n", "\n"); got != want {
			t.Fatalf("lines of %q are %q", sql, lines)
		}
	})
}

// TestMetaIsCutOut gives COPY data that would otherwise open a quote.
func TestMetaIsCutOut(t *testing.T) {
	sql := "COPY t FROM stdin;\n1\tit's\n\\.\nDROP TABLE u;\n"
	spans := SQL(sql, parse.Split([]byte(sql)).Meta...)
	checkWhole(t, sql, spans)
	want := "keyword: [\"COPY\" \"FROM\" \"stdin\" \"DROP\" \"TABLE\"]\nidentifier: [\"t\" \"u\"]\npunctuation: " +
		"[\";\" \";\"]\nmeta: [\"1\\tit's\\n\\\\.\\n\"]\n"
	if d := cmp.Diff(want, describe(sql, spans)); d != "" {
		t.Error(d)
	}
}

// TestGrammarsAreChromas compares the copied grammars with the library's, so
// that a new release of it does not go unseen.
func TestGrammarsAreChromas(t *testing.T) {
	const sql = "CREATE TABLE s.t (a numeric(10,2) DEFAULT 1.5, b timestamp with time zone); SELECT count(*) FROM t " +
		"WHERE a[1] @> $1 AND NOT b IS NULL; RAISE NOTICE 'x'; <<l>> x := %rowtype;"
	for name, own := range map[string]*lexer{"postgresql": postgresql, "plpgsql": plpgsql} {
		got, err := chroma.Tokenise(load(own.name), nil, sql)
		if err != nil {
			t.Fatal(err)
		}
		want, err := chroma.Tokenise(lexers.Get(name), nil, sql)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: copy the grammar again\n%s", name, d)
		}
	}
}

// TestLargeText reads a statement of two megabytes.
func TestLargeText(t *testing.T) {
	sql := "INSERT INTO t VALUES (1, 'a')" + strings.Repeat(", (1, 'it''s')", 100_000) + " /* end */"
	began := time.Now()
	spans := SQL(sql)
	t.Logf("%d bytes in %v", len(sql), time.Since(began))
	checkWhole(t, sql, spans)
	if last := spans[len(spans)-1]; last.Kind != Comment {
		t.Errorf("%+v", last)
	}
}

func BenchmarkStatement(b *testing.B) {
	const sql = "ALTER TABLE shop.orders ADD COLUMN total numeric(12,2) GENERATED ALWAYS AS (net * (1 + vat)) " +
		"STORED, ADD CONSTRAINT c CHECK (total > 0) NOT VALID"
	for b.Loop() {
		SQL(sql)
	}
}
