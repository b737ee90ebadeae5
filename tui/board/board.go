// Package board is `belay due --live` and `belay campaign show --live` on a terminal: the
// changes over days that are open, what each waits for, and the checklist of one of them with
// "safe to do?" answered by what the server says now. It looks again by itself and changes
// nothing; it knows no database and asks through its Config.
package board

import (
	"context"
	"sync"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"belay/steps/campaign"
	"belay/tui"
	"belay/tui/look"
	"belay/tui/screen"
)

// Config says what to show and how to ask.
type Config struct {
	// Terminal is where; of it only the terminal's fields count, and Now.
	Terminal tui.Config
	// Title names the database, Environment is its word; "" = not known.
	Title, Environment string
	// ID is the campaign that is open at first; "" = the list.
	ID string
	// Look reads the open campaigns. The error is a sentence.
	Look func(ctx context.Context) ([]campaign.Board, error)
	// Every is how long it waits between two looks, measured from the end of one.
	Every time.Duration
}

// Run shows the campaigns until the person leaves or ctx ends.
func Run(ctx context.Context, c Config) error {
	m := newModel(c)
	_, err := tui.Show(ctx, c.Terminal, m, m.look)
	return err
}

// look asks again and again until ctx ends; the result waits for its end.
func (m *model) look(ctx context.Context, p *tea.Program) (wait func()) {
	var group sync.WaitGroup
	group.Go(func() {
		for ctx.Err() == nil {
			all, err := m.c.Look(ctx)
			if ctx.Err() != nil {
				return
			}
			p.Send(lookedMsg{all, err})
			select {
			case <-ctx.Done():
			case <-m.again:
			case <-time.After(m.c.Every):
			}
		}
	})
	return group.Wait
}

// lookedMsg is what a look saw, or why it saw nothing.
type lookedMsg struct {
	all []campaign.Board
	err error
}

type tickMsg struct{}

// model is the screen's. Only Update changes it.
type model struct {
	*look.Look
	c     Config
	again chan struct{}
	size  screen.Size
	now   time.Time
	// all are the campaigns as they were seen at; the zero time = nobody has looked yet.
	all     []campaign.Board
	at      time.Time
	problem string
	// cursor is the campaign in the list, open the id of the one that is shown.
	cursor int
	open   string
	offset int
	help   bool
}

func newModel(c Config) *model {
	if c.Terminal.Now == nil {
		c.Terminal.Now = time.Now
	}
	return &model{
		Look: c.Terminal.Look(), c: c, again: make(chan struct{}, 1), size: screen.Size{Width: 80, Height: 24},
		now: c.Terminal.Now(), open: c.ID,
	}
}

func tick() tea.Cmd { return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{} }) }

// Init starts the clock.
func (m *model) Init() tea.Cmd { return tick() }

// Update takes one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.c.Terminal.Now()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = screen.Size{Width: msg.Width, Height: msg.Height}
	case tickMsg:
		return m, tick()
	case lookedMsg:
		if msg.err != nil {
			m.problem = msg.err.Error()
			break
		}
		m.all, m.at, m.problem = msg.all, m.now, ""
		m.cursor = min(m.cursor, max(len(m.all)-1, 0))
	case tea.KeyPressMsg:
		return m, m.press(msg.String())
	}
	return m, nil
}

// View draws what is known.
func (m *model) View() tea.View {
	return tui.Whole(m.draw(), "belay due "+m.c.Title)
}

// bindings are the keys in the order of the footer.
var bindings = []key.Binding{
	bind("j k", "move", "j"), bind("enter", "open", "enter"), bind("esc", "list", "esc"),
	bind("r", "look again", "r"), bind("?", "why", "?"), bind("q", "leave", "q"),
}

func bind(shown, label, press string) key.Binding {
	return key.NewBinding(key.WithKeys(press), key.WithHelp(shown, label))
}

func (m *model) press(name string) tea.Cmd {
	switch name {
	case "q", "ctrl+c":
		return tea.Quit
	case "esc":
		if m.help || m.open != "" {
			m.help, m.open, m.offset = false, m.after(), 0
		}
	case "?":
		m.help, m.offset = !m.help, 0
	case "r":
		select {
		case m.again <- struct{}{}:
		default:
		}
	case "enter":
		if m.open == "" && m.cursor < len(m.all) {
			m.open = m.all[m.cursor].ID
			m.offset = min(m.before(), m.hidden())
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

// after is what esc leaves open: help closes alone.
func (m *model) after() string {
	if m.help {
		return m.open
	}
	return ""
}

// move goes through the list, or scrolls what is open.
func (m *model) move(by int) {
	if m.open == "" && !m.help {
		m.cursor = min(max(m.cursor+by, 0), max(len(m.all)-1, 0))
		return
	}
	m.offset = min(max(m.offset+by, 0), m.hidden())
}

// shown is the campaign that is open; nil = the list.
func (m *model) shown() *campaign.Board {
	for i := range m.all {
		if m.open != "" && m.all[i].ID == m.open {
			return &m.all[i]
		}
	}
	return nil
}
