package project

import (
	"os"
	"path/filepath"
)

// RunsDir is where run folders live: $XDG_STATE_HOME/belay/runs. It is made
// with 0700 where it is missing; one that others reach, or that is another user's,
// is refused.
func RunsDir() (string, error) {
	return place("XDG_STATE_HOME", filepath.Join(".local", "state"), "runs")
}

// BackupsDir is where dumps go unless belay.toml says otherwise:
// $XDG_STATE_HOME/belay/backups, made with 0700.
func BackupsDir() (string, error) {
	return place("XDG_STATE_HOME", filepath.Join(".local", "state"), "backups")
}

// BackupDirs are all folders where dumps of the project may lie: the user's own, and
// the one of belay.toml.
func (p *Project) BackupDirs() []string {
	var dirs []string
	if own, err := BackupsDir(); err == nil {
		dirs = append(dirs, own)
	}
	dir := p.Config.Backup.Directory
	if dir != "" && !filepath.IsAbs(dir) {
		dir = filepath.Join(p.Dir, dir)
	}
	if dir != "" {
		dirs = append(dirs, dir)
	}
	return dirs
}

// RehearsalsDir is where the records of rehearsals go that a run made itself:
// $XDG_STATE_HOME/belay/rehearsals.
func RehearsalsDir() (string, error) {
	return place("XDG_STATE_HOME", filepath.Join(".local", "state"), "rehearsals")
}

// ReplacedDir is where copies of migrations go that a rewrite took away:
// $XDG_STATE_HOME/belay/replaced, made with 0700.
func ReplacedDir() (string, error) {
	return place("XDG_STATE_HOME", filepath.Join(".local", "state"), "replaced")
}

// StoreDir is the user's own store: $XDG_CONFIG_HOME/belay.
func StoreDir() (string, error) {
	return place("XDG_CONFIG_HOME", ".config", "")
}

func place(env, fallback, below string) (string, error) {
	base := os.Getenv(env)
	if !filepath.IsAbs(base) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", &Refusal{Problem: err.Error(), Advice: "set $" + env + " to a folder that belay may write"}
		}
		base = filepath.Join(home, fallback)
	}
	if below == "" {
		return owned(base, []string{"belay"}, env, noWrite)
	}
	return owned(base, []string{"belay", below}, env, noAccess)
}
