package live

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/key"

	"belay/tui/screen"
)

// liveKeys are the keys in the order of the footer.
var liveKeys = []key.Binding{
	bind("enter", "query", "enter"), bind("/", "filter", "/"), bind("o", "order", "o"), bind("f", "follow", "f"),
	bind("space", "pause", "space"), bind("z", "each one", "z"), bind("tab", "tables", "tab"),
	bind("E", "end session…", "E", "shift+e"), bind("j k", "move", "j", "down", "k", "up"),
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
	case "enter":
		return m.query()
	case "E", "shift+e":
		return m.end()
	case "o", "z":
		m.browse(name)
		m.say(m.arranged(name))
	case "f":
		return m.followKey()
	case "space", " ":
		m.paused = !m.paused
		m.asking.want(m.following(), m.paused)
	case "ctrl+l":
		return tea.ClearScreen
	default:
		m.browse(name)
	}
	return nil
}

// browse are the keys that only change what is looked at, live and on a tape.
func (m *picture) browse(name string) {
	switch name {
	case "tab":
		m.onTables, m.offset = !m.onTables, 0
	case "?":
		m.help, m.open, m.offset = !m.help, false, 0
	case "o":
		if m.onTables {
			m.order = (m.order + 1) % len(orders)
		} else {
			m.treeOrder = (m.treeOrder + 1) % len(treeOrders)
		}
	case "z":
		m.single = !m.single
	case "/":
		m.field, m.asks, m.before = screen.NewLine(m.Look), "filter", m.filter
		m.field.SetValue(m.filter)
	default:
		if by, ok := screen.Stride(name, m.size.Height); ok {
			m.move(by)
		}
	}
}

// arranged says how the panel in focus stands after a key.
func (m *picture) arranged(name string) string {
	switch {
	case name == "z" && m.single:
		return "each session has a row of its own; z puts those that wait alike into one"
	case name == "z":
		return "sessions that wait alike are one row"
	case m.onTables:
		return "tables by " + orders[m.order].name
	}
	return "sessions by " + treeOrders[m.treeOrder].name + "; tab and o order the tables"
}

// followKey follows the table under the cursor, or asks for a relation.
func (m *model) followKey() tea.Cmd {
	if m.onTables {
		all := m.shown()
		switch {
		case m.follow.Name != "":
			return m.typed("follow", "")
		case len(all) > 0:
			return m.typed("follow", all[m.tableAt(all)].Relation)
		}
		return nil
	}
	m.field, m.asks = screen.NewLine(m.Look), "follow"
	if m.sample == nil {
		return nil
	}
	var names []string
	for _, t := range m.sample.Tables {
		names = append(names, t.Relation, t.Relation[strings.LastIndexByte(t.Relation, '.')+1:])
	}
	m.field.Suggest(names)
	return nil
}

// back closes what lies on top, else ends filter and following.
func (m *model) back() {
	switch {
	case m.help || m.open:
		m.help, m.open, m.offset = false, false, 0
	case m.filter != "":
		m.filter = ""
	case m.follow.Name != "":
		m.follow = Followed{}
		m.asking.want(m.following(), m.paused)
	}
}

// following are the relations that are asked for.
func (m *model) following() []string {
	if m.follow.Name != "" {
		return []string{m.follow.Name}
	}
	return m.relations
}

// letter is a key in the field.
func (m *model) letter(k tea.KeyPressMsg, name string) tea.Cmd {
	if name == "enter" && m.asks == asksEnd {
		return m.consent()
	}
	text, done := m.typing(k, name)
	switch {
	case !done:
	case name == "enter":
		return m.typed(m.asks, text)
	default:
		m.expect = ""
	}
	return nil
}

// typing is a key in the field; done is true where it has closed. A filter counts
// while it is typed.
func (m *picture) typing(k tea.KeyPressMsg, name string) (text string, done bool) {
	switch name {
	case "esc", "ctrl+c":
		if m.asks == "filter" {
			m.filter = m.before
		}
		m.field = nil
		return "", true
	case "enter":
		text = strings.TrimSpace(m.field.Value())
		m.field = nil
		return text, true
	}
	m.field.Key(k)
	if m.asks == "filter" {
		m.filter = strings.TrimSpace(m.field.Value())
	}
	return "", false
}

// typed is what a field was closed with.
func (m *model) typed(asks, text string) tea.Cmd {
	switch {
	case asks == "filter":
		m.filter = text
	case text == "":
		m.follow = Followed{}
		m.asking.want(m.following(), m.paused)
	default:
		ctx, find := m.ctx, m.c.Find
		return func() tea.Msg {
			found, err := find(ctx, text)
			return foundMsg{found: found, err: err}
		}
	}
	return nil
}

// query shows the whole query of the session under the cursor; among the tables, it
// follows the one under theirs.
func (m *model) query() tea.Cmd {
	all := m.rows()
	switch {
	case m.onTables && !m.open && !m.help:
		return m.followKey()
	case len(all) == 0 || m.open:
		m.open = false
		return nil
	}
	m.pid, m.open, m.seen, m.offset, m.help = all[m.cursor(all)].Lock.PID, true, nil, 0, false
	return m.look()
}

// move moves the cursor, or scrolls what else is looked at.
func (m *picture) move(by int) {
	switch {
	case m.help || m.open:
		m.offset = max(min(m.offset+by, m.hidden()), 0)
	case m.onTables:
		if all := m.shown(); len(all) > 0 {
			m.table = all[max(min(m.tableAt(all)+by, len(all)-1), 0)].Relation
		}
	default:
		if all := m.rows(); len(all) > 0 {
			m.pid = all[max(min(m.cursor(all)+by, len(all)-1), 0)].Lock.PID
		}
	}
}
