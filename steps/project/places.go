package project

import (
	"os"
	"path/filepath"
)

// RunsDir is where run folders live: $XDG_STATE_HOME/belay/runs. It is made
// with 0700 where it is missing, with 0750 where Pairing names a group; one that
// others reach besides, or that is another user's, is refused.
func RunsDir() (string, error) {
	return place("XDG_STATE_HOME", filepath.Join(".local", "state"), runsName)
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
		return owned(base, []level{{name: "belay", never: noWrite}}, env, Group{})
	}
	g, err := Pairing()
	if err != nil {
		return "", err
	}
	belay, last := level{name: "belay", never: noAccess}, level{name: below, never: noAccess}
	if g.Some() {
		// Through the one the group goes, the other it reads: neither can it write.
		belay.never, belay.mode = noAccess&^0o010, 0o710
		switch below {
		case runsName:
			last.never, last.mode = noAccess&^0o050, 0o750
		case approvalsName:
			last.never, last.mode = noAccess&^0o070, speakMode
		}
	}
	return owned(base, []level{belay, last}, env, g)
}

// The folders of the runs, which a group may look into, and of the approvals, where its
// members put theirs.
const (
	runsName      = "runs"
	approvalsName = "approvals"
)

// ApprovalsDir is where a run asks for a second person's approval, and finds it:
// $XDG_STATE_HOME/belay/approvals. The group that Pairing names writes there.
func ApprovalsDir() (string, error) {
	return place("XDG_STATE_HOME", filepath.Join(".local", "state"), approvalsName)
}

// ApprovalsBeside is that folder beside a run's, whosever it is.
func ApprovalsBeside(run string) string {
	return filepath.Join(filepath.Dir(filepath.Dir(run)), approvalsName)
}
