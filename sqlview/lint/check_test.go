package lint

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"belay/sqlview/parse"
)

func parsed(t *testing.T, sql string) parse.File {
	t.Helper()
	files, err := parse.Parse(context.Background(), []byte(sql))
	if err != nil {
		t.Fatal(err)
	}
	return files[0]
}

func TestTransactions(t *testing.T) {
	const a = "SELECT 1;"
	for _, c := range []struct {
		name, sql string
		mode      Mode
		want      string
	}{
		{"psql", a + a, Psql, "-1 -1"},
		{"psql with a block", a + "BEGIN;" + a + "COMMIT;" + a, Psql, "-1 0 0 0 -1"},
		{"two blocks", "BEGIN;" + a + "COMMIT;START TRANSACTION;" + a + "ROLLBACK;", Psql, "0 0 0 1 1 1"},
		{"never closed", "BEGIN;" + a, Psql, "0 0"},
		{"one transaction", a + a, OneTransaction, "0 0"},
		{"a commit in a wrapped file", a + "COMMIT;" + a, OneTransaction, "0 0 -1"},
		{"a single implicit statement", a, Implicit, "-1"},
		{"implicit", a + a, Implicit, "0 0"},
		{"a commit in an implicit file", a + "COMMIT;" + a, Implicit, "0 0 1"},
		{"no transaction", a + a, NoTransaction, "-1 -1"},
	} {
		got := strings.Trim(fmt.Sprint(Transactions(parsed(t, c.sql).Statements, c.mode)), "[]")
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// everyStatement finds fault with every statement.
var everyStatement = Rule{ID: "every", Severity: Stop, Run: func(p *Pass) {
	for s := range p.Statements() {
		s.Report(Hazard{Message: "m"})
	}
}}

func checked(t *testing.T, sql string, o Options, rules ...Rule) []Hazard {
	t.Helper()
	return Check(&File{Path: "db/x.sql", File: parsed(t, sql), Source: []byte(sql)}, rules, o)
}

func TestWaivers(t *testing.T) {
	const today = "2026-11-23"
	for _, c := range []struct {
		name, sql string
		waived    bool
	}{
		{"above", "-- belay:allow every because\nSELECT 1;", true},
		{"with an end to come", "-- belay:allow every until=2026-11-23 because\nSELECT 1;", true},
		{"behind", "SELECT 1; -- belay:allow every because", true},
		{"in a block comment", "/* belay:allow every because */ SELECT 1;", true},
		{"expired", "-- belay:allow every until=2026-11-22 because\nSELECT 1;", false},
		{"without a reason", "-- belay:allow every\nSELECT 1;", false},
		{"with an end, without a reason", "-- belay:allow every until=2027-01-01\nSELECT 1;", false},
		{"another rule", "-- belay:allow other because\nSELECT 1;", false},
	} {
		h := checked(t, c.sql, Options{Today: today}, everyStatement)[0]
		if (h.Waived != nil) != c.waived {
			t.Errorf("%s: waived %+v", c.name, h.Waived)
		}
	}
	two := checked(t, "SELECT 1; -- belay:allow every because\nSELECT 2;", Options{}, everyStatement)
	if two[0].Waived == nil || two[1].Waived != nil {
		t.Errorf("a comment behind a statement is that statement's: %+v", two)
	}
}

func TestPathWaivers(t *testing.T) {
	for pattern, want := range map[string]bool{
		"db/*.sql": true, "db/x.sql": true, "**/x.sql": true, "**": true, "d?/x.sql": true,
		"*.sql": false, "db": false, "db/x.sq": false,
	} {
		w := Waiver{Rule: "every", Path: pattern, Reason: "because"}
		h := checked(t, "SELECT 1", Options{Waivers: []Waiver{w}}, everyStatement)[0]
		if (h.Waived != nil) != want {
			t.Errorf("%s: waived %+v", pattern, h.Waived)
		}
	}
}

// TestOneFindingPerCause keeps the most exact rule where two say the same
// about the same object, and both where they speak of two.
func TestOneFindingPerCause(t *testing.T) {
	find := func(id, object string, supersedes ...string) Rule {
		return Rule{ID: id, Severity: Warn, Supersedes: supersedes, Run: func(p *Pass) {
			for s := range p.Statements() {
				s.Report(Hazard{Object: object})
			}
		}}
	}
	for _, c := range []struct {
		name  string
		rules []Rule
		want  string
	}{
		{"same object", []Rule{find("exact", "c", "rough"), find("rough", "c")}, "exact"},
		{"the whole statement", []Rule{find("exact", "c", "rough"), find("rough", "")}, "exact"},
		{"two objects", []Rule{find("exact", "c", "rough"), find("rough", "d")}, "exact rough"},
		{"two dangers", []Rule{find("a", "c"), find("b", "c")}, "a b"},
		{"said twice", []Rule{{ID: "a", Severity: Warn, Run: func(p *Pass) {
			for s := range p.Statements() {
				s.Report(Hazard{})
				s.Report(Hazard{})
			}
		}}}, "a"},
	} {
		var ids []string
		for _, h := range checked(t, "SELECT 1", Options{}, c.rules...) {
			ids = append(ids, h.Rule)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPositions(t *testing.T) {
	sql := "SELECT 'ü';\n  SELECT 1, äx"
	h := checked(t, sql, Options{}, Rule{ID: "r", Severity: Warn, Run: func(p *Pass) {
		for s := range p.Statements() {
			s.Report(Hazard{At: strings.Index(s.SQL, "x"), Severity: Notice})
		}
	}})
	if got := fmt.Sprint(h[1].Line, h[1].Column); got != "2 14" {
		t.Errorf("line and column %s, in characters from 1", got)
	}
}

func TestBody(t *testing.T) {
	for _, c := range []struct {
		body, ddl string
		dynamic   bool
	}{
		{"BEGIN ALTER TABLE x ADD y int; END", "[ALTER TABLE]", false},
		{"BEGIN /* ; DROP TABLE x */ PERFORM 1; END", "[]", false},
		{"BEGIN RAISE NOTICE 'x; DROP TABLE y'; END", "[]", false},
		{"BEGIN EXECUTE 'create unique  index i on t (c)'; END", "[CREATE UNIQUE INDEX]", false},
		{"BEGIN EXECUTE 'SELECT ''a''' INTO x; END", "[]", false},
		{"BEGIN EXECUTE 'DROP TABLE ' || n; END", "[DROP TABLE]", true},
		{"BEGIN IF true THEN TRUNCATE x; ELSE VACUUM; END IF; EXECUTE s; END", "[TRUNCATE VACUUM]", true},
	} {
		f := &File{File: parsed(t, "DO $x$"+c.body+"$x$")}
		b := first(f).Body()
		if fmt.Sprint(b.DDL) != c.ddl || b.Dynamic != c.dynamic {
			t.Errorf("%s: %v, dynamic %v", c.body, b.DDL, b.Dynamic)
		}
	}
}

// first is the first statement of a file as a rule sees it.
func first(f *File) Stmt {
	f.Transactions = Transactions(f.Statements, f.Mode)
	return Stmt{&f.Statements[0], &Pass{File: f, facts: newFacts(f)}}
}
