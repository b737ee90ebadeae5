package dump

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"belay/sqlview/pattern"
)

// partial is a dump that is not one yet. Whoever makes it holds a lock on it: the
// kernel lets go of it when the process ends, however it ends.
type partial struct {
	path  string // with .partial
	final string
	lock  *os.File
}

const (
	partialEnding = ".partial"
	nameStamp     = "20060102T150405.000Z"
)

// newPartial makes the place of a dump, for this user alone.
func newPartial(o Options, at time.Time) (*partial, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("backup folder: %w", err)
	}
	ending := ".dump"
	if o.Format == Directory {
		ending = ".dir"
	}
	kind := ""
	if o.SchemaOnly {
		kind = "-schema"
	}
	name := strings.NewReplacer("/", "_", "\x00", "_").Replace(o.Name) + kind + "-" + at.Format(nameStamp) + ending
	p := &partial{final: filepath.Join(o.Dir, name), path: filepath.Join(o.Dir, name+partialEnding)}
	if err := p.create(o.Format); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return p, nil
}

// create makes it under another name, and gives it its own once it is locked: what
// nobody holds is swept.
func (p *partial) create(f Format) (err error) {
	unnamed := filepath.Join(filepath.Dir(p.path), "."+filepath.Base(p.path)+"-unlocked")
	if f == Directory {
		err = os.Mkdir(unnamed, 0o700)
	} else {
		err = os.WriteFile(unnamed, nil, 0o600)
	}
	if err != nil {
		return err
	}
	if p.lock, err = os.Open(unnamed); err != nil {
		return err
	}
	err = syscall.Flock(int(p.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = os.Rename(unnamed, p.path)
	}
	if err != nil {
		_ = p.lock.Close()
	}
	return err
}

// release lets go of the dump, and removes it where it was not published.
func (p *partial) release() {
	_ = os.RemoveAll(p.path)
	_ = p.lock.Close()
}

// Left is what a dump left that was ended without a word.
type Left struct {
	Path  string
	Bytes int64
}

var partialName = pattern.New(`-\d{8}T\d{6}\.\d{3}Z\.(dump|dir)\.partial$`)

// Sweep removes the dumps in a folder that were not done when their process was
// killed, and names them. It touches only what has the name of one, belongs to
// this user, and nobody holds. A folder that is not there is empty.
func Sweep(dir string) ([]Left, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("backup folder: %w", err)
	}
	var all []Left
	var bad error
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !partialName.MatchString(e.Name()) || !e.IsDir() && !e.Type().IsRegular() || !forsaken(path) {
			continue
		}
		l := Left{Path: path, Bytes: Size(path)}
		if err := os.RemoveAll(path); err != nil {
			bad = errors.Join(bad, err)
			continue
		}
		all = append(all, l)
	}
	return all, bad
}

// forsaken reports whether a partial dump is this user's and nobody works on it.
func forsaken(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
