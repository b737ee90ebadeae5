package history_test

import (
	"cmp"
	"slices"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/history"
	"belay/sqlview/migration"
)

// The tables that belay proposes itself: created by the tool's own DDL, and
// written through every state, down to nothing.
func TestCreated(t *testing.T) {
	for _, f := range migration.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			folder, _, _ := sample(t, f)
			conn := session(t, dbtest.New(t).DSN)
			table := open(t, conn, f, "")
			if table.Exists || table.OID != 0 || table.Name != f.History.Table ||
				table.Schema != cmp.Or(f.History.Schema, "public") {
				t.Fatalf("nothing is there, opened %+v", table)
			}
			runSQL(t, conn, table.Create())
			table = open(t, conn, f, "")
			if !table.Exists || table.Refused != nil {
				t.Fatalf("created, and opened %+v", table)
			}
			h, first := table.Variant, folder.Migrations[0]
			begun := "pending"
			if h.Begin != nil {
				begun = "dirty"
			}
			down := map[bool]string{true: "applied", false: "dirty"}[h.BeginDown == nil]
			play := func(name, want string, writes []migration.Write) {
				t.Helper()
				write(t, conn, writes)
				if got := stateOf(t, conn, table, folder, first); got != want {
					t.Errorf("%s: %s, want %s: %q", name, got, want, said(t, conn, table))
				}
			}
			for range 2 {
				if h.Begin != nil {
					play("begin", begun, h.Begin(table.Quoted, first))
				}
				play("record", "applied", h.Record(table.Quoted, first))
				if h.BeginDown != nil {
					play("begin down", down, h.BeginDown(table.Quoted, first, nil))
					play("keep after all", "applied", h.Record(table.Quoted, first))
					play("begin down again", down, h.BeginDown(table.Quoted, first, nil))
				}
				play("unrecord", "pending", h.Unrecord(table.Quoted, first, nil))
			}
		})
	}
}

// stateOf is what the history says of one migration.
func stateOf(t *testing.T, conn *db.Conn, table *history.Table, folder migration.Folder, m migration.Migration) string {
	t.Helper()
	rows, err := table.Rows(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	s := migration.Compare(folder, rows, table.Variant)
	same := func(o migration.Migration) bool { return o.Version == m.Version }
	switch {
	case len(s.Dirty) > 0:
		return "dirty"
	case slices.ContainsFunc(s.Applied, same):
		return "applied"
	case slices.ContainsFunc(s.Pending, same):
		return "pending"
	}
	return "nowhere"
}
