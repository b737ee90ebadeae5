package checklist

import (
	"strings"
	"testing"

	"belay/sqlview/migration"
	"belay/sqlview/proof"
)

// TestHalfwayHint: what a person is told to do fits what is there of a dirty file, in the words
// of the tool. A statement is T = there, M = missing, P = there in part, U = in no catalog,
// N = nothing to look for.
func TestHalfwayHint(t *testing.T) {
	t.Parallel()
	folder := migration.Folder{Migrations: []migration.Migration{{Version: "1"}, {Version: "2"}}}
	m := migration.Migration{Version: "2", Up: migration.File{Path: "2_two/migration.sql"}}
	for _, c := range []struct{ tool, each, want string }{
		{"golang-migrate", "MM",
			"nothing of it is there: record it as not applied, then run it again: migrate force 1"},
		{"golang-migrate", "TT",
			"all of it that a catalog shows is there: record it as applied: migrate force 2"},
		{"golang-migrate", "NTN",
			"all of it that a catalog shows is there: record it as applied: migrate force 2"},
		{"golang-migrate", "TU",
			"record it as applied once you know what became of 2_two/migration.sql:2 UPDATE: migrate force 2"},
		{"golang-migrate", "U",
			"no catalog shows what of it ran: find out, then record it as applied (migrate force 2) or " +
				"as not (migrate force 1)"},
		{"golang-migrate", "TM",
			"1 of 2 statements are there: run the others by hand, from 2_two/migration.sql:2 UPDATE on"},
		{"golang-migrate", "TP", "1 of 2 statements are there"},
		{"prisma", "M", "prisma migrate resolve --rolled-back 2_two"},
		{"prisma", "T", "prisma migrate resolve --applied 2_two"},
		{"flyway", "M", "flyway repair"},
	} {
		f := formatOf(t, c.tool)
		var each []proof.Standing
		for i, letter := range c.each {
			s := proof.Standing{Place: proof.Place{Path: m.Up.Path, Line: i + 1, Statement: i, Kind: "UPDATE"}}
			switch letter {
			case 'T':
				s.Asked = 2
			case 'M':
				s.Asked, s.Wrong = 1, []string{"it is not there"}
			case 'P':
				s.Asked, s.Wrong = 2, []string{"a part is not there"}
			case 'U':
				s.Unasked = true
			}
			each = append(each, s)
		}
		if got := halfwayHint(f, folder, m, each); !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %s\nwant %s", c.tool, c.each, got, c.want)
		}
	}
	first := migration.Migration{Version: "1"}
	if got := undone(formatOf(t, "golang-migrate"), folder, first); got != "migrate force -1" {
		t.Errorf("before the first: %s", got)
	}
}

func formatOf(t *testing.T, name string) migration.Format {
	t.Helper()
	f, err := migration.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
