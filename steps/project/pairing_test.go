package project

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// pairingHome makes homes of their own for a test, with a pairing.toml.
func pairingHome(t *testing.T, text string) (state string) {
	t.Helper()
	dir := t.TempDir()
	state = filepath.Join(dir, "state")
	t.Setenv("XDG_STATE_HOME", state)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	makeFolder(t, filepath.Join(dir, "config", "belay"), 0o700)
	if err := os.WriteFile(filepath.Join(dir, "config", "belay", PairingName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return state
}

func ownGroup(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return g.Name
}

// TestPairingFile reads what the README shows, and refuses what it does not understand.
func TestPairingFile(t *testing.T) {
	for _, c := range []struct{ name, text, problem string }{
		{"nothing", "", ""},
		{"a comment", "# nobody\n", ""},
		{"a group", "# a comment\n[pairing]\ngroup = \"" + ownGroup(t) + "\"\n", ""},
		{"no such group", "[pairing]\ngroup = \"no-such-group-here\"\n", "there is no group"},
		{"an unknown key", "[pairing]\ngroups = \"deploy\"\n", "strict mode"},
		{"no section", "group = \"deploy\"\n", "strict mode"},
		{"no text", "[pairing]\ngroup = 7\n", "cannot decode"},
		{"no toml", "[pairing\n", "expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pairingHome(t, c.text)
			g, err := Pairing()
			refused := err != nil && c.problem != "" && strings.Contains(err.Error(), c.problem)
			switch {
			case err != nil != (c.problem != ""), err != nil && !refused:
				t.Errorf("group %+v, %v", g, err)
			case g.Some() != strings.Contains(c.text, ownGroup(t)):
				t.Errorf("group %+v", g)
			}
		})
	}
}

// TestPairedPlaces: the group reads the runs and nothing else, and nobody writes there.
// Without the file they are one's own again, and that is asked for.
func TestPairedPlaces(t *testing.T) {
	state := pairingHome(t, "[pairing]\ngroup = \""+ownGroup(t)+"\"\n")
	for _, place := range []func() (string, error){RunsDir, BackupsDir, RehearsalsDir, RunsDir} {
		if _, err := place(); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]os.FileMode{
		"": 0o711, "belay": 0o710, "belay/runs": 0o750, "belay/backups": 0o700, "belay/rehearsals": 0o700,
	} {
		i, err := os.Stat(filepath.Join(state, name))
		if err != nil || i.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, i.Mode(), err)
		}
	}
	makeFolder(t, filepath.Join(state, "belay", "runs"), 0o770)
	if _, err := RunsDir(); err == nil {
		t.Error("a folder that the group can write is taken")
	}
	makeFolder(t, filepath.Join(state, "belay", "runs"), 0o750)
	store, err := StoreDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(store, PairingName)); err != nil {
		t.Fatal(err)
	}
	_, err = RunsDir()
	if err == nil || !strings.Contains(err.Error(), "open to others") {
		t.Fatalf("without a group: %v", err)
	}
	makeFolder(t, filepath.Join(state, "belay"), 0o700)
	makeFolder(t, filepath.Join(state, "belay", "runs"), 0o700)
	if _, err = RunsDir(); err != nil {
		t.Error(err)
	}
}

// TestOthersOf: what a stranger put where somebody's runs should be misleads nobody.
func TestOthersOf(t *testing.T) {
	for _, c := range []struct {
		name, problem string // "" = it is taken
		prepare       func(t *testing.T, base string)
	}{
		{"theirs", "", func(t *testing.T, base string) { makeFolder(t, base+"/belay/runs", 0o750) }},
		{"nothing", "cannot be seen", func(*testing.T, string) {}},
		{"a link", "is no folder", func(t *testing.T, base string) {
			makeFolder(t, base+"/elsewhere", 0o750)
			makeFolder(t, base+"/belay", 0o750)
			link(t, base+"/elsewhere", base+"/belay/runs")
		}},
		{"open to the group", "can be written by others", func(t *testing.T, base string) {
			makeFolder(t, base+"/belay/runs", 0o770)
		}},
		{"open to all", "can be written by others", func(t *testing.T, base string) {
			makeFolder(t, base+"/belay/runs", 0o757)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := t.TempDir()
			c.prepare(t, base)
			o, err := OthersOf(base)
			if c.problem == "" && (err != nil || o.UID != os.Getuid() || o.Who == "") ||
				c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
				t.Errorf("%+v, %v", o, err)
			}
		})
	}
	if _, err := OthersOf("no-such-user-here"); err == nil || !strings.Contains(err.Error(), "there is no user") {
		t.Errorf("no user: %v", err)
	}
}
