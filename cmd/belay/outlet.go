package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/term"

	"belay/sqlview/visible"
	"belay/tui/look"
)

// outlet is standard output or standard error: the one way by which lines leave
// this program. What others put into them is made visible here. Screens draw by
// themselves, from spans that are clean already.
type outlet struct {
	text *visible.Writer
	data *visible.Writer
	// to is where both lead.
	to *stickyWriter
}

// stickyWriter is a writer that keeps its first error: who says a line does not ask whether it
// arrived, and whoever ends the program does.
type stickyWriter struct {
	io.Writer
	err error
}

func (k *stickyWriter) Write(b []byte) (int, error) {
	n, err := k.Writer.Write(b)
	if k.err == nil {
		k.err = err
	}
	return n, err
}

func newOutlet(w io.Writer) *outlet {
	to := &stickyWriter{Writer: w}
	return &outlet{text: visible.NewWriter(to), data: visible.NewJSONWriter(to), to: to}
}

// width is how many columns the terminal has that it leads to; 0 = it leads to none.
func (o *outlet) width() int {
	f, ok := o.to.Writer.(*os.File)
	if !ok {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}

// say writes one line: no text among the arguments can begin another.
func (o *outlet) say(format string, args ...any) {
	_, _ = io.WriteString(o, look.Fold(visible.Sprintf(format, args...), o.width(), 0)+"\n")
}

// prompt is say without the line end.
func (o *outlet) prompt(format string, args ...any) {
	_, _ = io.WriteString(o, look.Fold(visible.Sprintf(format, args...), o.width(), 0))
}

// put writes text that was put into lines elsewhere, such as a report.
func (o *outlet) put(text string) { _, _ = io.WriteString(o, text) }

// draw writes lines that were drawn for a terminal, which are clean already.
func (o *outlet) draw(lines []string) {
	o.flush()
	_, _ = io.WriteString(o.to, strings.Join(lines, "\n")+"\n")
}

// Write is put for whoever writes by himself.
func (o *outlet) Write(b []byte) (int, error) { return o.text.Write(b) }

// json is the writer for what is JSON already.
func (o *outlet) json() io.Writer { return o.data }

// of is the writer of an output: text or JSON.
func (o *outlet) of(output string) io.Writer {
	if output == "json" || output == "sarif" {
		return o.json()
	}
	return o
}

// line writes one line of JSON.
func (o *outlet) line(b []byte) { _, _ = o.data.Write(append(b[:len(b):len(b)], '\n')) }

// value writes a value as JSON: one line, or indented.
func (o *outlet) value(v any, indented bool) error {
	e := json.NewEncoder(o.data)
	if indented {
		e.SetIndent("", "  ")
	}
	return e.Encode(v)
}

// flush writes what was cut within a character.
func (o *outlet) flush() { _ = o.text.Flush() }

// failed is why something of it was not written; nil = all was, or there is nobody to
// write to.
func (o *outlet) failed() error {
	if errors.Is(o.to.err, syscall.EBADF) { // closed by who called belay
		return nil
	}
	return o.to.err
}
