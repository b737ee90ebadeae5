package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// prefix marks the folders that are ours to sweep.
const prefix = "belay-scratch-"

// folder is a cluster's own folder, held by a lock on the folder itself. The
// kernel lets go of the lock when the owner ends, however it ends. That makes
// it a better sign of life than a pid: it knows no reuse, no reboot and no
// pid namespace of a container that shares /tmp.
type folder struct {
	path string
	lock *os.File
}

// makeFolder makes and locks a new folder. Its mode lets the server's user
// pass; what lies in it is private.
func makeFolder(base string) (*folder, error) {
	for {
		path, err := os.MkdirTemp(base, prefix)
		if err != nil {
			return nil, err
		}
		f, err := lockFolder(path, syscall.LOCK_EX)
		if errors.Is(err, os.ErrNotExist) {
			continue // swept between the two calls, before the lock was ours
		}
		if err != nil {
			return nil, errors.Join(err, os.Remove(path))
		}
		if err := os.Chmod(path, 0o755); err != nil {
			return nil, errors.Join(err, f.remove())
		}
		return f, nil
	}
}

// lockFolder locks path and makes sure that what it locked is still there.
// With LOCK_NB the error of a folder somebody holds is EWOULDBLOCK.
func lockFolder(path string, how int) (*folder, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	held, err1 := file.Stat()
	now, err2 := os.Lstat(path)
	if err := errors.Join(err1, err2); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if !os.SameFile(held, now) {
		return nil, errors.Join(os.ErrNotExist, file.Close())
	}
	return &folder{path: path, lock: file}, nil
}

// remove deletes the folder and then lets go of it.
func (f *folder) remove() error {
	err := os.RemoveAll(f.path)
	for range 20 {
		// A backend that outlives its postmaster by a moment may still write.
		if !errors.Is(err, syscall.ENOTEMPTY) {
			break
		}
		err = os.RemoveAll(f.path)
	}
	return errors.Join(err, f.lock.Close())
}

// makePrivate makes a folder below f that only the account can read.
func (f *folder) makePrivate(name string, a account) (string, error) {
	path := filepath.Join(f.path, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", err
	}
	return path, a.own(path)
}
