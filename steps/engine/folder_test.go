package engine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"belay/steps/journal"
)

// A look whose engine was ended without a word goes with the next look. One that
// is worked on stays, and so does one of another host.
func TestAbandonedLooksAreSwept(t *testing.T) {
	runs := t.TempDir()
	here, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	made := func(host string) string {
		folder, err := newFolderIn(runs)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, journal.FileName), nil, 0o600)
		}
		if err == nil && host != "" {
			err = writeOwner(folder, host)
		}
		if err != nil {
			t.Fatal(err)
		}
		return folder
	}
	young, elsewhere, alive := made(""), made("another"), made("")
	l, _, err := journal.Open(alive, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := writeOwner(alive, here); err != nil {
		t.Fatal(err)
	}
	gone, nobodys := made(here), made("")
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(nobodys, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	made("")
	for folder, stays := range map[string]bool{young: true, elsewhere: true, alive: true, gone: false, nobodys: false} {
		if _, err := os.Stat(folder); (err == nil) != stays {
			t.Errorf("%s stays: %v, want %v", folder, err == nil, stays)
		}
	}
}
