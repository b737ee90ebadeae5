package child

import (
	"encoding/binary"
	"errors"
	"io"
)

// Op is what a request asks for.
type Op byte

// What the child can do with a text.
const (
	Parse       Op = 'P' // a serialised pg_query ParseResult
	Normalize   Op = 'N' // the text with $n for constants
	Fingerprint Op = 'F' // the fingerprint in hexadecimal
)

// Large is the length in bytes from which a text is begun only after all
// answers before it were sent. Shorter ones cannot nest deep enough to end
// the process.
const Large = 1 << 10

// maxFrame bounds a length read from the pipe, so that a broken peer cannot
// make this side allocate without end.
const maxFrame = 1 << 30

var errFrame = errors.New("a frame between belay and its parser is too long")

// Request is texts to be answered in order.
type Request struct {
	Op    Op
	Texts []string
}

// Answer answers one text.
type Answer struct {
	// Failed is set where the parser refused the text; Data is then its message.
	Failed bool
	// Cursor is the place of the failure in characters from 1, 0 if unknown.
	Cursor int
	Data   []byte
}

// WriteRequest writes r as one message.
func WriteRequest(w io.Writer, r Request) error {
	size := 5
	for _, t := range r.Texts {
		size += 4 + len(t)
	}
	buf := append(make([]byte, 0, size), byte(r.Op))
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(r.Texts)))
	for _, t := range r.Texts {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(len(t)))
		buf = append(buf, t...)
	}
	_, err := w.Write(buf)
	return err
}

// ReadRequest reads one whole request; io.EOF where the writer closed before it.
func ReadRequest(r io.Reader) (Request, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Request{}, err
	}
	n := binary.LittleEndian.Uint32(head[1:])
	req := Request{Op: Op(head[0])}
	for range n {
		text, err := readBytes(r)
		if err != nil {
			return req, err
		}
		req.Texts = append(req.Texts, string(text))
	}
	return req, nil
}

// WriteAnswer writes one answer.
func WriteAnswer(w io.Writer, a Answer) error {
	head := make([]byte, 0, 9)
	if a.Failed {
		head = append(head, 1)
	} else {
		head = append(head, 0)
	}
	head = binary.LittleEndian.AppendUint32(head, uint32(a.Cursor))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(a.Data)))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(a.Data)
	return err
}

// ReadAnswer reads one answer.
func ReadAnswer(r io.Reader) (Answer, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Answer{}, err
	}
	data, err := readBytes(r)
	cursor := int(binary.LittleEndian.Uint32(head[1:]))
	return Answer{Failed: head[0] != 0, Cursor: cursor, Data: data}, err
}

// readBytes reads what must follow: an end here is not the end of the messages.
func readBytes(r io.Reader) ([]byte, error) {
	var size [4]byte
	if err := readFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n > maxFrame {
		return nil, errFrame
	}
	data := make([]byte, n)
	return data, readFull(r, data)
}

func readFull(r io.Reader, data []byte) error {
	_, err := io.ReadFull(r, data)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
