package tuitest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"belay/tui/look"
)

// Frames compares what is drawn with an archive of frames, of which each section is
// named "WIDTHxHEIGHT [ascii] WORDS…". draw is given what the name says and returns the
// screen in its colours; each has as many lines as the terminal, and none is wider. With
// update the archive is written as it is drawn.
func Frames(t *testing.T, path string, update bool, draw func(w, h int, ascii bool, words []string) string) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range archive.Files {
		f := &archive.Files[i]
		var w, h int
		if _, err := fmt.Sscanf(f.Name, "%dx%d", &w, &h); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		words := strings.Fields(f.Name)[1:]
		at := slices.Index(words, "ascii")
		if at >= 0 {
			words = slices.Delete(words, at, at+1)
		}
		drawn := draw(w, h, at >= 0, words)
		lines := strings.Split(drawn, "\n")
		if len(lines) != h {
			t.Errorf("%s: %d lines", f.Name, len(lines))
		}
		for n, line := range lines {
			if look.Width(line) > w {
				t.Errorf("%s: line %d is %d wide: %s", f.Name, n+1, look.Width(line), line)
			}
		}
		got := Plain(drawn)
		if update {
			f.Data = []byte(got)
		} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s:\n%s", f.Name, diff)
		}
	}
	if update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Plain is a frame without colours and without blanks at the ends of its lines.
func Plain(frame string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(ansi.Strip(frame), "\n") {
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.String()
}
