package throttle

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wait")
	read := sampler(t, File, path, Input{})
	wantOver(t, read(), "")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantOver(t, read(), Wait)
	first := read().Since
	if again := read().Since; !again.Equal(first) {
		t.Error("since moves while it lasts")
	}
	if v := sampler(t, File, filepath.Join(path, "below"), Input{})(); v.Action != Wait || v.Unread == "" {
		t.Errorf("a path that cannot be read: %+v", v)
	}
}
