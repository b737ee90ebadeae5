package sqlview

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/effect/facts"
	"belay/sqlview/lint"
)

// statements are all that the facts and the corpus have, one text each.
func statements(t testing.TB) []string {
	t.Helper()
	known, err := facts.All()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range known {
		all = append(all, f.Statement)
	}
	for _, l := range readCorpus(t) {
		all = append(all, string(l.sql))
	}
	return all
}

// TestNothingIsThere judges statements about relations that nobody knows, alone
// and after one another: a catalog that is empty, or half of one, is no fault.
func TestNothingIsThere(t *testing.T) {
	var sources []Source
	for i, sql := range statements(t) {
		sources = append(sources, Source{Path: fmt.Sprintf("%d.sql", i), SQL: []byte(sql), Mode: lint.Psql})
	}
	versions := []int{0, 10, 15, 18}
	if os.Getenv("BELAY_TEST_LONG") == "" {
		versions = versions[3:]
	}
	for _, version := range versions {
		for _, o := range []Options{{Separate: true}, {}, {History: true}} {
			o.Version, o.Style = version, true
			for _, source := range []catalog.Source{
				catalog.SourceNone, catalog.SourceHistory, catalog.SourceSchema, catalog.SourceLive,
			} {
				o.Snapshot = catalog.FromStatements(source, nil, version)
				r, err := Review(context.Background(), sources, o)
				if err != nil || len(r.Files) != len(sources) {
					t.Fatalf("version %d: %d of %d files: %v", version, len(r.Files), len(sources), err)
				}
			}
		}
	}
}

// TestMoreThanATableHas: 20,000 columns with a constraint each took minutes, which no
// signal ended.
func TestMoreThanATableHas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ head, part, tail, says string }{
		{"CREATE TABLE t (c int", ", c%d int CHECK (c%[1]d > 0) REFERENCES x (id)", ")", "at most 1600"},
		{"CREATE FOREIGN TABLE t (c int", ", c%d int", ") SERVER s", "at most 1600"},
		{"ALTER TABLE t ADD c int", ", ADD COLUMN c%d int UNIQUE", "", "at most 1600"},
		{"ALTER TABLE t ADD c int", ", ADD CHECK (c > %d)", "", "too large"},
		{"CREATE TABLE t (c int", ", CHECK (c > %d)", ")", "too large"},
		{"CREATE TABLE t AS SELECT 1 AS c", ", %d AS c%[1]d", "", "at most 1600"},
		{"CREATE VIEW t AS SELECT 1 AS c", ", %d AS c%[1]d", " UNION ALL SELECT * FROM u", "at most 1600"},
	} {
		var b strings.Builder
		b.WriteString(c.head)
		for i := range 20_000 {
			fmt.Fprintf(&b, c.part, i)
		}
		b.WriteString(c.tail + ";")
		r, err := Review(context.Background(), []Source{{Path: "a.sql", SQL: []byte(b.String()), Mode: lint.Psql}},
			Options{Snapshot: catalog.FromStatements(catalog.SourceSchema, nil, 15), Version: 15})
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Files[0].Statements[0]; s.Analysed || !strings.Contains(fmt.Sprint(r.Files[0].Hazards), c.says) {
			t.Errorf("%s: analysed %v, %v", c.head, s.Analysed, r.Files[0].Hazards)
		}
	}
}

// FuzzReview judges any text before and after every other statement of the
// corpus is known: it must end with a result.
func FuzzReview(f *testing.F) {
	base, err := os.ReadFile("testdata/review-base.sql")
	if err != nil {
		f.Fatal(err)
	}
	for _, sql := range statements(f) {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		r, err := Review(context.Background(), []Source{
			{Path: "1.sql", SQL: []byte(sql)}, {Path: "2.sql", SQL: base},
			{Path: "3.sql", SQL: []byte(sql), Mode: lint.OneTransaction},
		}, Options{Style: true})
		if err != nil || len(r.Files) != 3 {
			t.Fatal(err, r.Coverage)
		}
	})
}

// TestLargeTexts judges what is long in one way only. Each way once took longer
// than anybody waits, because its cost grew with the square of the length.
func TestLargeTexts(t *testing.T) {
	const n = 20_000
	for _, c := range []struct{ name, sql, rules string }{
		{
			"EXECUTE in a body", "DO $$ BEGIN " + strings.Repeat("EXECUTE 'DROP TABLE x'; ", n) + "END $$",
			"do-block-ddl",
		},
		{"literals in a body", "DO $$ BEGIN " + strings.Repeat("PERFORM ''; ", n) + "END $$", ""},
		{
			"waivers of one statement", strings.Repeat("-- belay:allow drop-table gone for good\n", n) + "DROP TABLE x",
			"drop-table",
		},
	} {
		r, err := Review(context.Background(), []Source{{Path: "x.sql", SQL: []byte(c.sql)}}, Options{})
		if err != nil || r.Coverage != (Coverage{Statements: 1, Analysed: 1}) {
			t.Errorf("%s: %v %+v", c.name, err, r.Coverage)
			continue
		}
		if !strings.Contains(rulesOf(r.Files[0]), c.rules) {
			t.Errorf("%s: %.200s", c.name, rulesOf(r.Files[0]))
		}
	}
}

// TestHostileTexts gives the review what ends or confuses a parser. What could
// not be read is a stop, and what stands beside it is judged all the same.
func TestHostileTexts(t *testing.T) {
	const mega = 1 << 20
	const drop = ";\nDROP TABLE public.orders;\n"
	deep := "1 of 2"
	for _, c := range []struct{ name, sql, analysed, rules string }{
		{
			"parentheses", "SELECT " + strings.Repeat("(", mega/2) + "1" + strings.Repeat(")", mega/2) + drop, deep,
			"not-analysed drop-table",
		},
		{"open parentheses", "SELECT " + strings.Repeat("(", mega) + drop, deep, "not-analysed drop-table"},
		{"sums", "SELECT 1" + strings.Repeat("+1", mega/2) + drop, deep, "not-analysed drop-table"},
		{"NOT", "SELECT " + strings.Repeat("NOT ", mega/4) + "true" + drop, deep, "not-analysed drop-table"},
		{"UNION", "SELECT 1" + strings.Repeat(" UNION SELECT 1", mega/15) + drop, deep, "not-analysed drop-table"},
		{"NUL", "SELECT 1;\nSELECT 2\x00" + drop, "0 of 1", "not-analysed"},
		{"bad UTF-8", "SELECT 1;\nSELECT '\xff\xfe'" + drop, "0 of 1", "not-analysed"},
		{"CRLF", "SELECT 1;\r\nDROP TABLE public.orders;\r\n", "2 of 2", "drop-table"},
		{"byte order mark", "\uFEFFDROP TABLE public.orders;", "1 of 1", "drop-table"},
		{
			"psql's commands", "\\set x 1\n\\i other.sql\nSELECT :x" + drop, "1 of 4",
			"not-analysed not-analysed not-analysed drop-table",
		},
		{
			"psql's branches", "\\if :x\nSELECT 1;\n\\else" + drop + "\\endif\n", "2 of 5",
			"not-analysed not-analysed drop-table not-analysed",
		},
		{
			"a dump's \\restrict", "\\restrict abc\nDROP TABLE public.orders;\n\\unrestrict abc\n", "1 of 1",
			"drop-table",
		},
		{
			"COPY data",
			"COPY public.orders (id) FROM stdin;\n" + strings.Repeat("1\tDROP TABLE x;\n", 1000) +
				"\\.\nDROP TABLE public.orders;", "2 of 2", "drop-table",
		},
		{"COPY without an end", "COPY public.orders (id) FROM stdin;\n1\n", "1 of 2", "not-analysed"},
		{"an unclosed quote", "SELECT 'open" + drop, "0 of 1", "not-analysed"},
		{"an unclosed body", "DO $$ BEGIN" + drop, "0 of 1", "not-analysed"},
	} {
		r := reviewOf(t, Options{Quiet: true}, Source{Path: "x.sql", SQL: []byte(c.sql)})
		if got := fmt.Sprintf("%d of %d", r.Coverage.Analysed, r.Coverage.Statements); got != c.analysed {
			t.Errorf("%s: %s analysed, want %s", c.name, got, c.analysed)
		}
		var ids []string
		for _, h := range r.Files[0].Hazards {
			if h.Severity == lint.Stop.String() {
				ids = append(ids, h.Rule)
			}
		}
		if got := strings.Join(ids, " "); got != c.rules {
			t.Errorf("%s: %q, want %q", c.name, got, c.rules)
		}
	}
}

// TestMoreStatementsThanAreRead: 300,000 took 2.3 GB. It is said where the limit is passed,
// and none of them is judged, so that none can run.
func TestMoreStatementsThanAreRead(t *testing.T) {
	sql := "CREATE TABLE a (id int);\n" + strings.Repeat("INSERT INTO a VALUES (1);\n", 100_001)
	r, err := Review(context.Background(), []Source{{Path: "1.sql", SQL: []byte(sql), Mode: lint.Psql}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := r.Files[0]
	if len(f.Hazards) != 1 {
		t.Fatalf("%+v", f.Hazards)
	}
	if h := f.Hazards[0]; h.Severity != "stop" || h.Line != 100_001 ||
		!strings.Contains(h.Message+h.Why, "more than 100,000 statements") {
		t.Errorf("%+v", h)
	}
	if line, why := r.Judged[0].Unsendable(); why == "" {
		t.Errorf("it may be sent: line %d", line)
	}
}
