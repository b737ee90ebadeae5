package engine

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"belay/steps/journal"
	"belay/steps/project"
)

const lookPrefix = ".look-"

// NewFolder makes the folder of a look below the user's runs.
func NewFolder() (string, error) {
	runs, err := project.RunsDir()
	if err != nil {
		return "", err
	}
	g, err := project.Pairing()
	if err != nil {
		return "", err
	}
	folder, err := newFolderIn(runs)
	if err != nil {
		return "", err
	}
	return folder, share(folder, g)
}

// share lets a group look into a new folder, and its members say something to the
// engine. The zero Group changes nothing.
func share(folder string, g project.Group) error {
	if !g.Some() {
		return nil
	}
	return errors.Join(
		g.Watch(folder), g.Speak(filepath.Join(folder, journal.InboxName)), g.Speak(journal.ScreensDir(folder)),
		g.Read(filepath.Join(folder, journal.FileName)),
	)
}

// sharesFile lets the group read a file of a run folder that it may look into.
func sharesFile(folder, name string) error {
	i, err := os.Stat(folder)
	if err != nil || i.Mode().Perm()&0o050 == 0 {
		return err
	}
	return os.Chmod(filepath.Join(folder, name), 0o640)
}

// abandonedLook is the age from which a look without an owner is nobody's: its
// engine would have written one at once.
const abandonedLook = time.Hour

// sweepLooks removes the looks whose engine was ended without a word. They hold
// nothing that anybody could go on with. Those of other hosts are theirs, and one
// that worked unwatched stays until that was said.
func sweepLooks(runs string) {
	host, _ := os.Hostname()
	folders, _ := filepath.Glob(filepath.Join(runs, lookPrefix+"*"))
	for _, folder := range folders {
		// The owner is written under the journal's lock: with it and without the
		// lock the engine is gone.
		o, err := readOwner(folder)
		ours := err == nil && o.Host == host || errors.Is(err, fs.ErrNotExist) && olderThan(folder, abandonedLook)
		if !ours || journal.Held(folder) {
			continue
		}
		if k, err := ReadLook(folder); err != nil || k.farewell() == "" || olderThan(folder, farewellKept) {
			_ = os.RemoveAll(folder)
		}
	}
}

// farewellKept is how long the word of a look waits for somebody to hear it.
const farewellKept = 7 * 24 * time.Hour

func olderThan(path string, age time.Duration) bool {
	i, err := os.Stat(path)
	return err == nil && time.Since(i.ModTime()) > age
}

func newFolderIn(runs string) (string, error) {
	sweepLooks(runs)
	b := make([]byte, 4)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	folder := filepath.Join(runs, fmt.Sprintf("%s%x", lookPrefix, b))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", fmt.Errorf("run folder: %w", err)
	}
	for _, dir := range []string{filepath.Join(folder, journal.InboxName), journal.ScreensDir(folder)} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return "", fmt.Errorf("run folder: %w", err)
		}
	}
	// A look's engine takes the folder away when it ends, which may be at once: who
	// follows it opens the journal before it starts.
	if err := os.WriteFile(filepath.Join(folder, journal.FileName), nil, 0o600); err != nil {
		return "", fmt.Errorf("run folder: %w", err)
	}
	return folder, nil
}

// RunID is the id of a run folder, look or not.
func RunID(folder string) string { return strings.TrimPrefix(filepath.Base(folder), lookPrefix) }

// IsLook reports whether a folder is a look's: nothing was begun in it.
func IsLook(folder string) bool { return strings.HasPrefix(filepath.Base(folder), lookPrefix) }

// become turns a look folder into a run's. Followers keep reading: they hold
// the file, not its name.
func become(folder, id string) (string, error) {
	run := filepath.Join(filepath.Dir(folder), id)
	if run == folder {
		return folder, nil
	}
	if err := os.Rename(folder, run); err != nil {
		return "", fmt.Errorf("run folder: %w", err)
	}
	return run, syncDir(filepath.Dir(run))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Owner tells another host on a shared home whose run this is.
type Owner struct {
	Host    string    `json:"host"`
	BootID  string    `json:"boot_id"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

const ownerName = "owner.json"

func writeOwner(folder, host string) error {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	b, err := json.Marshal(Owner{
		Host: host, BootID: strings.TrimSpace(string(boot)), PID: os.Getpid(), Started: time.Now().UTC(),
	})
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(folder, ownerName), b, 0o600), sharesFile(folder, ownerName))
}

// Frozen reports whether the engine of a run folder of this host is stopped by a
// signal: it lives, and does nothing. Only Linux tells.
func Frozen(folder string) bool {
	pid, err := OwnerPID(folder)
	if err != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && bytes.Contains(b, []byte(") T "))
}

// OwnerPID is the process number of the engine that last worked on a run folder
// of this host.
func OwnerPID(folder string) (int, error) {
	o, err := readOwner(folder)
	return o.PID, err
}

func readOwner(folder string) (o Owner, err error) {
	b, err := os.ReadFile(filepath.Join(folder, ownerName))
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		return o, fmt.Errorf("the engine of %s: %w", folder, err)
	}
	return o, nil
}
