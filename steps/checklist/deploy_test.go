package checklist

import (
	"strings"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
)

// The order that is right, for every answer and every side that breaks.
func TestDeployOrder(t *testing.T) {
	for _, c := range []struct {
		breaks      []effect.Breaks
		answer      string
		stops, says bool
	}{
		{[]effect.Breaks{effect.BreaksOld}, "not-out", true, false},
		{[]effect.Breaks{effect.BreaksOld}, "going-out", true, false},
		{[]effect.Breaks{effect.BreaksOld}, "everywhere", false, false},
		{[]effect.Breaks{effect.BreaksNew}, "not-out", false, false},
		{[]effect.Breaks{effect.BreaksNew}, "going-out", false, true},
		{[]effect.Breaks{effect.BreaksNew}, "everywhere", false, true},
		{[]effect.Breaks{effect.BreaksNew, effect.BreaksOld}, "not-out", true, false},
		{[]effect.Breaks{effect.BreaksNew, effect.BreaksOld}, "everywhere", false, true},
	} {
		var f sqlview.FileResult
		for i, b := range c.breaks {
			f.Statements = append(f.Statements, sqlview.StatementResult{Line: i + 1, SQL: "SELECT 1", Breaks: b})
		}
		d := breakingOf(sqlview.Result{Files: []sqlview.FileResult{f}}).judge(c.answer)
		if (d.stop != "") != c.stops || (d.look != "") != c.says {
			t.Errorf("%v, %s: stop %q, look %q", c.breaks, c.answer, d.stop, d.look)
		}
	}
}

func TestBreakingNamesTheFirstAndCountsTheRest(t *testing.T) {
	long := "ALTER TABLE orders\n  DROP COLUMN a, DROP COLUMN b, DROP COLUMN c, DROP COLUMN dddd;"
	f := sqlview.FileResult{Path: "migrations/7_x.up.sql", Statements: []sqlview.StatementResult{
		{Line: 1, SQL: "SELECT 1", Breaks: effect.BreaksNeither},
		{Line: 2, SQL: long, Breaks: effect.BreaksOld},
		{Line: 4, SQL: "DROP TABLE x", Breaks: effect.BreaksOld},
	}}
	b := breakingOf(sqlview.Result{Files: []sqlview.FileResult{f}})
	for _, part := range []string{"ALTER TABLE orders DROP COLUMN a", "… (7_x.up.sql:2)", "and 1 more"} {
		if !strings.Contains(b.text(), part) {
			t.Errorf("%q lacks %q", b.text(), part)
		}
	}
	if (breaking{}).any() || !b.any() {
		t.Error("any is wrong")
	}
}

// What a way back loosens breaks no code: nobody is asked where it runs.
func TestAWayBackThatLoosensAsksNothing(t *testing.T) {
	for sql, asks := range map[string]bool{
		"ALTER TABLE t ALTER COLUMN a DROP NOT NULL":                 false,
		"ALTER TABLE t ALTER a DROP NOT NULL, ALTER b DROP NOT NULL": false,
		"ALTER TABLE t ALTER COLUMN a DROP NOT NULL, DROP COLUMN b":  true,
		"DROP TABLE t": true,
	} {
		tree, err := pg.Parse(sql)
		if err != nil {
			t.Fatal(err)
		}
		r := sqlview.Result{
			Files: []sqlview.FileResult{{
				Statements: []sqlview.StatementResult{{SQL: sql, Breaks: effect.BreaksOld}},
			}},
			Judged: []*lint.File{{File: parse.File{Statements: []parse.Statement{{Node: tree.Stmts[0].Stmt}}}}},
		}
		if got := breakingOf(loosened(r)).any(); got != asks {
			t.Errorf("%s: asks %v", sql, got)
		}
		if !breakingOf(r).any() {
			t.Error("the review itself was changed")
		}
	}
}
