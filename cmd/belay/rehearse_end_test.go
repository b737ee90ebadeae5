package main

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"belay/db/dbtest"
)

// TestRehearseLeavesNothing ends a rehearsal in the middle, as Ctrl+C, a service
// manager, a lost line and a death do. No server of it lives on; its folder goes with
// it, or where it died with the next rehearsal.
func TestRehearseLeavesNothing(t *testing.T) {
	t.Parallel()
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL}
	for _, sig := range dbtest.OneIn(3, signals) {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, map[string]string{
				"migrations/000001_a.up.sql":   "CREATE TABLE a (n int);\n",
				"migrations/000001_a.down.sql": "DROP TABLE a;\n",
			})
			cmd := exec.CommandContext(t.Context(), "belay", "rehearse")
			var said bytes.Buffer
			cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, &said, &said
			for _, k := range slices.Sorted(maps.Keys(p.env)) {
				cmd.Env = append(cmd.Env, k+"="+p.env[k])
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			server := ""
			if !dbtest.Poll(dbtest.Timeout/2, func() bool { server = scratchOf(p); return server != "" }) {
				t.Fatalf("no throwaway server:\n%s", said.String())
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Errorf("it ended well:\n%s", said.String())
			}
			if !dbtest.Poll(dbtest.Timeout/2, func() bool { return len(marked(storyMark+"="+p.db.Name)) == 0 }) {
				t.Error("something of it lives on")
			}
			switch {
			case sig == syscall.SIGKILL:
				wants(t, p, 0, "rehearse")
			case !strings.Contains(said.String(), "belay: error: "):
				t.Errorf("it says nothing of its end:\n%s", said.String())
			}
			if _, err := os.Stat(server); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s is left behind: %v", server, err)
			}
		})
	}
}

// scratchOf is the folder of the throwaway server that works for a person; "" = none.
func scratchOf(p *person) string {
	for _, pid := range marked(storyMark + "=" + p.db.Name) {
		at, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
		if folder := filepath.Dir(at); strings.HasPrefix(filepath.Base(folder), "belay-scratch-") {
			return folder
		}
	}
	return ""
}
