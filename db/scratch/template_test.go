package scratch

import (
	"os"
	"path/filepath"
	"testing"
)

// keepTemplates makes clusters of this test copies.
func keepTemplates(t *testing.T) string {
	dir, before := t.TempDir(), templates
	KeepTemplates(dir)
	t.Cleanup(func() { KeepTemplates(before) })
	return dir
}

// Copies of one data folder are clusters of their own, also after a crash.
func TestCopiesAreApart(t *testing.T) {
	dir := keepTemplates(t)
	const system = `SELECT system_identifier::text FROM pg_control_system()`
	seen := map[string]bool{}
	for range 3 {
		c := startTest(t, Options{})
		id, err := value(t, c.DSN(""), system)
		if err != nil || seen[id] || seen[c.Password()] {
			t.Fatalf("system identifier %s, %v, password %s; seen %v", id, err, c.Password(), seen)
		}
		seen[id], seen[c.Password()] = true, true
		if err := c.Crash(); err != nil {
			t.Fatal(err)
		}
		if err := c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again, err := value(t, c.DSN(""), system); err != nil || again != id {
			t.Errorf("system identifier after a crash %q, %v; want %s", again, err, id)
		}
	}
	if kept, _ := filepath.Glob(filepath.Join(dir, "*")); len(kept) != 1 {
		t.Errorf("kept %v, want one", kept)
	}
}

// An identifier tells when the cluster was made, as initdb's does.
func TestCopyTellsWhenItWasMade(t *testing.T) {
	keepTemplates(t)
	startTest(t, Options{})
	want(t, startTest(t, Options{}),
		`SELECT (pg_catalog.abs(EXTRACT(epoch FROM pg_catalog.now()) - (system_identifier >> 32)) < 3600)::text FROM pg_control_system()`, "true")
}

func TestHalfATemplateIsNone(t *testing.T) {
	dir := keepTemplates(t)
	if err := os.Mkdir(filepath.Join(dir, "part-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	want(t, startTest(t, Options{}), `SELECT '1'`, "1")
	want(t, startTest(t, Options{}), `SELECT '1'`, "1")
}

func TestOnlyWhatHasAChecksumIsSealed(t *testing.T) {
	if err := seal([]byte("not a control file, but long enough"), 1); err == nil {
		t.Error("sealed what has no checksum")
	}
}
