package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// FileName is the journal's name in a run folder.
const FileName = "journal.jsonl"

// ErrHeld is returned by Open while another engine writes the journal.
var ErrHeld = errors.New("another engine holds the journal")

// Log is a journal open for writing. Only the engine has one: it holds an
// exclusive lock on the file for as long as it lives.
type Log struct {
	mu   sync.Mutex
	file *os.File
	seq  int64
	now  func() time.Time
	err  error
}

// Open opens or creates the journal of a run folder for writing and returns the
// events that are already in it. A torn last line, which an engine that ended in
// the middle of a write leaves behind, is cut off. Any other damage is an error
// that wraps ErrDamaged, and a journal that another engine writes is ErrHeld.
func Open(folder string, now func() time.Time) (*Log, []Event, error) {
	path := filepath.Join(folder, FileName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, nil, ErrHeld
		}
		return nil, nil, fmt.Errorf("journal: lock: %w", err)
	}
	events, whole, err := readAll(f)
	if err == nil {
		err = f.Truncate(whole)
	}
	if err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	l := &Log{file: f, now: now}
	if n := len(events); n > 0 {
		l.seq = events[n-1].Seq
	}
	return l, events, nil
}

// Append writes one event and returns it. Decisions are on the disk when it
// returns. After an error every further Append returns that error: an engine
// that cannot write its journal must not act.
func (l *Log) Append(step, by string, body Body) (Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return Event{}, l.err
	}
	env := envelope{Seq: l.seq + 1, At: l.now().UTC(), Kind: body.Kind(), Step: step, By: by}
	line, err := encode(env, body)
	if err != nil {
		return Event{}, err
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		l.err = fmt.Errorf("journal: %w", err)
		return Event{}, l.err
	}
	if durable(env.Kind) {
		if err := l.file.Sync(); err != nil {
			l.err = fmt.Errorf("journal: %w", err)
			return Event{}, l.err
		}
	}
	l.seq++
	return Event{Seq: env.Seq, At: env.At, Kind: env.Kind, Step: step, By: by, Line: line}, nil
}

// Broken is why nothing more can be written; nil = it can.
func (l *Log) Broken() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Here reports whether the journal still stands in a run folder under its name: a
// folder that was deleted under its engine is heard of in no other way.
func (l *Log) Here(folder string) bool {
	there, err := os.Stat(filepath.Join(folder, FileName))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	own, err := l.file.Stat()
	return err != nil || os.SameFile(there, own)
}

// Close syncs the journal and gives up the lock.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.file.Sync(), l.file.Close())
}

// Read returns the events of a journal file without opening it for writing. A
// torn last line is left out.
func Read(path string) ([]Event, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	events, _, err := readAll(f)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return events, nil
}

// readAll returns the events of all whole lines and where the last one ends.
func readAll(r io.Reader) ([]Event, int64, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, 0, err
	}
	return eventsOf(data, ParseLine)
}

// eventsOf has parse read each whole line, and returns where the last one ends.
func eventsOf(data []byte, parse func(line []byte) (Event, error)) ([]Event, int64, error) {
	var events []Event
	whole := 0
	for {
		n := bytes.IndexByte(data[whole:], '\n')
		if n < 0 {
			return events, int64(whole), nil
		}
		e, err := parse(data[whole : whole+n])
		if err != nil {
			return nil, 0, fmt.Errorf("line %d: %w", len(events)+1, err)
		}
		if want := int64(len(events) + 1); e.Seq != want {
			return nil, 0, fmt.Errorf("line %d: %w: seq is %d", want, ErrDamaged, e.Seq)
		}
		events = append(events, e)
		whole += n + 1
	}
}

// Held reports whether an engine writes the journal of a run folder now.
func Held(folder string) bool {
	f, err := os.Open(filepath.Join(folder, FileName))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
