package live

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"belay/sqlview/activity"
	"belay/tui"
	"belay/tui/screen"
	"belay/tui/tuitest"
)

// tape is two minutes of a pile-up, with a gap of half an hour in the middle.
func tape() Tape {
	t := Tape{Title: "shop on db1.eu:5432", Environment: "production", Said: []Sentence{
		{noon.Add(3 * time.Second), "try 1: lock timeout after 201 ms, behind pid 14340 (report)"},
		{noon.Add(50 * time.Second), "try 2: lock timeout after 200 ms, behind pid 14340 (report)"},
	}}
	at := noon
	for i := range 120 {
		if at = at.Add(time.Second); i == 60 {
			at = at.Add(30 * time.Minute)
		}
		t.Moments = append(t.Moments, moment(at, i, min(i, 9)))
	}
	return t
}

func played(w, h int, ascii bool) *player {
	m := newPlayer(tui.Config{Now: time.Now, ASCII: ascii, Environment: []string{"LANG=C.UTF-8"}}, tape())
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return m
}

func (m *player) keys(keys ...string) {
	named := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome,
		"end": tea.KeyEnd, "space": tea.KeySpace,
	}
	for _, k := range keys {
		if c, ok := named[k]; ok {
			m.Update(tea.KeyPressMsg{Code: c})
			continue
		}
		for _, r := range k {
			m.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
}

// TestReplayGoesBackAndForth: keys, the clock of the tape, and the gap in it.
func TestReplayGoesBackAndForth(t *testing.T) {
	t.Parallel()
	m := played(80, 24, false)
	for range 10 {
		m.Update(nextMsg{})
	}
	if !m.playing || m.index != 1 {
		t.Fatalf("after a second: moment %d, playing %v", m.index, m.playing)
	}
	m.keys("+", "+", "+") // ten times
	for range 70 {
		m.Update(nextMsg{})
	}
	if want := m.Moments[60].At; m.place.Before(want) || m.place.Sub(want) > 15*time.Second {
		t.Errorf("the gap was not skipped: it stands at %s", m.place)
	}
	for range 100 {
		m.Update(nextMsg{})
	}
	if m.playing || m.index != 119 {
		t.Errorf("at the end: moment %d, playing %v", m.index, m.playing)
	}
	for _, c := range []struct {
		keys string
		want int
	}{
		{"left", 118}, {"left", 117}, {"right", 118}, {"home", 0}, {"left", 0}, {"end", 119}, {"right", 119}, {"[", 59},
	} {
		if m.keys(c.keys); m.index != c.want {
			t.Errorf("%s: moment %d, want %d", c.keys, m.index, c.want)
		}
	}
	m.keys("end", "space")
	if m.index != 0 || !m.playing {
		t.Error("space at the end does not begin anew")
	}
}

// TestReplayShowsWhatWasLive: each moment has the tree and the tables that the live view
// had of it.
func TestReplayShowsWhatWasLive(t *testing.T) {
	t.Parallel()
	m := played(160, 50, false)
	m.keys("end")
	live := newStage(160, 50, false)
	for _, s := range m.Moments {
		live.clock = s.At
		live.samples(s)
	}
	body := func(frame string) []string {
		var out []string
		for line := range strings.SplitSeq(tuitest.Plain(frame), "\n") {
			if strings.Contains(line, "14340") || strings.Contains(line, "UPDATE") || strings.Contains(line, "items") {
				out = append(out, strings.Fields(line)...)
			}
		}
		return out
	}
	m.Said = nil
	if diff := cmp.Diff(body(live.draw()), body(m.frame())); diff != "" {
		t.Error(diff)
	}
}

// TestReplayFrames compares what is seen with testdata/replay.txtar. A section is
// "WIDTHxHEIGHT [ascii] KEYS…".
func TestReplayFrames(t *testing.T) {
	tuitest.Frames(t, "testdata/replay.txtar", *update, func(w, h int, ascii bool, words []string) string {
		m := played(w, h, ascii)
		m.keys("home")
		m.keys(words...)
		return m.frame()
	})
}

// TestCast: a header, then each moment in its time; nothing stands still for longer than
// two seconds.
func TestCast(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Cast(&b, tui.Config{Now: time.Now}, tape(), screen.Size{Width: 80, Height: 24}); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(&b)
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	var header struct{ Version, Width, Height int }
	if err := json.Unmarshal(lines.Bytes(), &header); err != nil || header.Version != 2 || header.Width != 80 {
		t.Fatal(header, err)
	}
	n, before := 0, 0.0
	for lines.Scan() {
		var frame []any
		if err := json.Unmarshal(lines.Bytes(), &frame); err != nil || len(frame) != 3 || frame[1] != "o" {
			t.Fatal(frame, err)
		}
		at := frame[0].(float64)
		if at < before || at-before > 2.001 {
			t.Errorf("frame %d comes %.1f s after the one before", n, at-before)
		}
		before = at
		n++
	}
	if n != 120 {
		t.Errorf("%d frames", n)
	}
}

// TestReplayOfAStrangersTape: a recording may come from anybody; nothing of it moves the
// terminal, and an odd tape does not end the program.
func TestReplayOfAStrangersTape(t *testing.T) {
	t.Parallel()
	evil := tape()
	evil.Title = "x\x1b]0;evil\x07\u202e"
	evil.Moments = []activity.Sample{{At: noon.Add(time.Hour)}, evil.Moments[30], {At: noon}}
	evil.Moments[1].Locks[0].Query = "\x1b[2J\x9b31m"
	evil.Moments[1].Locks[0].Application = "a\nb\x1b[1m"
	evil.Moments[1].Tables[0].Relation = "t\u202e\x07"
	m := newPlayer(tui.Config{Now: time.Now}, evil)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	for _, k := range []string{"right", "right", "left", "end", "home", "[", "]", "enter", "?"} {
		m.keys(k)
		for _, bad := range []string{"\x1b]", "\x1b[2J", "\x9b", "\u202e", "\x07"} {
			if strings.Contains(m.frame(), bad) {
				t.Errorf("%s: the frame has %q", k, bad)
			}
		}
	}
}
