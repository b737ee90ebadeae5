package visible

import (
	"io"
	"sync"
	"unicode/utf8"
)

// Writer is the last place that a text passes: what others put into it is made
// visible, whoever forgot to do so before. Writes may be cut anywhere, also
// within a character. It may be used by several goroutines.
type Writer struct {
	mu    sync.Mutex
	to    io.Writer
	clean func([]byte) []byte
	rest  []byte // the beginning of a character whose end is still to come
}

// NewWriter passes on lines of text. See Text.
func NewWriter(to io.Writer) *Writer {
	return &Writer{to: to, clean: func(b []byte) []byte { return []byte(Text(string(b))) }}
}

// NewJSONWriter passes on JSON. See JSON.
func NewJSONWriter(to io.Writer) *Writer { return &Writer{to: to, clean: JSON} }

// Write passes b on. The count is of b, not of what it became.
func (w *Writer) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := append(w.rest, b...)
	whole := len(all) - begun(all)
	w.rest = append([]byte(nil), all[whole:]...)
	if _, err := w.to.Write(w.clean(all[:whole])); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Flush passes on what waits for the rest of its character.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.rest
	w.rest = nil
	if len(rest) == 0 {
		return nil
	}
	_, err := w.to.Write(w.clean(rest))
	return err
}

// begun is how many bytes at the end of b begin a character that is not whole,
// or a line end: "\r" may be followed by "\n".
func begun(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		c := b[len(b)-n]
		if utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) || n == 1 && c == '\r' {
				return n
			}
			return 0
		}
	}
	return 0
}
