package board

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/steps/campaign"
	"belay/tui"
	"belay/tui/tuitest"
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

// TestFrames compares what is seen with testdata/frames.txtar. A section is
// "WIDTHxHEIGHT [ascii] KEYS…".
func TestFrames(t *testing.T) {
	tuitest.Frames(t, "testdata/frames.txtar", *update, func(w, h int, ascii bool, words []string) string {
		m := stage(t, w, h, ascii)
		press(m, words...)
		return m.draw()
	})
}

// TestNoAnswer: what was seen last stays, with its age, and says why there is no more.
func TestNoAnswer(t *testing.T) {
	m := stage(t, 80, 24, false)
	m.Update(lookedMsg{err: errors.New("the server does not answer")})
	if seen := tuitest.Plain(m.draw()); !strings.Contains(seen, "nothing new for 4 s: the server does not answer") ||
		!strings.Contains(seen, "rename public.people.email") {
		t.Errorf("seen:\n%s", seen)
	}
}
