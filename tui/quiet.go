package tui

import (
	"bytes"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// silent is the environment without what makes the renderer ask the terminal
// questions. An answer that comes late could land in a field.
func silent(env []string) []string {
	out := make([]string, 0, len(env)+1)
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "TERM_PROGRAM", "WT_SESSION", "SSH_TTY":
			continue
		}
		out = append(out, e)
	}
	return append(out, "SSH_TTY=/dev/tty")
}

// queries are what the renderer asks although nobody needs the answer.
var queries = [][]byte{
	[]byte(ansi.RequestKittyKeyboard),
	[]byte(ansi.RequestModeSynchronizedOutput),
	[]byte(ansi.RequestModeUnicodeCore),
}

// unasking leaves the questions to the terminal out of what is written. wrote is called
// behind each write that succeeded; nil = nobody asks.
func unasking(w io.Writer, wrote func()) io.Writer {
	if f, ok := w.(term.File); ok {
		return quietFile{f, wrote}
	}
	return quiet{w, wrote}
}

type quiet struct {
	w     io.Writer
	wrote func()
}

func (q quiet) Write(b []byte) (int, error) { return writeQuiet(q.w, q.wrote, b) }

type quietFile struct {
	term.File
	wrote func()
}

func (q quietFile) Write(b []byte) (int, error) { return writeQuiet(q.File, q.wrote, b) }

func writeQuiet(w io.Writer, wrote func(), b []byte) (int, error) {
	out := b
	for _, ask := range queries {
		if bytes.Contains(out, ask) {
			out = bytes.ReplaceAll(out, ask, nil)
		}
	}
	if n, err := w.Write(out); err != nil {
		return min(n, len(b)), err
	}
	if wrote != nil && len(out) > 0 {
		wrote()
	}
	return len(b), nil
}
