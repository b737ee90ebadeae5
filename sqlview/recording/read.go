package recording

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"belay/sqlview/activity"
)

// Recording is one that was read.
type Recording struct {
	Header
	Moments []activity.Sample
	// Cut is true where it ends in the middle: whoever recorded did not end it.
	Cut bool
}

// most is how long a line of a recording and all of it may be, in bytes, and how many
// moments are read: ten days at the fastest pace.
const (
	mostBytes   = 32 << 20
	mostMoments = 864_000
	mostInAll   = 1 << 30
)

// mostParts is how many locks, transactions, tables and the like all moments have together:
// a few lines that name the same ones again and again come to far more than their bytes.
// It is a day of a hundred of them each second.
const mostParts = 9_000_000

var errParts = fmt.Errorf("%w: its moments have more than %d locks, transactions and tables", ErrFormat, mostParts)

// ErrFormat says that a file is no recording, or one of a newer belay.
var ErrFormat = errors.New("not a recording of belay's, or one of a newer belay")

// Magic reports whether a file begins as a recording does.
func Magic(start []byte) bool { return bytes.HasPrefix(start, []byte{0x1f, 0x8b}) }

// Read reads a recording to its end, or up to where it was cut. An error that is not one
// of the file's own reading is an [ErrFormat].
func Read(in io.Reader) (*Recording, error) { return read(in, mostParts) }

func read(in io.Reader, room int) (*Recording, error) {
	zip, err := gzip.NewReader(bufio.NewReader(in))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	r := &reader{room: room}
	lines := bufio.NewScanner(io.LimitReader(zip, mostInAll))
	lines.Buffer(nil, mostBytes)
	lines.Split(r.whole)
	for lines.Scan() {
		if err := r.line(lines.Bytes()); err != nil {
			return nil, err
		}
	}
	err = lines.Err()
	var corrupt flate.CorruptInputError
	switch {
	case r.Format == 0:
		return nil, errors.Join(ErrFormat, err)
	case errors.As(err, &corrupt) && len(r.Moments) > 0:
		r.Cut = true // something else was written behind where it was cut
	case errors.Is(err, io.ErrUnexpectedEOF):
		r.Cut = true
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	case err != nil:
		return nil, err
	}
	return &r.Recording, nil
}

// reader is a recording on its way.
type reader struct {
	Recording
	room int // for how many more parts of moments there is room
	// began is the time that those of the member count from: another engine of a run, or
	// another watch, begins its own.
	began    time.Time
	elements []element
	// stepped is true where numbers of locks count from the one before.
	stepped bool
	tables  []int // numbers, in the order in which they came
	values  map[int]row
}

// whole cuts at the ends of lines; what stands behind the last one was not written whole.
func (r *reader) whole(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		r.Cut = true
		return len(data), nil, nil
	}
	return 0, nil, nil
}

func (r *reader) line(b []byte) error {
	if bytes.HasPrefix(b, []byte(`{"belay_samples"`)) {
		var h Header
		if err := json.Unmarshal(b, &h); err != nil || h.Format < 1 || h.Format > format {
			return ErrFormat
		}
		if r.Format == 0 {
			r.Header = h
		}
		r.stepped = h.Format > 1
		r.began, r.elements, r.tables, r.values = h.At, nil, nil, map[int]row{}
		return nil
	}
	var l line
	if err := json.Unmarshal(b, &l); err != nil || r.Format == 0 || len(r.Moments) >= mostMoments {
		return errors.Join(ErrFormat, err)
	}
	s, err := r.moment(l)
	if err != nil {
		return err
	}
	r.Moments = append(r.Moments, s)
	return nil
}

func (r *reader) moment(l line) (activity.Sample, error) {
	s := activity.Sample{
		At: r.began.Add(time.Duration(l.At) * time.Millisecond), CostMS: l.Cost, Sessions: l.Sessions,
		Replicas: l.Replicas, Slots: l.Slots, Progress: l.Progress,
	}
	for _, e := range l.New {
		if e.Table != "" {
			r.tables = append(r.tables, len(r.elements))
		}
		r.elements = append(r.elements, e)
	}
	if err := r.anew(l); err != nil {
		return s, err
	}
	r.room -= len(r.tables) + len(l.New) + len(l.Locks) + len(l.Transactions) + len(l.Replicas) + len(l.Slots) +
		len(l.Progress)
	if r.room < 0 {
		return s, errParts
	}
	at := 0
	for _, n := range l.Locks {
		if r.stepped {
			n += at
		}
		at = n
		e, err := r.element(n)
		if err != nil || e.Lock == nil {
			return s, ErrFormat
		}
		lock := *e.Lock
		lock.SinceMS = e.age(l.At)
		s.Locks = append(s.Locks, lock)
	}
	activity.Link(s.Locks)
	for _, n := range l.Transactions {
		e, err := r.element(n)
		if err != nil || e.Transaction == nil {
			return s, ErrFormat
		}
		t := *e.Transaction
		t.AgeMS = e.age(l.At)
		s.Transactions = append(s.Transactions, t)
	}
	for _, v := range l.Tables {
		r.values[int(v[0])] = v
	}
	for _, n := range r.tables {
		v := r.values[n]
		s.Tables = append(s.Tables, activity.Table{
			Relation: r.elements[n].Table, Bytes: int64(v[1]), Rows: v[2], ReadsPerSecond: v[3], WritesPerSecond: v[4],
			Dead: int64(v[5]),
		})
	}
	return s, nil
}

// anew takes in what began once more.
func (r *reader) anew(l line) error {
	n := int64(0)
	for i := 0; i+1 < len(l.Anew); i += 2 {
		if n += l.Anew[i]; n < 0 || n >= int64(len(r.elements)) {
			return ErrFormat
		}
		r.elements[n].Since = l.At - l.Anew[i+1]
	}
	return nil
}

func (r *reader) element(n int) (element, error) {
	if n < 0 || n >= len(r.elements) {
		return element{}, ErrFormat
	}
	return r.elements[n], nil
}

// age is how long an element has been there, in ms; -1 = the role may not see it.
func (e element) age(at int64) int64 {
	if e.Unseen {
		return -1
	}
	return at - e.Since
}
