package live

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/key"

	"belay/tui/screen"
)

// bindings are the keys in the order of the footer.
var bindings = []key.Binding{
	bind("j k", "move", "j", "down", "k", "up"), bind("enter", "its query", "enter"),
	bind("E", "end session…", "E", "shift+e"),
	bind("/", "filter", "/"),
	bind("o", "order", "o"), bind("f", "follow", "f"), bind("space", "pause", "space"), bind("tab", "panel", "tab"),
	bind("?", "why", "?"), bind("q", "leave", "q"),
}

func bind(shown, label string, press ...string) key.Binding {
	return key.NewBinding(key.WithKeys(press...), key.WithHelp(shown, label))
}

// press is a key: into the field that is open, else of the screen.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if m.field != nil {
		return m.letter(k, name)
	}
	m.said = ""
	switch name {
	case "q", "ctrl+c":
		return tea.Quit
	case "esc":
		m.back()
	case "j", "down":
		m.move(1)
	case "k", "up":
		m.move(-1)
	case "pgdown":
		m.move(m.size.Height / 2)
	case "pgup":
		m.move(-m.size.Height / 2)
	case "g", "home":
		m.move(-1 << 30)
	case "G", "end":
		m.move(1 << 30)
	case "tab":
		m.onTables, m.offset = !m.onTables, 0
	case "enter":
		return m.query()
	case "?":
		m.help, m.open, m.offset = !m.help, false, 0
	case "E", "shift+e":
		return m.end()
	case "o":
		m.order = (m.order + 1) % len(orders)
		m.say("tables by " + orders[m.order].name)
	case "/":
		m.field, m.asks = screen.NewLine(m.Look), "filter"
		m.field.SetValue(m.filter)
	case "f":
		m.field, m.asks = screen.NewLine(m.Look), "follow"
	case "space", " ":
		m.paused = !m.paused
		m.asking.want(m.following(), m.paused)
	case "ctrl+l":
		return tea.ClearScreen
	}
	return nil
}

// back closes what lies on top, else ends filter and following.
func (m *model) back() {
	switch {
	case m.help || m.open:
		m.help, m.open, m.offset = false, false, 0
	case m.filter != "":
		m.filter = ""
	case m.follow != "":
		m.follow = ""
		m.asking.want(m.following(), m.paused)
	}
}

// following are the relations that are asked for.
func (m *model) following() []string {
	if m.follow != "" {
		return []string{m.follow}
	}
	return m.c.Relations
}

// letter is a key in the field.
func (m *model) letter(k tea.KeyPressMsg, name string) tea.Cmd {
	switch name {
	case "esc", "ctrl+c":
		m.field, m.expect = nil, ""
	case "enter":
		if m.asks == asksEnd {
			return m.consent()
		}
		text := strings.TrimSpace(m.field.Value())
		m.field = nil
		return m.typed(text)
	default:
		m.field.Key(k)
	}
	return nil
}

func (m *model) typed(text string) tea.Cmd {
	switch {
	case m.asks == "filter":
		m.filter = text
	case text == "":
		m.follow = ""
		m.asking.want(m.following(), m.paused)
	default:
		ctx, find := m.ctx, m.c.Find
		return func() tea.Msg {
			name, err := find(ctx, text)
			return foundMsg{name: name, err: err}
		}
	}
	return nil
}

// query shows the whole query of the session under the cursor.
func (m *model) query() tea.Cmd {
	nodes := m.nodes()
	if len(nodes) == 0 || m.open || m.onTables {
		m.open = false
		return nil
	}
	pid := nodes[m.cursor(nodes)].Lock.PID
	m.pid, m.open, m.seen, m.offset, m.help = pid, true, nil, 0, false
	return m.look()
}

// move moves the cursor of the tree, or scrolls what else is looked at.
func (m *model) move(by int) {
	if m.help || m.open || m.onTables {
		m.offset = max(min(m.offset+by, m.hidden()), 0)
		return
	}
	if nodes := m.nodes(); len(nodes) > 0 {
		m.pid = nodes[max(min(m.cursor(nodes)+by, len(nodes)-1), 0)].Lock.PID
	}
}
