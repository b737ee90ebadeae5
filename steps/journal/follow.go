package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// pollEvery is how often a follower looks for new lines. Polling works on every
// file system, a shared home included, and costs one read a time.
const pollEvery = 40 * time.Millisecond

// Follower reads a journal while its engine writes it. It keeps its place at
// the end of the last whole line, because a torn tail may be repaired under it.
type Follower struct {
	file *os.File
	at   int64
	seq  int64
	rest []Event
}

// Follow opens the journal file for following. The file must exist. It stays
// readable when the run folder is renamed.
func Follow(path string) (*Follower, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return &Follower{file: f}, nil
}

// Held reports whether an engine writes the journal now, also one whose folder was
// deleted.
func (f *Follower) Held() bool {
	fd := int(f.file.Fd())
	if errors.Is(syscall.Flock(fd, syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK) {
		return true
	}
	_ = syscall.Flock(fd, syscall.LOCK_UN)
	return false
}

// Close gives the file back; nil has none.
func (f *Follower) Close() error {
	if f == nil {
		return nil
	}
	return f.file.Close()
}

// Next returns the next event, waiting for it until ctx ends.
func (f *Follower) Next(ctx context.Context) (Event, error) {
	for {
		if e, ok, err := f.Poll(); err != nil || ok {
			return e, err
		}
		select {
		case <-ctx.Done():
			return Event{}, context.Cause(ctx)
		case <-time.After(pollEvery):
		}
	}
}

// Poll returns the next event if there is one now.
func (f *Follower) Poll() (Event, bool, error) {
	if len(f.rest) == 0 {
		if err := f.read(); err != nil {
			return Event{}, false, err
		}
	}
	if len(f.rest) == 0 {
		return Event{}, false, nil
	}
	e := f.rest[0]
	f.rest = f.rest[1:]
	return e, true, nil
}

func (f *Follower) read() error {
	data, err := io.ReadAll(io.NewSectionReader(f.file, f.at, 1<<62))
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for {
		n := bytes.IndexByte(data, '\n')
		if n < 0 {
			return nil
		}
		e, err := ParseLine(bytes.Clone(data[:n]))
		if err != nil {
			return err
		}
		if e.Seq != f.seq+1 {
			return fmt.Errorf("%w: event %d follows %d", ErrDamaged, e.Seq, f.seq)
		}
		f.rest = append(f.rest, e)
		f.seq++
		f.at += int64(n + 1)
		data = data[n+1:]
	}
}
