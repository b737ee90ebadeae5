package doctor

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLogindsNewestWordCounts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	silent := write("silent.conf", "[Login]\n#KillUserProcesses=yes\n")
	yes := write("yes.conf", "[Login]\nKillUserProcesses=yes\n")
	no := write("no.conf", "[Login]\nKillUserProcesses = no\n")
	for _, c := range []struct {
		files []string
		want  bool
	}{
		{nil, false}, {[]string{silent}, false}, {[]string{yes}, true}, {[]string{yes, no}, false},
		{[]string{no, yes, silent}, true},
	} {
		if got := killsUserProcesses(c.files); got != c.want {
			t.Errorf("%v: %v", c.files, got)
		}
	}
}
