package sqlview

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
)

const schema = `CREATE TABLE public.orders (id bigint PRIMARY KEY, user_id bigint);`

func reviewOf(t *testing.T, o Options, sources ...Source) Result {
	t.Helper()
	if o.Snapshot == nil {
		o.Snapshot = catalog.FromStatements(catalog.SourceSchema, parseOne(t, schema).Statements, 15)
		o.Version = 15
	}
	r, err := Review(context.Background(), sources, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func parseOne(t *testing.T, sql string) parse.File {
	t.Helper()
	files, err := parse.Parse(context.Background(), []byte(sql))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range files[0].Statements {
		if s.Problem != nil {
			t.Fatalf("line %d: %s", s.Problem.Line, s.Problem.Message)
		}
	}
	return files[0]
}

func rulesOf(f FileResult) string {
	var ids []string
	for _, h := range f.Hazards {
		ids = append(ids, h.Rule)
	}
	return strings.Join(ids, " ")
}

const calm = "SET lock_timeout = '2s'; SET statement_timeout = '30s';\n"

// TestSourcesAreOneRun shows that a later file meets what an earlier one did,
// unless each is judged by itself.
func TestSourcesAreOneRun(t *testing.T) {
	sources := []Source{
		{Path: "1.up.sql", SQL: []byte("CREATE TABLE public.fresh (id bigint PRIMARY KEY, x text);")},
		{Path: "1.down.sql", SQL: []byte("DROP TABLE public.fresh; DROP TABLE public.orders;"), Down: true},
		{Path: "2.up.sql", SQL: []byte(calm + "CREATE INDEX fresh_x_idx ON public.fresh (x);")},
	}
	r := reviewOf(t, Options{}, sources...)
	if got := rulesOf(r.Files[1]); got != "" {
		t.Errorf("an index on a table of the same run: %s", got)
	}
	if len(r.Down) != 1 || len(r.Down[0].Hazards) != 0 || len(r.Down[0].Statements) != 2 {
		t.Errorf("the way back is parsed and never counted: %+v", r.Down)
	}
	if r.Coverage != (Coverage{4, 4}) {
		t.Errorf("coverage: %+v", r.Coverage)
	}
	r = reviewOf(t, Options{Separate: true}, sources...)
	if got := rulesOf(r.Files[1]); got != "index-nonconcurrent" {
		t.Errorf("each by itself: %q", got)
	}
}

// TestStringsOfLaterSessions shows that a file which turns standard_conforming_strings
// off for sessions to come leaves no later text judged by the reading it may not have.
func TestStringsOfLaterSessions(t *testing.T) {
	for _, first := range []string{
		"ALTER ROLE app SET standard_conforming_strings = off;",
		"ALTER DATABASE shop SET standard_conforming_strings TO 'off';",
		"ALTER SYSTEM SET standard_conforming_strings = off;",
		"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET standard_conforming_strings = off', current_database()); " +
			"END $$;",
	} {
		r := reviewOf(t, Options{}, Source{Path: "1.up.sql", SQL: []byte(first)},
			Source{Path: "2.up.sql", SQL: []byte(`INSERT INTO public.orders (id, user_id) VALUES (1, 2);`)},
			Source{Path: "3.up.sql", SQL: []byte(`SELECT 'a\'; DROP TABLE public.orders; --';`)})
		if got := rulesOf(r.Files[1]); strings.Contains(got, "not-analysed") {
			t.Errorf("%s: a file without a backslash: %s", first, got)
		}
		if got := rulesOf(r.Files[2]); !strings.Contains(got, "not-analysed") {
			t.Errorf("%s: a text that hides a statement: %q", first, got)
		}
	}
}

// TestBrokenFileHidesNothing shows that what cannot be read is counted, and
// that the other files are judged all the same.
func TestBrokenFileHidesNothing(t *testing.T) {
	r := reviewOf(t, Options{},
		Source{Path: "nul.sql", SQL: []byte("SELECT 1;\x00")},
		Source{Path: "typo.sql", SQL: []byte("ALTER TABEL x;\n" + calm + "DROP TABLE public.orders;")})
	if got := rulesOf(r.Files[0]); got != "not-analysed" {
		t.Errorf("a NUL byte: %q", got)
	}
	if got := rulesOf(r.Files[1]); got != "not-analysed drop-table" {
		t.Errorf("a syntax error: %q", got)
	}
	if r.Coverage != (Coverage{5, 3}) {
		t.Errorf("coverage: %+v", r.Coverage)
	}
	if !r.Reaches(lint.Stop) {
		t.Error("what was not analysed is a stop")
	}
}

func TestJSON(t *testing.T) {
	r := reviewOf(t, Options{}, Source{Path: "x.sql", SQL: []byte(calm +
		"-- belay:allow drop-table until=2027-01-01 nobody reads it\nDROP TABLE public.orders;\nUPDATE public.orders " +
		"SET id = 1;")})
	var b bytes.Buffer
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Schema        string
		ServerVersion int `json:"server_version"`
		Catalog       string
		Files         []struct {
			Statements []map[string]any
			Hazards    []map[string]any
		}
	}
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	if out.Schema != "belay.review/1" || out.ServerVersion != 15 || out.Catalog != "schema" {
		t.Errorf("head: %+v", out)
	}
	drop := out.Files[0].Statements[2]
	locks, _ := json.Marshal(drop["locks"])
	if drop["kind"] != "DROP TABLE" ||
		!strings.Contains(string(locks), `{"mode":"ACCESS EXCLUSIVE","relation":"public.orders"}`) ||
		drop["line"] != 3.0 || drop["reversible"] != "none" || drop["rewrites"] == nil {
		t.Errorf("statement: %v", drop)
	}
	hazard := out.Files[0].Hazards[0]
	waived, _ := json.Marshal(hazard["waived"])
	if hazard["rule"] != "drop-table" || string(waived) != `{"reason":"nobody reads it","until":"2027-01-01"}` {
		t.Errorf("hazard: %v", hazard)
	}
	if again := out.Files[0].Hazards[1]; again["waived"] != nil || again["column"] != 8.0 {
		t.Errorf("hazard: %v", again)
	}
}

// TestText shows that text from a file cannot steer the terminal.
// TestANameOfTwoLines: what a name holds begins no line of belay's own words.
func TestANameOfTwoLines(t *testing.T) {
	sql := "CREATE TABLE \"a\nb: all clear\" (id int)"
	r, err := Review(context.Background(), []Source{{Path: "a.sql", SQL: []byte(sql)}}, Options{})
	var b strings.Builder
	if err == nil {
		err = WriteText(&b, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(strings.TrimSpace(line), "b: all clear") {
			t.Errorf("%q in\n%s", line, b.String())
		}
	}
}

func TestText(t *testing.T) {
	r := reviewOf(t, Options{}, Source{
		Path: "a\x1b[2Jb.sql", SQL: []byte(calm + "DROP TABLE public.\"x\x1b]0;y\x07\";"),
	})
	var b bytes.Buffer
	if err := WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07") {
		t.Errorf("control characters: %q", b.String())
	}
	if want := "3 of 3 statements analysed: 2 stop, 0 warn, 0 notices (PostgreSQL 15, catalog from a schema " +
		"file)"; !strings.Contains(b.String(), want) {
		t.Errorf("summary: %s", b.String())
	}
}

func TestGitHub(t *testing.T) {
	r := reviewOf(t, Options{}, Source{Path: "db/a,b.sql", SQL: []byte(calm + "\nDROP TABLE public.orders;")})
	var b bytes.Buffer
	if err := WriteGitHub(&b, r); err != nil {
		t.Fatal(err)
	}
	want := "::error file=db/a%2Cb.sql,line=3,col=1,title=belay%3A drop-table::All data of public.orders is gone.%0A"
	if !strings.HasPrefix(b.String(), want) || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("got %q", b.String())
	}
}

func TestSARIF(t *testing.T) {
	r := reviewOf(t, Options{}, Source{Path: "./db/my file.sql", SQL: []byte(calm +
		"DROP TABLE public.orders; -- belay:allow drop-table gone for good\nTRUNCATE public.orders;")})
	var b bytes.Buffer
	if err := WriteSARIF(&b, r); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(run.Results) != 2 || len(run.Tool.Driver.Rules) != 2 {
		t.Fatalf("%s", b.String())
	}
	for _, res := range run.Results {
		if run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
			t.Errorf("%s: its index leads to %s", res.RuleID, run.Tool.Driver.Rules[res.RuleIndex].ID)
		}
		if uri := res.Locations[0].Physical.Artifact.URI; uri != "db/my%20file.sql" {
			t.Errorf("uri %q", uri)
		}
	}
	if s := run.Results[0].Suppressions; len(s) != 1 || s[0].Justification != "gone for good" {
		t.Errorf("suppressions: %+v", s)
	}
}
