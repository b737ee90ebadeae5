package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/google/uuid"
)

// screensName is the folder in a run folder where screens say that they watch.
const screensName = "screens"

// Presence is a screen's word that somebody watches. The kernel takes it back
// when the screen's process ends, however it ends.
type Presence struct{ file *os.File }

// Arrive announces a screen at a run folder. One that is gone is fs.ErrNotExist.
func Arrive(folder string) (*Presence, error) {
	dir := filepath.Join(folder, screensName)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("presence: %w", err)
	}
	// Locked first, named second: nobody may look at it in between.
	name := uuid.NewString()
	f, err := os.OpenFile(filepath.Join(dir, "."+name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("presence: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("presence: %w", err)
	}
	return &Presence{file: f}, nil
}

// Leave takes the word back. The engine forgets the name when it next looks. nil
// said nothing.
func (p *Presence) Leave() error {
	if p == nil {
		return nil
	}
	return p.file.Close()
}

// Screens counts the screens that watch a run folder now, and forgets those
// whose process has ended.
func Screens(folder string) int {
	dir := filepath.Join(folder, screensName)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	n := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && alive(filepath.Join(dir, e.Name())) {
			n++
		}
	}
	return n
}

func alive(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		os.Remove(path)
		return false
	}
	return true
}
