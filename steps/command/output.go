package command

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"belay/sqlview/measure"
	"belay/sqlview/secret"
	"belay/sqlview/visible"
)

// What is kept of a command's output: so much of its beginning in the file, and the
// last lines for the screen, which are put behind it where the middle was left out.
const (
	MaxLog   = 1 << 20
	MaxLines = 200
	maxShown = 500 // characters of a line
)

// Output takes what a command writes: into a file whose secrets are hidden and whose
// control characters are visible, and its last lines for a screen.
type Output struct {
	mu     sync.Mutex
	file   *os.File
	cut    lines
	hidden []string
	// last are the last lines as they came; size is what the file has, left what it has not.
	last       []string
	size, left int
}

// OpenOutput begins a file of mode 0600. hidden are values that no line may show.
func OpenOutput(path string, hidden []string) (*Output, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the command's output: %w", err)
	}
	o := &Output{file: f, hidden: hidden}
	o.cut.each = o.line
	return o, nil
}

// Write takes the next bytes. It never fails: a full disk here must not end the
// command.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cut.Write(p)
}

func (o *Output) line(b []byte) {
	if o.last = append(o.last, string(b)); len(o.last) > MaxLines {
		o.last = o.last[1:]
	}
	if o.size+len(b) > MaxLog {
		o.left++ // not even looked at: a command must not wait for that
		return
	}
	n, _ := o.file.WriteString(o.shown(string(b)) + "\n")
	o.size += n
}

// shown is a text as it may be seen: its secrets hidden, what moves a cursor visible.
func (o *Output) shown(text string) string {
	text = strings.ToValidUTF8(strings.TrimRight(text, "\r"), "\uFFFD")
	return visible.Line(secret.Line(secret.Without(text, o.hidden)))
}

// Last are its newest lines, at most so many, each cut to what a screen can hold.
func (o *Output) Last(most int) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.last
	if len(o.cut.part) > 0 { // a line that waits for its end, such as a prompt
		all = append(all[:len(all):len(all)], string(o.cut.part))
	}
	var out []string
	for _, text := range all[max(0, len(all)-most):] {
		out = append(out, visible.Cut(o.shown(text[:min(len(text), MaxLine)]), maxShown))
	}
	return out
}

// Says reports whether one of the last lines holds one of the texts.
func (o *Output) Says(texts ...string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, line := range append(o.last[:len(o.last):len(o.last)], string(o.cut.part)) {
		for _, t := range texts {
			if strings.Contains(line, t) {
				return true
			}
		}
	}
	return false
}

// Close writes the last line, and the last lines where the middle was left out.
func (o *Output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cut.flush()
	if o.left > 0 {
		last := o.last[max(0, len(o.last)-min(o.left, MaxLines)):]
		fmt.Fprintf(o.file, "(%s %s left out here)\n", measure.Plural(o.left-len(last), "line"),
			measure.Verb(int64(o.left-len(last)), "is", "are"))
		for _, text := range last {
			fmt.Fprintln(o.file, visible.Cut(o.shown(text), MaxLine/8))
		}
	}
	return o.file.Close()
}
