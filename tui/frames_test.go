package tui

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"belay/steps/approval"
	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/tuitest"
)

var update = flag.Bool("update", false, "write the frames that are seen into the stories")

// stage plays a story to a model without a terminal.
type stage struct {
	t     *testing.T
	m     *model
	clock time.Time
	sent  []string
	quit  bool
}

func newStage(t *testing.T, s *tuitest.Story, width, height int, after time.Duration, colour bool) *stage {
	t.Helper()
	st := &stage{t: t, clock: tuitest.Epoch.In(tuitest.Zone)}
	st.m = newModel(Config{
		Folder: "/runs/7f3a11c2", Name: "op1", Color: colour, Now: func() time.Time { return st.clock },
		Request: toApprove, Anew: true,
	}, st.send)
	st.m.give = func(dir string, a approval.Approval) error {
		st.sent = append(st.sent, fmt.Sprintf("approval in %s: %s by %s", dir, a.Bound, a.Name))
		return nil
	}
	st.do(tea.WindowSizeMsg{Width: width, Height: height})
	events, err := s.Events()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		st.clock = e.At.In(tuitest.Zone)
		st.do(follow.Batch{Events: []journal.Event{e}, Screen: "me"})
	}
	st.clock = tuitest.Epoch.Add(s.End() + after).In(tuitest.Zone)
	st.m.at, st.m.drawn = st.clock, st.clock
	return st
}

// toApprove is what a second person of a story is asked to approve.
func toApprove(string, int, string) (approval.Request, error) {
	sql := "ALTER TABLE orders ADD COLUMN note text;\n"
	for i := range 30 {
		sql += fmt.Sprintf("COMMENT ON COLUMN orders.c%d IS 'a column that nobody reads any more';\n", i)
	}
	return approval.Request{
		Command: "run", Database: "shop", Who: "op1", At: tuitest.Epoch, Why: "belay.toml asks for it on production",
		Hazards: []string{
			"warn add-col-not-null, line 1 of 000042_add_note.up.sql: it may take long. Accepted: a quiet table",
		},
		Where: "db1.eu:5432, production, system 7421, role migrator", Plan: "3fa9c2d1aa07b1", Conditions: "waits 200ms",
		Files: []approval.File{{Version: "42", Path: "000042_add_note.up.sql", SHA256: "3fa9", SQL: sql}},
	}, nil
}

func (st *stage) send(m journal.Message) error {
	b, err := json.Marshal(m)
	st.sent = append(st.sent, string(b))
	return err
}

// do gives the model a message and runs what it asks for, but for the clock.
func (st *stage) do(msg tea.Msg) {
	// A clock that is on its way already is not started again.
	st.m.ticking = time.Hour
	_, cmd := st.m.Update(msg)
	st.run(cmd)
}

func (st *stage) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			st.run(c)
		}
	case tea.QuitMsg:
		st.quit = true
	case nil:
	default:
		if seq, ok := sequence(msg); ok {
			for _, c := range seq {
				st.run(c)
			}
			return
		}
		st.do(msg)
	}
}

func (st *stage) keys(keys ...string) {
	for _, k := range keys {
		if d, ok := strings.CutPrefix(k, "WAIT:"); ok {
			wait, err := time.ParseDuration(d)
			if err != nil {
				st.t.Fatal(err)
			}
			st.clock = st.clock.Add(wait)
			st.m.at, st.m.drawn = st.clock, st.clock
			continue
		}
		if text, ok := strings.CutPrefix(k, "TEXT:"); ok {
			for _, r := range text {
				if r == '_' {
					r = ' '
				}
				st.do(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
			continue
		}
		if text, ok := strings.CutPrefix(k, "PASTE:"); ok {
			st.do(tea.PasteMsg{Content: text})
			continue
		}
		st.do(key(st.t, k))
	}
}

var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "space": tea.KeySpace,
	"backspace": tea.KeyBackspace,
	"up":        tea.KeyUp, "down": tea.KeyDown, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome,
	"end":  tea.KeyEnd,
	"left": tea.KeyLeft, "right": tea.KeyRight,
}

func key(t *testing.T, name string) tea.KeyPressMsg {
	if c, ok := named[name]; ok {
		return tea.KeyPressMsg{Code: c}
	}
	if c, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(c[0]), Mod: tea.ModCtrl}
	}
	if len([]rune(name)) != 1 {
		t.Fatalf("no such key: %s", name)
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

func (st *stage) frame() string { return st.m.View().Content }

// TestFrames plays every story and compares what is seen, and what is sent,
// with what the story says.
func TestFrames(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d stories: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { playStory(t, path) })
	}
}

func playStory(t *testing.T, path string) {
	s, err := tuitest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := s.Frames()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		st := newStage(t, s, f.Width, f.Height, f.After, f.Colour)
		st.keys(f.Keys...)
		got := readable(st.frame(), f.Colour)
		if f.Inbox {
			got = strings.Join(st.sent, "\n") + "\n"
		}
		file := &s.Archive.Files[f.Section]
		if *update {
			file.Data = []byte(got)
			continue
		}
		if diff := cmp.Diff(string(file.Data), got); diff != "" {
			t.Errorf("%s:\n%s", file.Name, diff)
		}
	}
	if *update {
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
	}
}

// readable is a frame as text; a coloured one keeps its colours in words.
func readable(frame string, colour bool) string {
	if colour {
		frame = strings.NewReplacer("\x1b[m", "</>", "\x1b[", "<").Replace(frame)
	} else {
		frame = ansi.Strip(frame)
	}
	lines := strings.Split(frame, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// The screen in the README is one that was seen.
func TestReadmeShowsAFrame(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := tuitest.Load("testdata/four-pending.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Archive.Files {
		if f.Name == "frame 80x24" && strings.Contains(string(text), "```\n"+string(f.Data)+"```\n") {
			return
		}
	}
	t.Error("README.md does not show the first screen of four-pending.txtar as it is seen now")
}
