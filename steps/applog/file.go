package applog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"belay/steps/command"
)

// poll is how often a file is looked at. before is how much of it is read from
// the end to know what stood there already, and burst how much of it one look
// reads at most.
const (
	poll   = 500 * time.Millisecond
	before = 256 << 10
	burst  = 8 << 20
)

// tail is a file that is read as it grows. It survives rotation: by rename, what
// is left of the old file is read before the new one; by truncation, it begins
// at the front again.
type tail struct {
	path string
	f    *os.File
	at   int64
	part []byte
}

// file finds the end of the source's file, from which it is then read for as
// long as the context lives. A file that is not there is waited for, and until
// then the log is not read. The caller holds the lock.
func (l *Log) file() func(context.Context) {
	t := &tail{path: l.source.File}
	if err := t.begin(l.markKnown); err != nil {
		l.problem = err.Error()
	}
	return func(ctx context.Context) {
		defer t.close()
		tick := time.NewTicker(poll)
		defer tick.Stop()
		for {
			why := ""
			if err := t.look(l.line); err != nil {
				why = err.Error()
			}
			l.trouble(why)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}
}

// begin opens the file at its end, and gives what stood there to stood.
func (t *tail) begin(stood func([]byte)) error {
	if err := t.open(); err != nil {
		return err
	}
	info, err := t.f.Stat()
	if err != nil {
		return err
	}
	t.at = info.Size()
	s := bufio.NewScanner(io.NewSectionReader(t.f, max(0, t.at-before), min(t.at, before)))
	s.Buffer(make([]byte, 0, command.MaxLine), before+1)
	for s.Scan() {
		stood(s.Bytes())
	}
	return s.Err()
}

func (t *tail) open() error {
	f, err := os.OpenFile(t.path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // opening a pipe waits for its other end
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New(t.path + " is not an ordinary file")
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	t.f, t.at, t.part = f, 0, nil
	return nil
}

func (t *tail) close() {
	if t.f != nil {
		_ = t.f.Close()
		t.f = nil
	}
}

// look reads what is new and follows the name to another file.
func (t *tail) look(each func([]byte)) error {
	if t.f == nil {
		if err := t.open(); err != nil {
			return err
		}
	}
	if err := t.read(each); err != nil {
		return err
	}
	now, err := os.Stat(t.path)
	if err != nil {
		return err
	}
	have, err := t.f.Stat()
	if err != nil {
		return err
	}
	if os.SameFile(now, have) {
		return nil
	}
	t.close()
	if err := t.open(); err != nil {
		return err
	}
	return t.read(each)
}

// read gives the whole lines between the place and the end. Of a file that grew
// by more than a burst, what is older is passed over.
func (t *tail) read(each func([]byte)) error {
	info, err := t.f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size < t.at {
		t.at, t.part = 0, nil
	}
	if size-t.at > burst {
		t.at, t.part = size-burst, nil
	}
	b := make([]byte, command.MaxLine)
	for t.at < size {
		n, err := t.f.ReadAt(b[:min(int64(len(b)), size-t.at)], t.at)
		t.at += int64(n)
		t.lines(b[:n], each)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 {
			return nil
		}
	}
	return nil
}

func (t *tail) lines(b []byte, each func([]byte)) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			t.part = append(t.part, b[:min(len(b), command.MaxLine-len(t.part))]...)
			return
		}
		if len(t.part) == 0 {
			each(b[:i])
		} else {
			each(append(t.part, b[:min(i, command.MaxLine-len(t.part))]...))
			t.part = t.part[:0]
		}
		b = b[i+1:]
	}
}
