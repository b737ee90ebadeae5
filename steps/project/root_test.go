package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRootReadsOrdinaryFilesOfTheRepository plays what the author of a repository can
// put where a migration is expected.
func TestRootReadsOrdinaryFilesOfTheRepository(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "repo", "app")
	private := filepath.Join(top, "private")
	for _, d := range []string{filepath.Join(dir, "m"), filepath.Join(top, "repo", ".git"), private,
		filepath.Join(top, "repo", "shared")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{filepath.Join(dir, "m", "1_a.sql"), filepath.Join(private, "2_b.sql"),
		filepath.Join(top, "repo", "shared", "3_c.sql")} {
		if err := os.WriteFile(f, []byte("SELECT 1;"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"out": private, "m/out.sql": filepath.Join(private, "2_b.sql"), "m/up.sql": "../../../private/2_b.sql",
		"m/zero.sql": "/dev/zero", "m/shared.sql": "../../shared/3_c.sql", "m/gone.sql": "nowhere",
		"m/round.sql": "round.sql", "m/near.sql": "1_a.sql",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "m", "pipe.sql"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := rootOf(dir)
	for name, reads := range map[string]bool{
		"m/1_a.sql": true, "m/near.sql": true, "m/shared.sql": true, // a link within the repository
		"m/out.sql": false, "m/up.sql": false, "out/2_b.sql": false, "m/zero.sql": false, "m/pipe.sql": false,
		"m/gone.sql": false, "m/round.sql": false, "../repo/app/m/1_a.sql": false,
	} {
		b, err := fs.ReadFile(root, name)
		var at *fs.PathError
		switch {
		case reads && (err != nil || string(b) != "SELECT 1;"):
			t.Errorf("%s: %q, %v", name, b, err)
		case !reads && !errors.As(err, &at):
			t.Errorf("%s: read %q, %v", name, b, err)
		}
	}
	if _, err := fs.ReadDir(root, "out"); err == nil {
		t.Error("a folder outside is listed")
	}
	if all, err := fs.ReadDir(root, "m"); err != nil || len(all) != 9 {
		t.Errorf("m has %d, %v", len(all), err)
	}
}
