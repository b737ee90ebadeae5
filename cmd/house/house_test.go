package house

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// check is one rule of the house. Its name is that of its planted tree in
// testdata and of its file.
type check struct {
	name string
	run  func(*tree) []finding
}

var checks = []check{
	{"direction", direction},
	{"purity", purity},
	{"outlet", outlet},
	{"banned", banned},
	{"sessions", sessions},
	{"docs", docs},
	{"extension", extension},
	{"guide", guide},
	{"layout", layout},
	{"readme", readme},
	{"words", words},
	{"machine", machine},
	{"plurals", plurals},
	{"size", size},
	{"columns", columns},
}

// TestHouse runs every check over this module.
func TestHouse(t *testing.T) {
	house := load(t, os.DirFS(root(t)))
	if len(house.goFiles()) < 100 {
		t.Fatalf("only %d Go files found below %s", len(house.goFiles()), root(t))
	}
	exceptions := readExceptions(t)
	ran := map[string]bool{}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			ran[c.name] = true
			for _, f := range c.run(house) {
				if !exceptions.allow(c.name, f) {
					t.Error(f)
				}
			}
		})
	}
	for _, e := range exceptions {
		if ran[e.check] && !e.used {
			t.Errorf("testdata/allowed.txt: %s %s allows nothing: take the line out", e.check, e.key)
		}
	}
}

// TestExceptionsNeedReasons holds each line of testdata/allowed.txt to a known
// check and a reason of more than a word or two.
func TestExceptionsNeedReasons(t *testing.T) {
	for _, e := range readExceptions(t) {
		if !slices.ContainsFunc(checks, func(c check) bool { return c.name == e.check }) {
			t.Errorf("%s %s: there is no check of this name", e.check, e.key)
		}
		if len(strings.Fields(e.reason)) < 4 {
			t.Errorf("%s %s: %q is no reason", e.check, e.key, e.reason)
		}
	}
}

// root is the folder of go.mod, from here upward.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod from here upward")
		}
		dir = up
	}
}
