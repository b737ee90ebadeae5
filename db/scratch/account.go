package scratch

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user the server runs as. A nil credential is this process's
// own user.
type account struct {
	uid, gid   int
	credential *syscall.Credential
}

// serverAccount is our own user, unless that is root: initdb and postgres
// refuse root.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range [...]string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 != nil || err2 != nil || uid <= 0 {
			continue
		}
		return account{uid: uid, gid: gid, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{},
		errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to drop to: start belay " +
			"as another user")
}

// own gives path to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// socketRoom is how long the base folder may be: a socket's path holds 103
// bytes on macOS, and ours adds /belay-scratch-NNNNNNNNNN/s/.s.PGSQL.NNNNN.
const socketRoom = 103 - len("/belay-scratch-0123456789/s/.s.PGSQL.65535")

// baseDir is the folder clusters are made in: the wanted one, or the first
// usable one of the system's temporary folders.
func baseDir(want string, a account) (string, error) {
	if want != "" {
		abs, err := filepath.Abs(want)
		if err != nil {
			return "", err
		}
		return abs, usable(abs, a)
	}
	var err error
	for _, dir := range [...]string{os.TempDir(), "/tmp", "/var/tmp"} {
		if err = usable(dir, a); err == nil {
			return filepath.Abs(dir)
		}
	}
	return "", err
}

// usable tells whether a server of account a can live below dir.
func usable(dir string, a account) error {
	if len(dir) > socketRoom {
		return fmt.Errorf("%s is too long for a socket path: choose a folder of at most %d bytes with TMPDIR", dir,
			socketRoom)
	}
	if a.credential == nil {
		return nil
	}
	for d := dir; ; d = filepath.Dir(d) {
		fi, err := os.Stat(d)
		if err != nil {
			return err
		}
		if fi.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("%s is closed to the user the server runs as: choose another folder with TMPDIR", d)
		}
		if d == filepath.Dir(d) {
			return nil
		}
	}
}

// MemoryDir is a file system in memory with at least 2 GB of room, for
// Options.Dir, or "" where there is none. CREATE DATABASE took 20 ms there and
// 280 ms on a disk, fsync off in both. A container's /dev/shm is mostly 64 MB.
func MemoryDir() string {
	const dir, room = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil || uint64(fs.Bavail)*uint64(fs.Bsize) < room {
		return ""
	}
	return dir
}
