package history_test

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"belay/db/dbtest"
	"belay/db/history"
	"belay/sqlview/migration"
)

// The history of each tool that belay only watches is found and read, and known for
// that tool's.
func TestWatchedAreRead(t *testing.T) {
	for _, f := range migration.Watched() {
		t.Run(f.Name, func(t *testing.T) {
			at := filepath.Join("..", "..", "sqlview", "migration", "testdata", f.Name+".txtar")
			archive, err := txtar.ParseFile(at)
			if err != nil {
				t.Fatal(err)
			}
			root, parts := fstest.MapFS{}, map[string]string{}
			for _, file := range archive.Files {
				if name, ok := strings.CutPrefix(file.Name, "repo/"); ok {
					root[name] = &fstest.MapFile{Data: file.Data}
				}
				parts[file.Name] = string(file.Data)
			}
			_, err = migration.Pick(migration.Detect(root, ""))
			var foreign *migration.ForeignError
			if !errors.As(err, &foreign) || foreign.Tool != f.Name {
				t.Fatalf("detected as %v", err)
			}
			d := dbtest.New(t)
			d.Exec(t, parts["table.sql"])
			conn := session(t, d.DSN)
			table := open(t, conn, f, "")
			if !table.Exists || table.Schema != cmp.Or(f.History.Schema, "public") {
				t.Fatalf("opened %+v", table)
			}
			if diff := gocmp.Diff(sorted(parts["rows"]), sorted(said(t, conn, table))); diff != "" {
				t.Error(diff)
			}
			known, err := history.Everyone(t.Context(), conn)
			if err != nil || len(known) == 0 || !slices.Contains(known[0].Tools, f.Name) {
				t.Errorf("the history tables in the database: %+v, %v", known, err)
			}
		})
	}
}
