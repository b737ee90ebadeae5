package effect

import (
	"context"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
)

// What replaces something in place breaks new code until it has run; what is
// only made breaks nobody. A catalog that may be incomplete is judged for the worst.
func TestReplacedInPlace(t *testing.T) {
	const given = "CREATE VIEW v AS SELECT 1 AS a; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
	for _, c := range []struct {
		sql    string
		source catalog.Source
		want   Breaks
	}{
		{"CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'", catalog.SourceLive, BreaksNew},
		{"CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2'", catalog.SourceLive, BreaksNeither},
		{"CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2'", catalog.SourceHistory, BreaksNew},
		{"CREATE OR REPLACE PROCEDURE g() LANGUAGE sql AS 'SELECT 2'", catalog.SourceNone, BreaksNew},
		{"CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2'", catalog.SourceNone, BreaksNeither},
		{"CREATE OR REPLACE VIEW v AS SELECT 2 AS a", catalog.SourceLive, BreaksNew},
		{"CREATE OR REPLACE VIEW w AS SELECT 2 AS a", catalog.SourceLive, BreaksNeither},
		{"CREATE OR REPLACE VIEW w AS SELECT 2 AS a", catalog.SourceHistory, BreaksNew},
		{"CREATE VIEW w AS SELECT 2 AS a", catalog.SourceHistory, BreaksNeither},
	} {
		files, err := parse.Parse(context.Background(), []byte(given), []byte(c.sql))
		if err != nil {
			t.Fatal(err)
		}
		snap := catalog.FromStatements(c.source, files[0].Statements, 15)
		if e := Of(files[1].Statements[0], snap, 15); e.Breaks != c.want {
			t.Errorf("%s, catalog %s: breaks %s, want %s", c.sql, c.source, e.Breaks, c.want)
		}
	}
}
