package demo

import (
	tea "charm.land/bubbletea/v2"

	"belay/steps/demo/lane"
)

// press does what a key means. A key that means nothing now says why.
func (m *model) press(key string) tea.Cmd {
	m.said = ""
	switch key {
	case "q", "ctrl+c":
		return m.leave(Leave)
	case "?":
		m.help, m.offset = !m.help, 0
	case "j", "down":
		m.scroll(1)
	case "k", "up":
		m.scroll(-1)
	case "pgdown":
		m.scroll(m.size.Height / 2)
	case "pgup":
		m.scroll(-m.size.Height / 2)
	case "esc":
		m.help = false
	case "enter":
		return m.next()
	case "x":
		return m.cut()
	case "m":
		return m.own()
	case "space":
		return m.fill()
	}
	return nil
}

// fill goes on to a backfill, once belay's own lane made the column for it.
func (m *model) fill() tea.Cmd {
	if !m.ready() {
		return nil
	}
	if m.state.Results.Belay == nil {
		m.said = "space fills the column that belay's own lane adds: play the three first"
		return nil
	}
	return m.leave(Fill)
}

func (m *model) leave(c Choice) tea.Cmd {
	m.choice = c
	return tea.Quit
}

// next is the following scene.
func (m *model) next() tea.Cmd {
	if m.help {
		m.help = false
		return nil
	}
	if !m.ready() {
		return nil
	}
	if m.scene == ending {
		return m.leave(Guide)
	}
	if name, ok := due(m.state.Results); ok {
		return m.play(name)
	}
	m.scene = ending
	return nil
}

// due is the lane that comes next; false = all three were played.
func due(r lane.Results) (lane.Name, bool) {
	switch {
	case r.Careless == nil:
		return lane.Careless, true
	case r.Runbook == nil:
		return lane.Runbook, true
	case r.Belay == nil:
		return lane.Belay, true
	}
	return "", false
}

// cut plays the cut at COMMIT, from the third lane on.
func (m *model) cut() tea.Cmd {
	if !m.ready() {
		return nil
	}
	if m.state.Results.Belay == nil {
		m.said = "x cuts the connection of belay's own lane: play the three first"
		return nil
	}
	return m.play(lane.Cut)
}

func (m *model) own() tea.Cmd {
	if !m.ready() {
		return nil
	}
	if why := m.c.Own(); why != "" {
		m.said = why
		return nil
	}
	return m.leave(Own)
}

// ready reports whether something can be begun, and says why not.
func (m *model) ready() bool {
	switch m.state.Phase {
	case lane.Ready:
		return true
	case lane.Running:
		m.said = "this lane ends by itself; q leaves, and everything is gone then"
	case lane.Starting:
		m.said = "the server is being started"
	}
	return false
}

func (m *model) play(name lane.Name) tea.Cmd {
	m.scene = playing
	// The state's own word comes with the next look; until then no key may start
	// a second lane.
	m.state.Phase, m.state.Lane, m.state.Lines = lane.Running, name, nil
	ctx, play := m.ctx, m.c.Play
	return func() tea.Msg { return playedMsg{play(ctx, name)} }
}

// scroll moves through the text behind `?`.
func (m *model) scroll(by int) {
	if !m.help {
		return
	}
	for _, p := range m.placed() {
		if p.Name == "why" {
			m.offset = min(max(p.From+by, 0), max(p.Total-p.Height, 0))
		}
	}
}
