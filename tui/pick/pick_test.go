package pick

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/tui"
	"belay/tui/tuitest"
)

var update = flag.Bool("update", false, "write the frames that are seen")

// stage is the screen without a terminal, over 120 runs.
func stage(w, h int, ascii bool) *model {
	c := Config{
		Terminal: tui.Config{
			Now: func() time.Time { return tuitest.Epoch }, ASCII: ascii, Environment: []string{"LANG=C.UTF-8"},
		},
		Title: "open runs", Noun: "run", Verb: "attach", Heads: []string{"run", "database", "files", "stands at"},
		About: "Advice: one screen for each run.\nIn practice: a run goes on without a screen.",
	}
	for i := range 120 {
		id, state := fmt.Sprintf("%08x", 0x7f3a11c2+i*7919), "left open"
		if i%3 == 0 {
			state = "backfill running"
		}
		c.Rows = append(c.Rows, Row{
			ID: id + "d4", Works: i%3 == 0, Cells: []string{id, fmt.Sprintf("shop_%d", i), "2 files", state},
			More: [][2]string{{"run", id + "d4"}, {"files", "000042_add_note.up.sql, 000043_orders_idx.up.sql"}},
		})
	}
	m := newModel(c)
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return m
}

func press(m *model, keys ...string) {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "pgdown": tea.KeyPgDown}
	for _, k := range keys {
		if c, ok := named[k]; ok {
			m.Update(tea.KeyPressMsg{Code: c})
			continue
		}
		text, typed := strings.CutPrefix(k, "TEXT:")
		if !typed {
			text = k
		}
		for _, r := range text {
			m.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
}

// TestFrames compares what is seen with testdata/frames.txtar. A section is
// "WIDTHxHEIGHT [ascii] KEYS…".
func TestFrames(t *testing.T) {
	tuitest.Frames(t, "testdata/frames.txtar", *update, func(w, h int, ascii bool, words []string) string {
		m := stage(w, h, ascii)
		press(m, words...)
		return m.draw()
	})
}

// Enter takes the row under the cursor of those that pass the filter, and of none
// nothing.
func TestTaken(t *testing.T) {
	for _, c := range []struct{ keys, want string }{
		{"enter", "7f3a11c2d4"},
		{"j j k enter", "7f3a30b1d4"},
		{"G enter", fmt.Sprintf("%08xd4", 0x7f3a11c2+119*7919)},
		{"/ TEXT:SHOP_77 enter enter", fmt.Sprintf("%08xd4", 0x7f3a11c2+77*7919)},
		{"/ TEXT:nothing enter enter", ""},
		{"/ TEXT:nothing esc enter", "7f3a11c2d4"},
		{"? enter", ""},
		{"q", ""},
	} {
		m := stage(80, 24, false)
		press(m, strings.Fields(c.keys)...)
		if m.taken != c.want {
			t.Errorf("%s: taken %q, want %q", c.keys, m.taken, c.want)
		}
	}
}
