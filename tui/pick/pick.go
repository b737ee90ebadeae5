// Package pick is a table of which a person takes one row, such as the run that `belay
// attach` is to show where several are open. It reads nothing and changes nothing.
package pick

import (
	"context"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"belay/tui"
	"belay/tui/look"
	"belay/tui/screen"
)

// Config says what may be taken. Every field but the terminal's is needed.
type Config struct {
	// Terminal is where; of it only the terminal's fields count, and Now.
	Terminal tui.Config
	// Title says what the rows are, Noun is one of them; Verb is what enter does.
	Title, Noun, Verb string
	// About is the text behind `?`, a paragraph a line.
	About string
	Heads []string
	Rows  []Row
}

// Row is one thing that may be taken.
type Row struct {
	// ID is what Run returns.
	ID string
	// Cells stand below the heads, one for each.
	Cells []string
	// More is said of the row under the cursor, where there is room: label and text.
	More [][2]string
	// Works is true for what goes on by itself.
	Works bool
}

// Run shows the rows until one is taken, the person leaves or ctx ends; taken is false
// where none was.
func Run(ctx context.Context, c Config) (id string, taken bool, err error) {
	m := newModel(c)
	_, err = tui.Show(ctx, c.Terminal, m, nil)
	return m.taken, m.taken != "", err
}

// model is the screen's. Only Update changes it.
type model struct {
	*look.Look
	c      Config
	size   screen.Size
	cursor int
	// filter is what rows must have; field is open while it is typed.
	filter string
	field  *screen.Field
	help   bool
	offset int
	taken  string
}

func newModel(c Config) *model {
	if c.Terminal.Now == nil {
		c.Terminal.Now = time.Now
	}
	return &model{Look: c.Terminal.Look(), c: c, size: screen.Size{Width: 80, Height: 24}}
}

// Init does nothing: nothing here moves.
func (m *model) Init() tea.Cmd { return nil }

// Update takes one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = screen.Size{Width: msg.Width, Height: msg.Height}
	case tea.PasteMsg:
		if m.field != nil {
			m.field.Paste(msg.Content)
			m.narrow()
		}
	case tea.KeyPressMsg:
		if m.field != nil {
			m.letter(msg)
			return m, nil
		}
		return m, m.press(msg.String())
	}
	return m, nil
}

// View draws what may be taken.
func (m *model) View() tea.View {
	return tui.Whole(m.draw(), "belay "+m.c.Title)
}

// letter goes into the filter; the rows follow each one.
func (m *model) letter(k tea.KeyPressMsg) {
	switch k.String() {
	case "enter":
		m.field = nil
	case "esc", "ctrl+c":
		m.field, m.filter = nil, ""
	case "up":
		m.move(-1)
	case "down":
		m.move(1)
	default:
		m.field.Key(k)
		m.narrow()
	}
}

func (m *model) narrow() { m.filter, m.cursor = m.field.Value(), 0 }

func (m *model) press(name string) tea.Cmd {
	switch name {
	case "q", "ctrl+c":
		return tea.Quit
	case "esc":
		m.help, m.filter = false, ""
	case "?":
		m.help, m.offset = !m.help, 0
	case "/":
		m.help, m.field = false, screen.NewLine(m.Look)
		m.field.SetValue(m.filter)
	case "enter":
		if m.help {
			m.help = false
			return nil
		}
		if rows := m.rows(); len(rows) > 0 {
			m.taken = rows[m.cursor].ID
			return tea.Quit
		}
	case "ctrl+l":
		return tea.ClearScreen
	default:
		if by, ok := screen.Stride(name, m.size.Height); ok {
			m.move(by)
		}
	}
	return nil
}

// move goes through the rows, or scrolls the help.
func (m *model) move(by int) {
	if m.help {
		m.offset = min(max(m.offset+by, 0), m.hidden())
		return
	}
	m.cursor = min(max(m.cursor+by, 0), max(len(m.rows())-1, 0))
}

// rows are those that have the filter in any of their cells, upper case or lower.
func (m *model) rows() []Row {
	want := strings.ToLower(strings.TrimSpace(m.filter))
	var out []Row
	for _, r := range m.c.Rows {
		all := strings.ToLower(r.ID + "\n" + strings.Join(r.Cells, "\n"))
		for _, x := range r.More {
			all += "\n" + strings.ToLower(x[1])
		}
		if strings.Contains(all, want) {
			out = append(out, r)
		}
	}
	return out
}

// bindings are the keys in the order of the footer.
func (m *model) bindings() []key.Binding {
	back, why, leave := bind("esc", "back"), bind("?", "why"), bind("q", "leave")
	switch {
	case m.field != nil:
		return []key.Binding{bind("enter", "take the filter"), bind("esc", "show all")}
	case m.help:
		return []key.Binding{bind("j k", "scroll"), back, leave}
	case m.filter != "":
		return []key.Binding{
			bind("enter", m.c.Verb), bind("j k", "move"), bind("esc", "show all"), bind("/", "filter"), why, leave,
		}
	}
	return []key.Binding{bind("enter", m.c.Verb), bind("j k", "move"), bind("/", "filter"), why, leave}
}

func bind(shown, label string) key.Binding {
	return key.NewBinding(key.WithKeys(shown), key.WithHelp(shown, label))
}
