package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// screensName is the folder in a run folder where screens say that they watch.
const screensName = "screens"

// ScreensDir is where the screens of a run folder say that they watch.
func ScreensDir(folder string) string { return filepath.Join(folder, screensName) }

// Presence is a screen's word that somebody watches. The kernel takes it back
// when the screen's process ends, however it ends.
type Presence struct {
	file *os.File
	// Screen names it, in what the screen says and in the journal; "" = it cannot speak.
	Screen string
}

// muteEnding ends the name of a presence that can answer nothing.
const muteEnding = ".mute"

// Arrive announces a screen at a run folder. One that is gone is fs.ErrNotExist.
func Arrive(folder string) (*Presence, error) { return arrive(folder, uuid.NewString()) }

// ArriveMute announces who follows a run and can answer nothing, such as a pipe.
func ArriveMute(folder string) (*Presence, error) {
	p, err := arrive(folder, uuid.NewString()+muteEnding)
	if p != nil {
		p.Screen = ""
	}
	return p, err
}

func arrive(folder, name string) (*Presence, error) {
	dir := ScreensDir(folder)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("presence: %w", err)
	}
	// The engine of another user must be able to look whether the lock is held. Where it
	// is our own, nobody else may take it after us.
	mode := fs.FileMode(0o600)
	if ownerOf(dir) != os.Getuid() {
		mode = 0o640
	}
	// Locked first, named second: nobody may look at it in between.
	f, err := os.OpenFile(filepath.Join(dir, "."+name), os.O_CREATE|os.O_EXCL|os.O_RDWR, mode)
	if err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	err = errors.Join(f.Chmod(mode), syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("presence: %w", err)
	}
	return &Presence{file: f, Screen: name}, nil
}

// Leave takes the word back. The engine forgets the name when it next looks. nil
// said nothing.
func (p *Presence) Leave() error {
	if p == nil {
		return nil
	}
	return p.file.Close()
}

// Watcher is a screen that watches a run folder now.
type Watcher struct {
	Screen string
	// UID is the owner's, whom the kernel vouches for.
	UID int
	// Mute is true for one that can answer nothing.
	Mute  bool
	Since time.Time
}

// mostScreens is how many screens of another user are looked at.
const mostScreens = 10

// Screens are the screens that watch a run folder now, the oldest first. Those whose
// process has ended are forgotten.
func Screens(folder string) []Watcher {
	dir := ScreensDir(folder)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var all []Watcher
	of := map[int]int{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		uid := ownerOf(path)
		if of[uid]++; of[uid] > mostScreens && uid != os.Getuid() {
			continue
		}
		if w, ok := watcher(path); ok {
			all = append(all, w)
		}
	}
	slices.SortStableFunc(all, func(a, b Watcher) int { return a.Since.Compare(b.Since) })
	return all
}

// watcher is a screen, where its process lives.
func watcher(path string) (Watcher, bool) {
	f, err := openStrange(path)
	if err != nil {
		return Watcher{}, false
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.Remove(path)
		return Watcher{}, false
	}
	name := filepath.Base(path)
	return Watcher{
		Screen: name, UID: f.UID, Mute: strings.HasSuffix(name, muteEnding), Since: f.info.ModTime(),
	}, true
}
