package migration

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAddition adds a format to a copy of the tree by one Go file and one txtar,
// whose want section it has written as everybody has, and runs this package's
// tests there: they are those of the format too. It compiles and links the copy three
// times, so that only the long form plays it.
func TestAddition(t *testing.T) {
	if os.Getenv("BELAY_TEST_LONG") == "" {
		t.Skip("played in the long form")
	}
	const copied = "BELAY_ADDITION"
	if os.Getenv(copied) != "" {
		t.Skip("this is the copy")
	}
	dir := t.TempDir()
	for _, part := range []string{"sqlview/migration", "sqlview/parse", "sqlview/measure", "sqlview/pattern",
		"sqlview/visible"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join("..", "..", part))); err != nil {
			t.Fatal(err)
		}
	}
	add := func(from, to string) {
		t.Helper()
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	add("../../go.mod", "go.mod")
	add("../../go.sum", "go.sum")
	add("testdata/addition/knock.go.txt", "sqlview/migration/knock.go")
	add("testdata/addition/knock.txtar.txt", "sqlview/migration/testdata/knock.txtar")
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("go", append([]string{"test"}, args...)...)
		cmd.Dir, cmd.Env = filepath.Join(dir, "sqlview", "migration"),
			append(os.Environ(), copied+"=1", "GOFLAGS=-buildvcs=false")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("a format by one file and one txtar: go test %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run("-run", "TestSamples/knock", "-update", ".")
	run(".")
	// A format without its sample is none.
	if err := os.Remove(filepath.Join(dir, "sqlview/migration/testdata/knock.txtar")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-run", "TestFormatsAreValid", ".")
	cmd.Dir, cmd.Env = filepath.Join(dir, "sqlview", "migration"),
		append(os.Environ(), copied+"=1", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "format knock has no sample") {
		t.Errorf("without its txtar: %v\n%s", err, out)
	}
}

// elsewhere are words that are spelled like a format and mean something else, and
// the two formats of which the rest of the program knows more.
var elsewhere = map[string]string{
	"sqlview/migration/marker.go": "the comments of each tool",
	"sqlview/migration/detect.go": "names of folders",
	"db/dsn/url.go":               "schemes of URLs",
}

// TestFormatsAreNamedOnce: what the rest of the program needs of a format it asks
// the Format for.
func TestFormatsAreNamedOnce(t *testing.T) {
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && strings.HasPrefix(e.Name(), ".") && name != "." {
			return fs.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			elsewhere[name] != "" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		for _, f := range Formats() {
			own := "sqlview/migration/" + strings.ReplaceAll(f.Name, "-", "_")
			if f.Name != "golang-migrate" && f.Name != "plain" && !strings.HasPrefix(name, own) &&
				strings.Contains(string(text), `"`+f.Name+`"`) {
				t.Errorf("%s names the format %s: ask migration.Find for what it needs", name, f.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
