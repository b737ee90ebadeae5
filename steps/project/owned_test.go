package project

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const somebody = 65534

// makeFolder makes a folder with a mode.
func makeFolder(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// give gives a path to somebody else, which only root can.
func give(t *testing.T, path string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	if err := os.Lchown(path, somebody, somebody); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// TestForeignStateFolders holds every way in which the state folder is not the
// person's own alone, and that a hint with a command lifts what it is about.
func TestForeignStateFolders(t *testing.T) {
	for _, c := range []struct {
		name, problem string // "" = it is all right
		prepare       func(t *testing.T, base string)
	}{
		{"new", "", func(*testing.T, string) {}},
		{"own", "", func(t *testing.T, base string) { makeFolder(t, base+"/belay/runs", 0o700) }},
		{"own link", "", func(t *testing.T, base string) {
			makeFolder(t, base+"/data", 0o700)
			link(t, base+"/data", base+"/belay")
		}},
		{"base like /tmp", "", func(t *testing.T, base string) { makeFolder(t, base, 0o777|os.ModeSticky) }},
		{"readable by others", "its mode is 0755", func(t *testing.T, base string) {
			makeFolder(t, base+"/belay", 0o755)
		}},
		{"runs of the group", "runs is open to others", func(t *testing.T, base string) {
			makeFolder(t, base+"/belay/runs", 0o770)
		}},
		{"another's", "belongs to uid 65534", func(t *testing.T, base string) {
			makeFolder(t, base+"/belay", 0o700)
			give(t, base+"/belay")
		}},
		{"another's runs", "runs belongs to uid", func(t *testing.T, base string) {
			makeFolder(t, base+"/belay/runs", 0o700)
			give(t, base+"/belay/runs")
		}},
		{"another's link", "belongs to uid 65534", func(t *testing.T, base string) {
			makeFolder(t, base+"/data", 0o700)
			link(t, base+"/data", base+"/belay")
			give(t, base+"/belay")
		}},
		{"link to another's", "leads to a folder of uid 65534", func(t *testing.T, base string) {
			makeFolder(t, base+"/data", 0o700)
			give(t, base+"/data")
			link(t, base+"/data", base+"/belay")
		}},
		{"link to nowhere", "no such file", func(t *testing.T, base string) {
			link(t, base+"/nowhere", base+"/belay")
		}},
		{"a file", "is no folder", func(t *testing.T, base string) {
			if err := os.WriteFile(base+"/belay", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"base of another", "belongs to uid 65534", give},
		{"base for everybody", "can be written by everybody", func(t *testing.T, base string) {
			makeFolder(t, base, 0o777)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := filepath.Join(t.TempDir(), "it's base")
			makeFolder(t, base, 0o700)
			c.prepare(t, base)
			t.Setenv("XDG_STATE_HOME", base)
			dir, err := RunsDir()
			if (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
				t.Fatalf("got %q, %v", dir, err)
			}
			if err != nil {
				follow(t, err.(*Refusal).Advice)
			}
		})
	}
}

// follow does what a hint says and asks again.
func follow(t *testing.T, hint string) {
	t.Helper()
	if _, command, ok := strings.Cut(hint, "then: "); ok {
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", command, out)
		}
	} else if strings.HasPrefix(hint, "set $XDG_STATE_HOME") {
		t.Setenv("XDG_STATE_HOME", t.TempDir())
	}
	if _, err := RunsDir(); err != nil {
		t.Errorf("%q was followed: %v", hint, err)
	}
}

// TestStoreMayBeRead holds that the store is not secret, and still one's own.
func TestStoreMayBeRead(t *testing.T) {
	base := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", base)
	makeFolder(t, base+"/belay", 0o755)
	if _, err := StoreDir(); err != nil {
		t.Errorf("a store that others may read: %v", err)
	}
	makeFolder(t, base+"/belay", 0o775)
	if _, err := StoreDir(); err == nil {
		t.Error("a store that others write is taken")
	}
}
