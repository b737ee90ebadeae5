package scratch

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Sweep removes the throwaway clusters that owners that were killed left, below
// the folders where Start puts them for the same dirs, and names their folders.
func Sweep(dirs ...string) []string {
	acc, err := serverAccount()
	if err != nil {
		return nil
	}
	var removed []string
	for _, dir := range dirs {
		if base, err := baseDir(dir, acc); err == nil {
			removed = append(removed, sweep(base)...)
		}
	}
	return removed
}

// sweep removes what owners that ended without warning left below base. It
// touches only folders of our own name and user whose lock nobody holds. What
// cannot be removed stays: it must not stand in the way of a new cluster.
func sweep(base string) (removed []string) {
	leftovers, _ := filepath.Glob(filepath.Join(base, prefix+"*"))
	for _, path := range leftovers {
		if !ours(path) {
			continue
		}
		f, err := lockFolder(path, syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue
		}
		if err := stopOrphan(filepath.Join(path, "data")); err != nil {
			f.lock.Close()
			continue
		}
		if f.remove() == nil {
			removed = append(removed, path)
		}
	}
	return removed
}

func ours(path string) bool {
	fi, err := os.Lstat(path)
	if err != nil || !fi.IsDir() {
		return false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}

// orphanTimeout is how long an orphaned server may take for an immediate stop.
const orphanTimeout = 10 * time.Second

// stopOrphan stops the server of a data folder whose owner is gone. It signals
// only a process whose command line says that it serves this very folder.
func stopOrphan(data string) error {
	pid := postmasterPID(data)
	if pid <= 0 {
		return nil
	}
	// The handle is taken before the look: on Linux it stays with this process
	// even when its number is given to another one in between.
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil
	}
	defer p.Release()
	if !serves(pid, data) {
		return nil
	}
	if err := p.Signal(syscall.SIGQUIT); err != nil {
		return nil
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(orphanTimeout); time.Now().Before(end); <-tick.C {
		if !serves(pid, data) {
			return nil
		}
	}
	return fmt.Errorf("server %d of %s did not stop", pid, data)
}

// postmasterPID reads the first line of postmaster.pid. 0 means there is none.
func postmasterPID(data string) int {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	pid, err := strconv.Atoi(strings.TrimSpace(string(line)))
	if err != nil {
		return 0
	}
	return pid
}
