package recording

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/parse"
)

// Writer writes a recording. It is for one goroutine.
type Writer struct {
	out    io.Writer
	zip    *gzip.Writer
	header Header
	// count is how many moments this member has.
	count int
	known map[string]*known
	next  int
	// anew are ages of what begins once more in the moment that is written, by number.
	anew map[int]int64
	// tables are the values that were written last, by number.
	tables map[int]row
}

// known is an element that has a number.
type known struct {
	number int
	since  int64
	// seen is the moment, by count, that it was in last.
	seen int
}

// NewWriter begins a recording; its header is written with the first moment.
func NewWriter(out io.Writer, h Header) *Writer {
	h.Format = format
	return &Writer{out: out, header: h}
}

// Write adds a moment, and hands all of it to the file: a recording that ends in the middle
// has all moments before.
func (w *Writer) Write(s activity.Sample) error {
	if w.zip == nil || w.count >= lives {
		if err := w.begin(s.At); err != nil {
			return err
		}
	}
	w.count++
	w.anew = map[int]int64{}
	l := line{
		At: s.At.Sub(w.header.At).Milliseconds(), Cost: s.CostMS, Sessions: s.Sessions, Replicas: s.Replicas,
		Slots: s.Slots, Progress: s.Progress,
	}
	for _, lock := range s.Locks {
		lock.Query = parse.Masked(lock.Query)
		e, age := element{Lock: &lock}, lock.SinceMS
		lock.SinceMS, lock.Blocks = 0, nil // the reader finds them by who waits for whom
		l.Locks = append(l.Locks, w.number(&l, e, l.At, age))
	}
	for _, t := range s.Transactions {
		t.Query = parse.Masked(t.Query)
		e, age := element{Transaction: &t}, t.AgeMS
		t.AgeMS = 0
		l.Transactions = append(l.Transactions, w.number(&l, e, l.At, age))
	}
	for _, t := range s.Tables {
		w.table(&l, t)
	}
	l.Locks = steps(l.Locks)
	numbers := slices.Sorted(maps.Keys(w.anew))
	for i, step := range steps(slices.Clone(numbers)) {
		l.Anew = append(l.Anew, int64(step), w.anew[numbers[i]])
	}
	if err := json.NewEncoder(w.zip).Encode(l); err != nil {
		return err
	}
	return w.zip.Flush()
}

// steps are numbers in their order, each as by how much it is higher than the one before.
func steps(numbers []int) []int {
	slices.Sort(numbers)
	for i := len(numbers) - 1; i > 0; i-- {
		numbers[i] -= numbers[i-1]
	}
	return numbers
}

// begin starts a member: all that is known is forgotten, and the header stands first.
func (w *Writer) begin(at time.Time) error {
	if err := w.Close(); err != nil {
		return err
	}
	if w.header.At.IsZero() {
		w.header.At = at
	}
	w.known, w.tables, w.next, w.count = map[string]*known{}, map[int]row{}, 0, 0
	w.zip = gzip.NewWriter(w.out)
	return json.NewEncoder(w.zip).Encode(w.header)
}

// number gives an element its number. One that began at another time keeps it and says so;
// two of one moment that differ in that alone have a number each.
func (w *Writer) number(l *line, e element, at, age int64) int {
	since := at - age
	if age < 0 {
		since, e.Unseen = 0, true
	}
	key := encoded(e)
	k := w.known[key]
	switch {
	case k == nil || k.seen == w.count && !near(k.since, since):
		k = &known{number: w.next}
		w.known[key] = k
		w.next++
		e.Since = since
		l.New = append(l.New, e)
		k.since = since
	case !near(k.since, since):
		w.anew[k.number], k.since = age, since
	}
	k.seen = w.count
	return k.number
}

// near reports whether two times are one, read twice.
func near(a, b int64) bool { return max(a-b, b-a) <= jitter }

// table writes a table where a value of it is another than before.
func (w *Writer) table(l *line, t activity.Table) {
	e := element{Table: t.Relation}
	k, ok := w.known[encoded(e)]
	if !ok {
		k = &known{number: w.next}
		w.known[encoded(e)] = k
		w.next++
		l.New = append(l.New, e)
	}
	v := row{
		float64(k.number), float64(t.Bytes), rounded(t.Rows), rounded(t.ReadsPerSecond), rounded(t.WritesPerSecond),
		rounded(float64(t.Dead)),
	}
	if w.tables[k.number] == v {
		return
	}
	w.tables[k.number] = v
	l.Tables = append(l.Tables, v)
}

// Close ends the recording. What it is written to is the caller's.
func (w *Writer) Close() error {
	if w.zip == nil {
		return nil
	}
	err := w.zip.Close()
	w.zip = nil
	return err
}
