package addition

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// promised is how many files an addition of each kind may touch, as the README says.
var promised = map[string]int{
	"rule": 2, "rewrite": 2, "signal": 2, "step": 3, "question": 1, "screen": 2, "event": 3,
}

// TestAddition puts all samples into one copy of the tree, and runs the tests there that
// hold the tree to being whole, in the long form.
func TestAddition(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	dir := copyOf(t, root)
	var commands [][]string
	for kind, most := range promised {
		archive, err := txtar.ParseFile(filepath.Join("testdata", kind+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		touched := map[string]bool{}
		for _, f := range archive.Files {
			name, err := put(dir, f)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			touched[name] = true
		}
		if len(touched) > most {
			t.Errorf("a %s takes %d files, and %d are promised: %v", kind, len(touched), most, touched)
		}
		for line := range strings.Lines(string(archive.Comment)) {
			if test, is := strings.CutPrefix(strings.TrimSpace(line), "go test "); is {
				commands = append(commands, strings.Fields(test))
			}
		}
	}
	if os.Getenv("BELAY_TEST_LONG") == "" {
		return // a copy of the tree is compiled as if everything were new
	}
	slices.SortFunc(commands, slices.Compare)
	for _, args := range slices.CompactFunc(commands, slices.Equal) {
		if out, err := goTest(dir, args); err != nil {
			t.Errorf("go test %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// put writes a file of a sample; a backslash before -- stands for the -- of an archive
// within. A name with a marker, PATH | TEXT, stands for lines that
// come behind the first line of PATH that has TEXT.
func put(dir string, f txtar.File) (name string, err error) {
	name, marker, inside := strings.Cut(f.Name, " | ")
	file, text := filepath.Join(dir, filepath.FromSlash(name)),
		strings.ReplaceAll("\n"+string(f.Data), "\n\\--", "\n--")[1:]
	have, err := os.ReadFile(file)
	switch {
	case inside && err != nil:
		return name, err
	case !inside && err == nil:
		return name, fmt.Errorf("%s is there already", name)
	case inside:
		before, after, found := strings.Cut(string(have), marker)
		if !found {
			return name, fmt.Errorf("%s has no %q", name, marker)
		}
		rest, after, _ := strings.Cut(after, "\n")
		text = before + marker + rest + "\n" + text + after
	}
	return name, os.WriteFile(file, []byte(text), 0o600)
}

// copyOf copies what the module is made of. The copy of a tree always lies in the
// same place: the path of a file is part of what the build cache looks it up by, and
// in a new place everything would be compiled anew.
func copyOf(t *testing.T, root string) string {
	t.Helper()
	dir := place(t, root)
	for _, part := range []string{"cmd", "tui", "steps", "db", "sqlview"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(root, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "README.md", "LICENSE"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// place is an empty folder in the user's cache that belongs to this tree alone, until
// the test ends.
func place(t *testing.T, root string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if root, err = filepath.Abs(root); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "belay-test", fmt.Sprintf("addition-%.4x", sha256.Sum256([]byte(root))))
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir); _ = lock.Close() })
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// goTest runs tests in the copy. Nobody debugs them: without those tables they link
// in half the time.
func goTest(dir string, args []string) ([]byte, error) {
	cmd := exec.Command("go", append([]string{"test", "-vet=off", "-ldflags=-s -w"}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-buildvcs=false")
	return cmd.CombinedOutput()
}
