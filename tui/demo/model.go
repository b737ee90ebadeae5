// Package demo is the demo's own screen: the traffic of a shop, a lane at a time
// beside it, and the table of the three. It draws what it is given and plays
// what it is told to play; it knows no database.
package demo

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/steps/demo/lane"
	"belay/tui"
	"belay/tui/look"
	"belay/tui/screen"
)

// Choice is what a person wants after the demo's screen.
type Choice int

// The choices.
const (
	// Leave ends the demo.
	Leave Choice = iota
	// Guide opens the guide on the demo's database.
	Guide
	// Own opens the guide on the person's own migrations.
	Own
	// Fill opens a backfill of the demo's largest table, to pause and resume.
	Fill
)

// Config says what to show.
type Config struct {
	// Terminal is where; of it only the terminal's fields count, and Now.
	Terminal tui.Config
	// Look gives the demo as it is now. It is called for every frame.
	Look func() lane.State
	// Play plays a lane to its end.
	Play func(ctx context.Context, name lane.Name) error
	// Again is true where the person comes back from the guide: the table is shown.
	Again bool
	// Own says why the person's own migrations cannot be opened; "" = they can.
	Own func() string
}

// Run shows the demo until the person leaves it or goes on to the guide. A lane
// that is still played then goes on until ctx ends; its owner waits for it.
func Run(ctx context.Context, c Config) (Choice, error) {
	m := newModel(ctx, c)
	final, err := tui.Show(ctx, c.Terminal, m, nil)
	if last, ok := final.(*model); ok {
		return last.choice, err
	}
	return Leave, err
}

// scene is what the screen is about.
type scene int

const (
	opening scene = iota // the shop at work, nothing has run
	playing              // a lane, while it runs and afterwards
	ending               // the table
)

// model is the demo's. Only Update changes it.
type model struct {
	c   Config
	ctx context.Context
	picture
	choice Choice
}

// picture is what View draws from.
type picture struct {
	state lane.State
	scene scene
	help  bool
	said  string
	size  screen.Size
	now   time.Time
	*look.Look
	// offset is how far the text behind `?` was scrolled.
	offset int
}

type tickMsg struct{}

// playedMsg says that a lane is over.
type playedMsg struct{ err error }

func newModel(ctx context.Context, c Config) *model {
	if c.Terminal.Now == nil {
		c.Terminal.Now = time.Now
	}
	m := &model{c: c, ctx: ctx, picture: picture{
		state: c.Look(), size: screen.Size{Width: 80, Height: 24}, now: c.Terminal.Now(), Look: c.Terminal.Look(),
	}}
	if c.Again {
		m.scene = ending
	}
	return m
}

// frame is how often the screen looks at the demo.
const frame = 250 * time.Millisecond

func tick() tea.Cmd { return tea.Tick(frame, func(time.Time) tea.Msg { return tickMsg{} }) }

// Init starts the clock.
func (m *model) Init() tea.Cmd { return tick() }

// Update takes one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.c.Terminal.Now()
	m.state = m.c.Look()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = screen.Size{Width: msg.Width, Height: msg.Height}
	case tickMsg:
		return m, tick()
	case playedMsg:
		if msg.err != nil {
			m.said = msg.err.Error()
		}
	case tea.KeyPressMsg:
		return m, m.press(msg.String())
	}
	return m, nil
}

// View draws the scene.
func (m *model) View() tea.View {
	return tui.Whole(m.draw(), "belay demo")
}
