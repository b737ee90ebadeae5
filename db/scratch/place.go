package scratch

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// place is somewhere PostgreSQL installations are found, with the folders of
// programs that are there.
type place struct {
	name string
	dirs []string
}

// places lists where installations are, the most deliberate choice first. Each is
// looked at when it is asked for: pg_config is a program, and on Debian a slow one.
func places() iter.Seq[place] {
	return func(yield func(place) bool) {
		for _, look := range []func() place{
			onPath,
			fromPgConfig,
			matching("/usr/lib/postgresql/*/bin", "/usr/lib/postgresql/*/bin"),
			matching("/usr/pgsql-*/bin", "/usr/pgsql-*/bin"),
			matching("Homebrew", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
				"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin"),
			matching("Postgres.app", "/Applications/Postgres.app/Contents/Versions/*/bin"),
			matching("asdf", filepath.Join(asdfDir(), "installs/postgres/*/bin")),
			fetched,
		} {
			if !yield(look()) {
				return
			}
		}
	}
}

// CacheDir is where belay keeps server programs that it has fetched, a folder for each
// version: ${XDG_CACHE_HOME}/belay/postgres. Where root has not named one it is below
// /var/cache, because the server then runs as another user, who cannot read root's own.
func CacheDir() (string, error) {
	if os.Geteuid() == 0 && os.Getenv("XDG_CACHE_HOME") == "" {
		return "/var/cache/belay/postgres", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("belay's cache: %w", err)
	}
	return filepath.Join(dir, "belay", "postgres"), nil
}

// fetched are the programs that belay has fetched itself.
func fetched() place {
	const name = "belay's cache"
	dir, err := CacheDir()
	if err != nil {
		return place{name: name}
	}
	return matching(name, filepath.Join(dir, "*", "bin"))()
}

func asdfDir() string {
	home, _ := os.UserHomeDir()
	if dir := os.Getenv("ASDF_DATA_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(home, ".asdf")
}

// onPath follows the link of initdb: package managers link single programs
// into /usr/local/bin, and the others lie beside the real one.
func onPath() place {
	p := place{name: "PATH"}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return p
	}
	p.dirs = []string{filepath.Dir(initdb)}
	if real, err := filepath.EvalSymlinks(initdb); err == nil {
		p.dirs = []string{filepath.Dir(real)}
	}
	return p
}

func fromPgConfig() place {
	p := place{name: "pg_config --bindir"}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output()
	if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
		p.dirs = []string{dir}
	}
	return p
}

func matching(name string, patterns ...string) func() place {
	return func() place {
		p := place{name: name}
		for _, pattern := range patterns {
			dirs, _ := filepath.Glob(pattern)
			p.dirs = append(p.dirs, dirs...)
		}
		return p
	}
}

// InstallCommand is what installs a server here, by the system's own package manager;
// ok is false where none of those that belay knows is here, and the command is then
// Homebrew's, which runs everywhere.
func InstallCommand() (command string, ok bool) {
	sudo := "sudo "
	if os.Geteuid() == 0 {
		sudo = ""
	}
	const brew = "brew install postgresql"
	if runtime.GOOS == "darwin" {
		_, err := exec.LookPath("brew")
		return brew, err == nil
	}
	for _, m := range [...]struct{ program, command string }{
		{"apt-get", "apt-get install postgresql"},
		{"dnf", "dnf install postgresql-server"},
		{"yum", "yum install postgresql-server"},
		{"apk", "apk add postgresql"},
		{"zypper", "zypper install postgresql-server"},
		{"pacman", "pacman -S postgresql"},
	} {
		if _, err := exec.LookPath(m.program); err == nil {
			return sudo + m.command, true
		}
	}
	_, err := exec.LookPath("brew")
	return brew, err == nil
}
