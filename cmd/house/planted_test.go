package house

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected findings in testdata")

// TestPlanted runs each check over a tree that breaks it. The comment of the
// txtar is what must be found, a line each; a file of the tree that is not
// named there must not be found.
func TestPlanted(t *testing.T) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			name := filepath.Join("testdata", c.name+".txtar")
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatalf("a check needs a tree that breaks it: %v", err)
			}
			var got strings.Builder
			for _, f := range c.run(load(t, planted(archive))) {
				got.WriteString(f.String() + "\n")
			}
			if got.Len() == 0 {
				t.Fatal("nothing found: the check cannot fail")
			}
			if *update {
				archive.Comment = []byte(got.String())
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Comment), got.String()); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStrayTree finds planted trees whose check is gone.
func TestStrayTree(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(checks) {
		t.Errorf("%d planted trees for %d checks: %v", len(files), len(checks), files)
	}
}

// planted gives the files of an archive. «LETTERS» is written for LETTERS
// where the planted text must not be found in this module itself, and
// «N lines» for lines that say nothing.
func planted(a *txtar.Archive) fstest.MapFS {
	write := strings.NewReplacer(
		"«399 lines»\n", strings.Repeat("//\n", 399),
		"«58 lines»\n", strings.Repeat("//\n", 58),
		"«", "", "»", "",
	)
	fsys := fstest.MapFS{}
	for _, f := range a.Files {
		fsys[f.Name] = &fstest.MapFile{Data: []byte(write.Replace(string(f.Data)))}
	}
	return fsys
}

// TestUsedException holds an exception to the one finding that it names.
func TestUsedException(t *testing.T) {
	all := parseExceptions("# comment\n\nsize db/long.go:Connect one switch over all kinds\n")
	if len(all) != 1 || all[0].reason != "one switch over all kinds" {
		t.Fatalf("read %+v", all)
	}
	for _, f := range []struct {
		check string
		finding
		want bool
	}{
		{"size", finding{path: "db/long.go"}, false},
		{"docs", finding{path: "db/long.go", name: "Connect"}, false},
		{"size", finding{path: "db/long.go", name: "Connect", line: 7}, true},
	} {
		if got := all.allow(f.check, f.finding); got != f.want || all[0].used != f.want {
			t.Errorf("%s %s: allowed %v, used %v, want %v", f.check, f.key(), got, all[0].used, f.want)
		}
	}
}
