package renumber

import (
	"maps"
	"strings"
	"testing"

	"belay/sqlview/migration"
)

// TestWaysBackGoAlong renumbers one of two complete pairs of one version, in every
// format that names its own files: each way back stays with its up file.
func TestWaysBackGoAlong(t *testing.T) {
	tried := 0
	for _, f := range migration.Formats() {
		if f.OwnNames || f.Compose == nil {
			continue
		}
		for _, titles := range [][2]string{{"a", "b"}, {"b", "a"}, {"b", "add_b"}, {"add_b", "b"}} {
			r := newRepo(t, f.Name, true, pairs(f, titles), nil)
			at := r.stand()
			if len(at.Folder.Twins()) != 1 {
				continue // the tool orders by the whole name: no two are one version
			}
			for _, p := range at.Folder.Problems {
				if p.Kind == migration.Duplicate && !strings.Contains(p.Hint, "belay renumber ") {
					t.Errorf("%s: %s: the hint is %q", f.Name, p.Message, p.Hint)
				}
			}
			back := waysBack(at.Folder)
			at.Named = []string{at.Folder.Path(at.Folder.Migrations[1].Up)}
			p, err := Propose(at)
			if err != nil || p == nil {
				t.Errorf("%s %v: %+v, %v", f.Name, titles, p, err)
				continue
			}
			if _, err := Do(t.Context(), r.dir(), at, p, nil); err != nil {
				t.Fatal(err)
			}
			after := r.stand()
			if left := r.wrong(after); len(left) > 0 || !maps.Equal(waysBack(after.Folder), back) {
				t.Errorf("%s %v: still wrong: %+v; the ways back were %v and are %v", f.Name, titles, left, back,
					waysBack(after.Folder))
			}
			if len(back) == 2 {
				tried++
			}
		}
	}
	if tried < 4*4 {
		t.Errorf("only %d pairs had ways back", tried)
	}
}

// pairs are migrations of one version with their ways back, as NAME=TEXT.
func pairs(f migration.Format, titles [2]string) (files []string) {
	for _, title := range titles {
		m := f.Compose(migration.Folder{Format: f.Name}, migration.Draft{
			Title: title, Up: "SELECT 1 AS up_" + title + ";\n", Down: "SELECT 1 AS down_" + title + ";\n",
		}, now)
		for _, file := range m.Files() {
			files = append(files, file.Path+"="+string(file.Whole))
		}
	}
	return files
}

// waysBack are the words of the up files with those of their ways back.
func waysBack(f migration.Folder) map[string]string {
	all := map[string]string{}
	for _, m := range f.Migrations {
		if m.Down != nil {
			all[strings.TrimSpace(string(m.Up.Bytes))] = strings.TrimSpace(string(m.Down.Bytes))
		}
	}
	return all
}
