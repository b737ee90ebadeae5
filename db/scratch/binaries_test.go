package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// install makes a folder that looks like an installation of a version.
func install(t *testing.T, version string, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range programs {
		text := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s'\n", name, version)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindTakesTheNewestOfAPlace(t *testing.T) {
	clients := install(t, "19.1", "psql", "pg_dump")
	old := install(t, "9.6.24", "initdb", "postgres")
	mid := install(t, "17.2 (Debian 17.2-1)", "initdb", "postgres", "psql")
	beta := install(t, "18beta1", "initdb", "postgres", "pg_ctl")
	later := install(t, "20.0", "initdb", "postgres")
	b, err := firstOf(slices.Values([]place{
		{name: "empty"}, {name: "lib", dirs: []string{clients, old, beta, mid}}, {name: "later", dirs: []string{later}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if b.Dir != beta || b.Major != 18 || b.PgCtl != filepath.Join(beta, "pg_ctl") || b.Psql != "" {
		t.Errorf("found %+v", b)
	}
}

func TestFindHonoursTheChosenFolder(t *testing.T) {
	chosen, env := install(t, "14.1", "initdb", "postgres"), install(t, "15.1", "initdb", "postgres")
	t.Setenv("BELAY_PG_BIN", env)
	for dir, major := range map[string]int{chosen: 14, "": 15} {
		if b, err := Find(dir); err != nil || b.Major != major {
			t.Errorf("Find(%q) = %+v, %v; want version %d", dir, b, err, major)
		}
	}
}

func TestFindNamesEveryPlace(t *testing.T) {
	var missing *NotFoundError
	dir := install(t, "17.1", "psql", "initdb")
	if _, err := Find(dir); !errors.As(err, &missing) || !strings.Contains(err.Error(), dir+": no postgres") {
		t.Errorf("error = %v, want what is missing in %s", err, dir)
	}
	t.Setenv("PATH", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	ps := slices.Collect(places())
	for i := range ps {
		ps[i].dirs = nil // the places of this machine, as if all were empty
	}
	_, err := firstOf(slices.Values(ps))
	if !errors.As(err, &missing) {
		t.Fatal(err)
	}
	for _, name := range []string{
		"PATH", "pg_config", "/usr/lib/postgresql/*/bin", "Homebrew", "Postgres.app", "asdf", missing.Install,
		"--pg-bin",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q is not named: %v", name, err)
		}
	}
}

func TestPlacesFollowLinksAndAsdf(t *testing.T) {
	real, links, home := install(t, "16.1", "initdb", "postgres"), t.TempDir(), t.TempDir()
	if err := os.Symlink(filepath.Join(real, "initdb"), filepath.Join(links, "initdb")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", links)
	if b, err := firstOf(slices.Values([]place{onPath()})); err != nil || b.Dir != real {
		t.Errorf("on PATH: %+v, %v; want %s", b, err, real)
	}
	t.Setenv("ASDF_DATA_DIR", home)
	bin := filepath.Join(home, "installs/postgres/17.5/bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	ps := slices.Collect(places())
	if !slices.ContainsFunc(ps, func(p place) bool { return slices.Equal(p.dirs, []string{bin}) }) {
		t.Errorf("places = %+v, want one of asdf's with %s", ps, bin)
	}
}

func TestBaseDirMustBePassable(t *testing.T) {
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	acc, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := baseDir(closed, acc); (err != nil) != (acc.credential != nil) {
		t.Errorf("a closed folder: %v with account %+v", err, acc)
	}
	if _, err := baseDir("/tmp/"+strings.Repeat("x", 80), account{}); err == nil {
		t.Error("a folder too long for a socket was taken")
	}
	t.Setenv("TMPDIR", closed)
	if dir, err := baseDir("", acc); err != nil || acc.credential != nil && dir == closed {
		t.Errorf("baseDir = %s, %v", dir, err)
	}
}

// Debian's /usr/bin has links to a script in the place of the programs.
func TestClientsAreNoWrapper(t *testing.T) {
	wrapped, script := t.TempDir(), install(t, "15.1", "pg_wrapper")
	if err := os.Symlink(filepath.Join(script, "pg_wrapper"), filepath.Join(wrapped, "pg_dump")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", wrapped)
	if dirs := ClientDirs(""); slices.Contains(dirs, wrapped) {
		t.Errorf("a wrapper was taken for a client: %v", dirs)
	}
	real := install(t, "15.1", "pg_dump")
	t.Setenv("PATH", real)
	if dirs := ClientDirs(""); len(dirs) == 0 || dirs[0] != real {
		t.Errorf("folders %v, want %s first", dirs, real)
	}
}
