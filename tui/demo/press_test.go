package demo

import (
	"context"
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"belay/steps/demo/lane"
)

// stage is a demo that plays at once, for tests of the keys alone.
type stage struct {
	state  lane.State
	played []lane.Name
	err    error
	own    string
}

func (s *stage) play(_ context.Context, name lane.Name) error {
	s.played = append(s.played, name)
	r := &s.state.Results
	switch name {
	case lane.Careless:
		r.Careless = &lane.CarelessResult{}
	case lane.Runbook:
		r.Runbook = &lane.RunbookResult{}
	case lane.Belay:
		r.Belay = &lane.BelayResult{}
	case lane.Cut:
		r.Cut = &lane.CutResult{}
	}
	return s.err
}

// keys presses keys, each with everything that follows from it, and reports
// whether the screen ended.
func keys(m *model, names ...string) (quit bool) {
	for _, name := range names {
		msg := tea.KeyPressMsg{Text: name, Code: []rune(name)[0]}
		if name == "enter" || name == "esc" {
			msg = tea.KeyPressMsg{Code: map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape}[name]}
		}
		_, cmd := m.Update(msg)
		for cmd != nil {
			next := cmd()
			if _, ok := next.(tea.QuitMsg); ok {
				return true
			}
			_, cmd = m.Update(next)
		}
	}
	return false
}

func newStage() (*stage, *model) {
	s := &stage{state: lane.State{Phase: lane.Ready}}
	m := newModel(context.Background(), Config{
		Look: func() lane.State { return s.state }, Play: s.play, Own: func() string { return s.own },
	})
	return s, m
}

func TestEnterWalksThroughTheDemo(t *testing.T) {
	s, m := newStage()
	if keys(m, "enter", "enter", "enter", "x", "enter") {
		t.Fatal("ended before the guide was asked for")
	}
	want := []lane.Name{lane.Careless, lane.Runbook, lane.Belay, lane.Cut}
	for i, name := range want {
		if i >= len(s.played) || s.played[i] != name {
			t.Fatalf("played %v, want %v", s.played, want)
		}
	}
	if m.scene != ending {
		t.Errorf("scene %d, want the table", m.scene)
	}
	if !keys(m, "enter") || m.choice != Guide {
		t.Errorf("choice %d, want the guide", m.choice)
	}
}

func TestKeysThatWait(t *testing.T) {
	s, m := newStage()
	keys(m, "x")
	if len(s.played) > 0 || !strings.Contains(m.said, "play the three first") {
		t.Errorf("x before the lanes: played %v, said %q", s.played, m.said)
	}
	s.own = "no migrations folder found"
	if keys(m, "m") || m.said != s.own {
		t.Errorf("m without a folder: said %q", m.said)
	}
	s.state.Phase = lane.Running
	for _, key := range []string{"enter", "x", "m"} {
		if keys(m, key); len(s.played) > 0 || !strings.Contains(m.said, "ends by itself") {
			t.Errorf("%s while a lane runs: played %v, said %q", key, s.played, m.said)
		}
	}
	if !keys(m, "q") || m.choice != Leave {
		t.Error("q does not leave while a lane runs")
	}
}

func TestOwnAndHelp(t *testing.T) {
	s, m := newStage()
	if keys(m, "?", "enter"); m.help || len(s.played) > 0 {
		t.Error("enter on the help plays a lane")
	}
	s.err = errors.New("the server is gone")
	if keys(m, "enter"); m.said != "the server is gone" {
		t.Errorf("said %q", m.said)
	}
	if !keys(m, "m") || m.choice != Own {
		t.Errorf("choice %d, want one's own migrations", m.choice)
	}
}
