package unedit

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"belay/sqlview/migration"
)

// TestDifference holds what is made of two texts against testdata/difference.txtar:
// of each NAME, NAME/was and NAME/is are the texts, NAME/next is the next migration.
func TestDifference(t *testing.T) {
	a, err := txtar.ParseFile("testdata/difference.txtar")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range a.Files {
		texts[f.Name] = string(f.Data)
	}
	cases := 0
	for name, was := range texts {
		name, ok := strings.CutSuffix(name, "/was")
		if !ok {
			continue
		}
		cases++
		t.Run(name, func(t *testing.T) {
			d, err := compareTexts(t.Context(), []byte(was), []byte(texts[name+"/is"]))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, s := range d.sql {
				got += s + ";\n"
			}
			got += change{of: &migration.Migration{Up: migration.File{Path: "1_a.up.sql"}}, difference: d}.note()
			if diff := cmp.Diff(texts[name+"/next"], got); diff != "" {
				t.Errorf("the next migration (-want +got):\n%s", diff)
			}
		})
	}
	if cases == 0 {
		t.Error("no cases")
	}
}

// TestMain lets the test's own binary be the parser's child.
func TestMain(m *testing.M) { os.Exit(m.Run()) }
