package tui

import (
	tea "charm.land/bubbletea/v2"

	"belay/tui/look"
)

// page is how far page down goes.
func (m *model) page() int { return max(1, m.size.Height-8) }

// move moves the cursor of the screen, or scrolls the panel in focus.
func (m *model) move(by int) tea.Cmd {
	s := m.here()
	if m.local.Focus[s.Name] == "" && s.Move != nil && s.Move(m.run, &m.local, by) {
		return nil
	}
	m.scroll(m.focused(), by)
	return nil
}

// turn is a page: of the cursor, or of the panel that scrolls beside it.
func (m *model) turn(by int) tea.Cmd {
	s := m.here()
	if m.local.Focus[s.Name] == "" && s.Move != nil && s.Turn == "" && s.Move(m.run, &m.local, by) {
		return nil
	}
	p := m.focused()
	for _, x := range m.placed() {
		if m.local.Focus[s.Name] == "" && s.Turn != "" && x.Name == s.Turn {
			p = x
		}
	}
	m.scroll(p, by)
	return nil
}

func (m *model) placed() []look.Placed {
	return m.here().Placed(m.run, m.local, m.size, m.at)
}

// scroll moves what is seen of a panel.
func (m *model) scroll(p look.Placed, by int) {
	if !p.Scrolls() {
		return
	}
	at, last := p.From, p.Total-p.Height
	name := m.here().Name + "/" + p.Name
	if p.Tail {
		m.local.Scroll[name] = within(last-at, -by, last+1)
		return
	}
	m.local.Scroll[name] = within(at, by, last+1)
}

// focused is the panel that the moving keys scroll: the one tab went to, else the first
// that has more than is seen.
func (m *model) focused() look.Placed {
	name := m.local.Focus[m.here().Name]
	var first look.Placed
	for _, p := range m.placed() {
		switch {
		case p.Name == name && name != "":
			return p
		case p.Focus && p.Scrolls() && name == "":
			return p
		case first.Name == "" && p.Scrolls():
			first = p
		}
	}
	return first
}

// tab moves to the next panel that has more than is seen; behind the last of them back
// to the screen's own cursor.
func (m *model) tab() tea.Cmd {
	s := m.here()
	names := []string{""}
	for _, p := range m.placed() {
		if p.Scrolls() && p.Name != "" {
			names = append(names, p.Name)
		}
	}
	if len(names) == 1 {
		m.say("all of it is on the screen: nothing to scroll here")
		return nil
	}
	for i, name := range names {
		if name == m.local.Focus[s.Name] {
			m.local.Focus[s.Name] = names[(i+1)%len(names)]
			return nil
		}
	}
	m.local.Focus[s.Name] = ""
	return nil
}

func within(at, by, of int) int { return min(max(at+by, 0), max(of-1, 0)) }

// otherStep looks at the step before or after.
func (m *model) otherStep(by int) tea.Cmd {
	at := -1
	for i, s := range m.run.Steps {
		if s.ID == m.local.Screen {
			at = i
		}
	}
	if len(m.run.Steps) == 0 {
		m.say("no steps are known yet")
		return nil
	}
	if at+by < 0 {
		m.local.Screen = "start"
	} else {
		m.local.Screen = m.run.Steps[min(at+by, len(m.run.Steps)-1)].ID
	}
	m.local.Over, m.touched = nil, true
	return nil
}

// pick marks what stands behind a digit on the screen.
func (m *model) pick(press string) {
	if s := m.here(); len(press) == 1 && press[0] >= '1' && press[0] <= '9' && s.Pick != nil {
		s.Pick(m.run, &m.local, int(press[0]-'0'))
	}
}
