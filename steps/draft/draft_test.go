package draft

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/sqlview/migration"
	"belay/steps/judge"
	"belay/steps/project"
)

// add writes a draft into a folder and reads the folder again.
func add(t *testing.T, top string, f migration.Format, r Request) (Draft, migration.Folder) {
	t.Helper()
	folder, err := f.Load(os.DirFS(top), "m")
	if err != nil {
		t.Fatal(err)
	}
	s := judge.Standing{Format: f, Folder: folder}
	d, err := Compose(t.Context(), s, r)
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	if _, err := Write(filepath.Join(top, "m"), s, d); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	if folder, err = f.Load(os.DirFS(top), "m"); err != nil {
		t.Fatal(err)
	}
	return d, folder
}

// TestEveryFormat: what is written is read as the newest migration of the tool, with
// its SQL and its way back, and nothing is wrong with the folder.
func TestEveryFormat(t *testing.T) {
	for _, f := range migration.Formats() {
		if f.Compose == nil {
			_, err := Compose(t.Context(), judge.Standing{Format: f}, Request{Title: "a"})
			var refused *project.Refusal
			if !errors.As(err, &refused) || refused.Advice == "" {
				t.Errorf("%s makes its own migrations: %v", f.Name, err)
			}
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			top := t.TempDir()
			if err := os.Mkdir(filepath.Join(top, "m"), 0o755); err != nil {
				t.Fatal(err)
			}
			for i, c := range []struct{ title, sql, back string }{
				{"orders", "CREATE TABLE orders (id bigint PRIMARY KEY)", "DROP TABLE orders;"},
				{"add note", "ALTER TABLE orders ADD COLUMN note text", "ALTER TABLE orders DROP COLUMN note;"},
				{
					"index note", "CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note)",
					"DROP INDEX CONCURRENTLY orders_note_idx;",
				},
				{"rename", "UPDATE orders SET note = 'a'; ALTER TABLE orders RENAME COLUMN note TO words", ""},
			} {
				// A second apart: some tools keep seconds.
				d, folder := add(t, top, f, Request{
					Title: c.title, SQL: c.sql,
					Now: []string{"20261129120000", "20261129120001", "20261129120002", "20261129120003"}[i],
				})
				if len(folder.Migrations) != i+1 {
					t.Fatalf("%d migrations, want %d", len(folder.Migrations), i+1)
				}
				m := folder.Migrations[i]
				if !strings.Contains(string(m.Up.Bytes), c.sql+";") {
					t.Errorf("%s: up is %s", c.title, m.Up.Bytes)
				}
				if d.BackKnown != (c.back != "") {
					t.Errorf("%s: a way back is known: %v", c.title, d.BackKnown)
				}
				if m.Down != nil && c.back != "" && !strings.Contains(string(m.Down.Bytes), c.back) {
					t.Errorf("%s: down is %s", c.title, m.Down.Bytes)
				}
				if wants := strings.Contains(c.sql, "CONCURRENTLY"); wants && m.Up.InBlock(1) &&
					f.Outside.Header != "" {
					t.Errorf("%s runs in a transaction", c.title)
				}
				for _, p := range folder.Problems {
					if p.Stops {
						t.Errorf("%s: %s", c.title, p.Message)
					}
				}
			}
		})
	}
}

// TestAboveWhatIsMerged: a version that another branch has taken is not taken again.
func TestAboveWhatIsMerged(t *testing.T) {
	f, err := migration.Find("golang-migrate")
	if err != nil {
		t.Fatal(err)
	}
	s := judge.Standing{Format: f}
	s.Folder.Format = f.Name
	s.Folder.Migrations = []migration.Migration{{Version: "1", Number: 1, Up: migration.File{Path: "000001_a.up.sql"}}}
	s.Git.Merged = []string{"000001_a.up.sql", "000002_theirs.up.sql"}
	d, err := Compose(t.Context(), s, Request{Title: "Mine, at last!", Now: "20261129120000"})
	if err != nil || d.Up.Path != "000003_mine_at_last.up.sql" || d.Down == nil {
		t.Errorf("%s, %v", d.Up.Path, err)
	}
}

// TestNothingIsOverwritten, and of two files none is left where one is there.
func TestNothingIsOverwritten(t *testing.T) {
	f, err := migration.Find("golang-migrate")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	there := filepath.Join(dir, "000001_a.down.sql")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := judge.Standing{Format: f}
	d, err := Compose(t.Context(), s, Request{Title: "a", Now: "20261129120000"})
	if err != nil {
		t.Fatal(err)
	}
	var refused *project.Refusal
	if _, err := Write(dir, s, d); !errors.As(err, &refused) {
		t.Errorf("%v, want a refusal", err)
	}
	b, _ := os.ReadFile(there)
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if string(b) != "mine" || len(left) != 1 {
		t.Errorf("left %v, %q", left, b)
	}
}

// TestACommentAtTheEnd does not take the end of the statement with it.
func TestACommentAtTheEnd(t *testing.T) {
	f, err := migration.Find("goose")
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	if err := os.Mkdir(filepath.Join(top, "m"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, folder := add(t, top, f, Request{Title: "a", SQL: "CREATE TABLE a (id int) -- for now", Now: "20261129120000"})
	for _, p := range folder.Problems {
		t.Error(p.Message)
	}
	if up := string(folder.Migrations[0].Up.Bytes); !strings.Contains(up, "-- for now\n;") {
		t.Errorf("up is %s", up)
	}
}

// TestUnreadable SQL is refused before anything is written.
func TestUnreadable(t *testing.T) {
	f, err := migration.Find("plain")
	if err != nil {
		t.Fatal(err)
	}
	var refused *project.Refusal
	if _, err := Compose(t.Context(), judge.Standing{Format: f}, Request{
		Title: "a", SQL: "ALTER TABEL x",
	}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "line 1") {
		t.Error(err)
	}
}
