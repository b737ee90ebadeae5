package dump

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNothingIsLeftOnAFullDisk dumps onto disks of every size up to one that is large
// enough: where there was no room, there is no dump and nothing of one.
func TestNothingIsLeftOnAFullDisk(t *testing.T) {
	d, cfg, c := shop(t)
	o := options(t, d)
	o.SchemaOnly, o.Dir = true, filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(o.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const page = 4
	for size := page; ; size += page {
		if err := syscall.Mount("tmpfs", o.Dir, "tmpfs", 0, fmt.Sprintf("size=%dk,mode=700", size)); err != nil {
			t.Skipf("no disk of a test's own: %v", err)
		}
		_, err := Take(t.Context(), c, cfg, o)
		left, bad := os.ReadDir(o.Dir)
		if gone := syscall.Unmount(o.Dir, syscall.MNT_DETACH); gone != nil || bad != nil {
			t.Fatal(gone, bad)
		}
		switch {
		case err == nil:
			if size == page || len(left) != 2 {
				t.Errorf("on %d kB: %v", size, left)
			}
			return
		case len(left) > 0:
			t.Errorf("on %d kB: %v, and there is left %v", size, err, left)
		case size > 1000:
			t.Fatal(err)
		}
	}
}
