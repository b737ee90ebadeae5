package fix

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/sqlview/migration"
	"belay/steps/fact"
	"belay/steps/git"
)

// A migration goes only where somebody could be asked and nobody says that it
// may have run.
func TestFate(t *testing.T) {
	up := func(name string, n uint64) migration.Migration {
		return migration.Migration{Version: name[:2], Number: n, Up: migration.File{Path: name}}
	}
	m, later := up("42_a.up.sql", 42), up("43_b.up.sql", 43)
	folder := migration.Folder{Format: "golang-migrate", Migrations: []migration.Migration{m}}
	here := git.Facts{Default: "origin/main"}
	none := git.Facts{Unknown: git.NoRepository}
	for name, c := range map[string]struct {
		Case
		goes    bool
		why     string
		refused string
	}{
		"neither says so": {
			Case{Folder: folder, Asked: "shop", Git: here}, true, "not applied on shop, not on origin/main", "",
		},
		"only a database": {Case{Folder: folder, Asked: "shop", Git: none}, true, "git cannot tell", ""},
		"only git":        {Case{Folder: folder, Git: here}, true, "not on origin/main", ""},
		"nobody":          {Case{Folder: folder, Git: none}, false, "nobody could be asked", ""},
		"merged": {
			Case{Folder: folder, Asked: "shop", Git: git.Facts{Default: "main", Merged: []string{m.Up.Path}}}, false,
			"merged into main", "",
		},
		"applied": {
			Case{Folder: folder, Asked: "shop", Status: migration.Status{Applied: []migration.Migration{m}}}, false,
			"applied on shop", "applied on shop",
		},
		"dirty": {
			Case{Folder: folder, Asked: "shop", Status: migration.Status{Dirty: []migration.Dirty{{Migration: &m}}}},
			false, "applied on shop", "applied on shop",
		},
		"one stands above": {
			Case{
				Folder: migration.Folder{Format: "golang-migrate", Migrations: []migration.Migration{m, later}},
				Asked:  "shop", Git: here,
			}, false, "has a higher version", "43_b.up.sql has a higher version",
		},
		"outside a folder": {Case{}, false, "in no migrations folder", "in no migrations folder"},
	} {
		c.Migration = m
		got := c.fate()
		if got.goes != c.goes || !strings.Contains(got.why, c.why) || (c.refused == "") != (got.refused == "") ||
			!strings.Contains(got.refused, c.refused) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestHighestIsAboveWhatStandsElsewhere(t *testing.T) {
	f, err := migration.Find("golang-migrate")
	if err != nil {
		t.Fatal(err)
	}
	c := Case{
		Format: f, Status: migration.Status{Newest: "44"},
		Git: git.Facts{
			Merged: []string{"000047_x.up.sql", "000047_x.down.sql"}, Theirs: []string{"51_y.up.sql", "README.md"},
		},
	}
	if got := c.highest(); got != 51 {
		t.Errorf("highest is %d", got)
	}
}

// sample is a folder on the disk with a proposal for it.
func sample(t *testing.T) (dir string, p Proposal) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir = t.TempDir()
	file := func(name, text string) migration.File {
		return migration.NewFile(name, []byte(text), migration.TxImplicit)
	}
	down := file("000042_a.down.sql", "DROP TABLE a;\n")
	p.Original = migration.Migration{Up: file("000042_a.up.sql", "SELECT 1;\n"), Down: &down}
	for _, f := range p.Original.Files() {
		if err := os.WriteFile(filepath.Join(dir, f.Path), f.Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	back := file("000043_b.down.sql", "SELECT 3;\n")
	p.Made = []migration.Migration{
		{Up: file("000043_b.up.sql", "SELECT 2;\n"), Down: &back}, {Up: file("000044_c.up.sql", "SELECT 4;\n")},
	}
	p.Rewrite = fact.Rewrite{
		Path: "000042_a.up.sql", Replaces: true, SHA256: "0123456789abcdef", Files: make([]fact.RewriteFile, 2),
	}
	return dir, p
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestWriteReplacesAndKeepsACopy(t *testing.T) {
	dir, p := sample(t)
	done, err := Write(dir, p, []int{1})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != "000043_b.down.sql 000043_b.up.sql" {
		t.Error("in the folder:", got)
	}
	if got := names(t, done.Copies); got != "000042_a.down.sql 000042_a.up.sql" {
		t.Error("copies:", got)
	}
	if len(done.Lines) != 4 || done.Lines[0] != "000043_b.up.sql | 1 +" || done.Lines[3] != "000042_a.up.sql | 1 -" {
		t.Errorf("said %q", done.Lines)
	}
}

// Whatever stands against it, nothing is written and nothing is lost.
func TestWriteIsAllOrNothing(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string, p *Proposal) []int{
		"the original was edited": func(t *testing.T, dir string, _ *Proposal) []int {
			put(t, dir, "000042_a.up.sql")
			return nil
		},
		"a new name is taken": func(t *testing.T, dir string, _ *Proposal) []int {
			put(t, dir, "000044_c.up.sql")
			return nil
		},
		"it is refused": func(_ *testing.T, _ string, p *Proposal) []int {
			p.Refused = "it has run"
			return nil
		},
		"everything is left out": func(*testing.T, string, *Proposal) []int { return []int{0, 1} },
	} {
		t.Run(name, func(t *testing.T) {
			dir, p := sample(t)
			without := spoil(t, dir, &p)
			before := names(t, dir)
			if _, err := Write(dir, p, without); err == nil {
				t.Error("it was written")
			}
			if after := names(t, dir); after != before {
				t.Errorf("the folder had %s and has %s", before, after)
			}
		})
	}
}

func put(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("SELECT 'other';\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAYesMeansOneProposal(t *testing.T) {
	_, p := sample(t)
	if yes, without := p.Meant(p.Yes([]int{1})); !yes || len(without) != 1 || without[0] != 1 {
		t.Error(p.Yes([]int{1}), yes, without)
	}
	other := p.Rewrite
	other.SHA256 = "fedcba9876543210"
	for _, answer := range []string{"yes", "no", "yes: ", other.Yes(nil)} {
		if yes, _ := p.Meant(answer); yes {
			t.Errorf("%q is taken for a yes", answer)
		}
	}
}

// A rewrite that was written before is not proposed again: its original is what is left.
func TestWrittenBefore(t *testing.T) {
	file := func(version string, n uint64, text string) migration.Migration {
		return migration.Migration{
			Version: version, Number: n, Up: migration.File{Path: version + "_a.up.sql", Whole: []byte(text)},
		}
	}
	original, one, two := file("42", 42, "old"), file("43", 43, "one"), file("44", 44, "two")
	made := []migration.Migration{file("45", 45, "one"), file("46", 46, "two")}
	c := Case{Migration: original, Folder: migration.Folder{Migrations: []migration.Migration{original, one, two}}}
	got := c.written(made)
	if len(got) != 2 || got[0] != one.Up.Path || got[1] != two.Up.Path {
		t.Fatalf("written: %q", got)
	}
	text := c.inFront(Proposal{Rewrite: fact.Rewrite{Written: got}})
	for _, part := range []string{"as 2 files", "42_a.up.sql still runs before it", "ran on no database take it out"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	c.Folder.Migrations = []migration.Migration{original, one}
	if got := c.written(made); got != nil {
		t.Errorf("one of two is there: %q", got)
	}
}
