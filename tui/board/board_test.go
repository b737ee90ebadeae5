package board

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"belay/steps/campaign"
	"belay/tui"
	"belay/tui/look"
)

var update = flag.Bool("update", false, "write the frames that are seen")

// stage is the screen without a terminal and without a server.
func stage(t *testing.T, w, h int, ascii bool) *model {
	t.Helper()
	var all []campaign.Board
	text, err := os.ReadFile("testdata/boards.json")
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	now := all[0].At
	m := newModel(Config{
		Terminal: tui.Config{
			Now: func() time.Time { return now }, ASCII: ascii, Environment: []string{"LANG=C.UTF-8"},
		},
		Title: "shop on db1.eu:5432", Environment: "production", Every: 15 * time.Second,
	})
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	m.Update(lookedMsg{all: all})
	now = now.Add(4 * time.Second)
	m.Update(nil)
	return m
}

func press(m *model, keys ...string) {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "pgdown": tea.KeyPgDown}
	for _, k := range keys {
		if c, ok := named[k]; ok {
			m.Update(tea.KeyPressMsg{Code: c})
			continue
		}
		m.Update(tea.KeyPressMsg{Code: rune(k[0]), Text: k})
	}
}

func plain(drawn string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(drawn, "\n") {
		out.WriteString(strings.TrimRight(ansi.Strip(line), " ") + "\n")
	}
	return out.String()
}

// TestFrames compares what is seen with testdata/frames.txtar. A section is
// "WIDTHxHEIGHT [ascii] KEYS…".
func TestFrames(t *testing.T) {
	const path = "testdata/frames.txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range archive.Files {
		f := &archive.Files[i]
		words := strings.Fields(f.Name)
		var w, h int
		if _, err := fmt.Sscanf(f.Name, "%dx%d", &w, &h); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		words = words[1:]
		ascii := len(words) > 0 && words[0] == "ascii"
		if ascii {
			words = words[1:]
		}
		m := stage(t, w, h, ascii)
		press(m, words...)
		lines := strings.Split(m.draw(), "\n")
		if len(lines) != h {
			t.Errorf("%s: %d lines", f.Name, len(lines))
		}
		for n, line := range lines {
			if look.Width(line) > w {
				t.Errorf("%s: line %d is %d wide: %s", f.Name, n+1, look.Width(line), line)
			}
		}
		got := plain(m.draw())
		if *update {
			f.Data = []byte(got)
			continue
		}
		if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s:\n%s", f.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoAnswer: what was seen last stays, with its age, and says why there is no more.
func TestNoAnswer(t *testing.T) {
	m := stage(t, 80, 24, false)
	m.Update(lookedMsg{err: errors.New("the server does not answer")})
	if seen := plain(m.draw()); !strings.Contains(seen, "nothing new for 4 s: the server does not answer") ||
		!strings.Contains(seen, "rename public.people.email") {
		t.Errorf("seen:\n%s", seen)
	}
}
