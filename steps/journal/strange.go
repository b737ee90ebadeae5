package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// strange is a file that somebody else may have put where it lies.
type strange struct {
	*os.File
	info os.FileInfo
	// UID is the owner's, whom the kernel vouches for.
	UID int
}

// openStrange opens a file once: no link is followed, no pipe is waited for, and what is
// said of it is said of what was opened. A second name of a file would make its owner
// say what they said elsewhere, and one that others can write is nobody's word.
func openStrange(path string) (*strange, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	s := &strange{File: f, UID: -1}
	if s.info, err = f.Stat(); err == nil {
		err = s.ordinary()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

func (s *strange) ordinary() error {
	st, ok := s.info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || !s.info.Mode().IsRegular():
		return errors.New("it is no ordinary file")
	case uint64(st.Nlink) != 1:
		return fmt.Errorf("it has %d names", uint64(st.Nlink))
	case s.info.Mode().Perm()&0o022 != 0:
		return errors.New("others can write it")
	}
	s.UID = int(st.Uid)
	return nil
}

// text is its bytes, up to a limit.
func (s *strange) text(limit int64) ([]byte, error) {
	if s.info.Size() > limit {
		return nil, fmt.Errorf("it is longer than %d bytes", limit)
	}
	return io.ReadAll(io.LimitReader(s, limit))
}

// ownerOf is who owns the name path, a link's own owner; -1 = nobody knows.
func ownerOf(path string) int {
	info, err := os.Lstat(path)
	if err != nil {
		return -1
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

// Strange is a short file that somebody else may have put where it lies, as ReadStrange
// read it.
type Strange struct {
	Text []byte
	// UID is the owner's, whom the kernel vouches for; At is when it was written.
	UID int
	At  time.Time
}

// ReadStrange reads such a file, up to a limit in bytes. A link, a pipe, a file of
// several names and one that others can write are errors.
func ReadStrange(path string, limit int64) (Strange, error) {
	f, err := openStrange(path)
	if err != nil {
		return Strange{}, err
	}
	defer f.Close()
	b, err := f.text(limit)
	return Strange{Text: b, UID: f.UID, At: f.info.ModTime()}, err
}
