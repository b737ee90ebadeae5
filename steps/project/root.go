package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// maxFile is how long a migration may be, in bytes: one that is longer is data, which
// no person reads before it runs.
const maxFile = 256 << 20

// root is a folder as a file system whose files are ordinary ones of its repository: a
// link of a stranger's repository shows no other file of whoever reads it, and a pipe
// or a device keeps nobody waiting.
type root struct {
	home home
	// folders remembers which were found within, as nil, or why not.
	folders *sync.Map
}

func rootOf(dir string) fs.FS { return root{home{dir: dir, root: around(dir)}, &sync.Map{}} }

// Open opens a folder or an ordinary file. The error is a *fs.PathError.
func (r root) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	full := filepath.Join(r.home.dir, filepath.FromSlash(name))
	if err := r.stays(full); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f, info, err := openAtOnce(full)
	if err != nil {
		return nil, err
	}
	switch {
	case !info.Mode().IsRegular() && !info.IsDir():
		err = errNotOrdinary
	case info.Size() > maxFile:
		err = fmt.Errorf("it is longer than %d MB", maxFile>>20)
	}
	if err != nil {
		_ = f.Close()
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}

var errNotOrdinary = errors.New("it is no ordinary file")

// openAtOnce opens what a stranger may have put there, to read, and says what it is:
// opening a pipe would wait for its other end.
func openAtOnce(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// stays refuses a path whose links lead out of the repository.
func (r root) stays(full string) error {
	info, err := os.Lstat(full)
	if err != nil {
		return err
	}
	if info.IsDir() || info.Mode()&fs.ModeSymlink != 0 {
		return r.within(full)
	}
	return r.parent(full)
}

// parent refuses a file whose folder lies out of the repository; each is looked at once.
func (r root) parent(full string) error {
	dir := filepath.Dir(full)
	known, ok := r.folders.Load(dir)
	if !ok {
		known = within{r.within(dir)}
		r.folders.Store(dir, known)
	}
	return known.(within).err
}

type within struct{ err error }

func (r root) within(full string) error {
	if _, why := r.home.inside(full); why != "" {
		return fmt.Errorf("it %s", why)
	}
	return nil
}

// ReadFile reads an ordinary file of a folder in as few calls as there can be: a folder
// has thousands. What is not that plain goes by Open, which says what is wrong.
func (r root) ReadFile(name string) ([]byte, error) {
	if fs.ValidPath(name) {
		full := filepath.Join(r.home.dir, filepath.FromSlash(name))
		if r.parent(full) == nil {
			if b, ok := readAtOnce(full); ok {
				return b, nil
			}
		}
	}
	return fs.ReadFile(onlyOpen{r}, name)
}

// onlyOpen has nothing of root but Open.
type onlyOpen struct{ root fs.FS }

func (o onlyOpen) Open(name string) (fs.File, error) { return o.root.Open(name) }

// readAtOnce reads a file that is no link, and not in the middle of being written.
func readAtOnce(full string) (b []byte, ok bool) {
	fd, err := syscall.Open(full, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, false
	}
	defer func() { _ = syscall.Close(fd) }()
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil || uint32(st.Mode)&syscall.S_IFMT != syscall.S_IFREG || st.Size > maxAtOnce {
		return nil, false
	}
	b = make([]byte, st.Size+1)
	n, err := syscall.Read(fd, b)
	return b[:max(n, 0)], err == nil && int64(n) == st.Size
}

// maxAtOnce is how long a file is that is read at once.
const maxAtOnce = 1 << 20
