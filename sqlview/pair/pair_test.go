package pair_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/pair"
	"belay/sqlview/parse"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the .want sections anew")

const path = "testdata/bonds.txtar"

// TestFind holds the bonds of each sample against what is written below it.
func TestFind(t *testing.T) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	given := ""
	var files []txtar.File
	for _, f := range archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".sql")
		switch {
		case f.Name == "given.sql":
			given = string(f.Data)
			files = append(files, f)
		case ok:
			source := catalog.SourceLive
			if strings.HasPrefix(string(f.Data), "-- nothing is known") {
				source = catalog.SourceNone
			}
			files = append(files, f, txtar.File{
				Name: name + ".want", Data: []byte(find(t, source, given, string(f.Data))),
			})
		}
	}
	want := string(txtar.Format(archive))
	archive.Files = files
	got := string(txtar.Format(archive))
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs (-want +got); -update writes it anew:\n%s", path, diff)
	}
}

func find(t *testing.T, source catalog.Source, given, sql string) string {
	t.Helper()
	files, err := parse.Parse(context.Background(), []byte(given), []byte(sql))
	if err != nil {
		t.Fatal(err)
	}
	meets := &catalog.Snapshot{}
	if source != catalog.SourceNone {
		meets = catalog.FromStatements(source, files[0].Statements, 15)
	}
	var catalogs []*catalog.Snapshot
	for _, st := range files[1].Statements {
		if st.Node == nil {
			t.Fatalf("%s: %s", st.SQL, st.Problem.Message)
		}
		catalogs = append(catalogs, meets)
		meets = meets.Clone()
		meets.Apply(st, 15)
	}
	var b strings.Builder
	for _, bond := range pair.Find(files[1].Statements, catalogs) {
		fmt.Fprintf(&b, "%d to %d\n", bond.First+1, bond.Last+1)
		for _, why := range bond.Why {
			fmt.Fprintln(&b, " ", why)
		}
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}
