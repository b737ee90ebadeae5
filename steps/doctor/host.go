package doctor

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"belay/steps/fact"
)

// logindFiles are where systemd-logind is told what to do at the end of a login.
var logindFiles = []string{
	"/usr/lib/systemd/logind.conf.d/*.conf", "/etc/systemd/logind.conf", "/etc/systemd/logind.conf.d/*.conf",
}

// Host warns of a host that would end the engine, or forget its story, when
// the person logs out.
func Host(folder string) []fact.Item {
	var items []fact.Item
	if killsUserProcesses(logindFiles) {
		items = append(items, fact.Item{
			ID: "logind", Level: fact.Look,
			Text: "this host ends everything of yours when you log out (logind: KillUserProcesses=yes)",
			Hint: "start belay with `systemd-run --user --scope belay`, or ask for `loginctl enable-linger`",
		})
	}
	if inMemory(folder) {
		items = append(items, fact.Item{
			ID: "state", Level: fact.Look,
			Text: "the run's story is kept in memory only and is gone with this host or container",
			Hint: "set $XDG_STATE_HOME to a folder on a disk that stays",
		})
	}
	return items
}

// killsUserProcesses reports what the newest word of logind's files is. The
// default has been no since Debian and Red Hat ship it so.
func killsUserProcesses(patterns []string) bool {
	yes := false
	for _, pattern := range patterns {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			if word, ok := setting(f, "KillUserProcesses"); ok {
				yes = word == "yes" || word == "true" || word == "1" || word == "on"
			}
		}
	}
	return yes
}

func setting(file, key string) (word string, found bool) {
	f, err := os.Open(file)
	if err != nil {
		return "", false
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		k, v, ok := strings.Cut(s.Text(), "=")
		if ok && strings.TrimSpace(k) == key {
			word, found = strings.ToLower(strings.TrimSpace(v)), true
		}
	}
	return word, found
}

// The magic numbers of file systems that live in memory or with a container.
const (
	tmpfsMagic   = 0x01021994
	overlayMagic = 0x794c7630
)

func inMemory(folder string) bool {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return false
	}
	return int64(s.Type) == tmpfsMagic || int64(s.Type) == overlayMagic
}
