package git

import (
	"os"
	"path/filepath"
	"testing"

	"belay/sqlview/migration"
)

func TestRename(t *testing.T) {
	w := newWork(t)
	w.write("m/0001_a.sql", "SELECT 1;")
	w.write("rollback/0001_a.sql", "SELECT -1;")
	w.commit("one")
	w.write("m/0002_new.sql", "SELECT 2;")
	dir := filepath.Join(w.dir, "m")
	err := Rename(t.Context(), dir, []migration.Move{
		{From: "0001_a.sql", To: "0003_a.sql"},
		{From: "../rollback/0001_a.sql", To: "../rollback/0003_a.sql"},
		{From: "0002_new.sql", To: "0004_new.sql"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "R  m/0001_a.sql -> m/0003_a.sql\nR  rollback/0001_a.sql -> rollback/0003_a.sql\n?? m/0004_new.sql"
	if got := w.git("status", "--porcelain"); got != want {
		t.Errorf("status:\n%s\nwant:\n%s", got, want)
	}
}

func TestRenameAllOrNothing(t *testing.T) {
	w := newWork(t)
	w.write("m/0001_a.sql", "SELECT 1;")
	w.write("m/0002_b.sql", "SELECT 2;")
	w.commit("one")
	dir := filepath.Join(w.dir, "m")
	for name, moves := range map[string][]migration.Move{
		"a target is there": {{From: "0001_a.sql", To: "0002_b.sql"}},
		"a source is not":   {{From: "0001_a.sql", To: "0003_a.sql"}, {From: "0009_x.sql", To: "0010_x.sql"}},
		"a folder is not":   {{From: "0001_a.sql", To: "0003_a.sql"}, {From: "0002_b.sql", To: "none/0004_b.sql"}},
	} {
		if err := Rename(t.Context(), dir, moves); err == nil {
			t.Errorf("%s: no error", name)
		}
		if got := w.git("status", "--porcelain"); got != "" {
			t.Errorf("%s: left behind:\n%s", name, got)
		}
	}
}

func TestRenameWithoutGit(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "1_a.sql"), []byte("SELECT 1;"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Rename(t.Context(), dir, []migration.Move{{From: "1_a.sql", To: "2_a.sql"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "2_a.sql")); err != nil {
		t.Error(err)
	}
}

// TestRenameRunsNoFilter: the repository's configuration names a program that reads
// each file on its way into the index. Nothing of ours calls it.
func TestRenameRunsNoFilter(t *testing.T) {
	w := newWork(t)
	w.write("m/0001_a.sql", "SELECT 1;")
	w.commit("one")
	ran := filepath.Join(t.TempDir(), "ran")
	w.git("config", "filter.evil.clean", "sh -c 'touch "+ran+"; cat'")
	w.write(".gitattributes", "* filter=evil\n")
	w.write("m/0001_a.sql", "SELECT 1;") // another time of change: the index has to look
	err := Rename(t.Context(), filepath.Join(w.dir, "m"), []migration.Move{{From: "0001_a.sql", To: "0002_a.sql"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the filter ran")
	}
	if got := w.git("ls-files"); got != "m/0002_a.sql" {
		t.Errorf("the index has %q", got)
	}
}
