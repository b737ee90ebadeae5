// Package live is `belay watch` on a terminal: who waits for whom, how large and how
// busy tables are, what works on the server and what holds it back; a session may be
// ended by typed words. It draws what it is
// given and asks through its Config; it knows no database.
package live

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/sqlview/activity"
	"belay/steps/journal"
	"belay/tui"
	"belay/tui/look"
	"belay/tui/screen"
)

// Config says what to show and how to ask.
type Config struct {
	// Terminal is where; of it only the terminal's fields count, and Now.
	Terminal tui.Config
	// Title names the database.
	Title string
	// Relations are followed from the beginning, as "schema.name".
	Relations []string
	// Sample reads one moment, and how long to wait before the next. It is called from
	// one goroutine.
	Sample func(ctx context.Context, relations []string) (activity.Sample, time.Duration, error)
	// Find gives a relation's full name. The error says what is wrong with the name.
	Find func(ctx context.Context, name string) (string, error)
	// See reads one session with its whole query; ok is false where it is gone.
	See func(ctx context.Context, pid int) (s activity.Session, ok bool, err error)
	// End ends a session in a way, and says what became of it.
	End func(ctx context.Context, s activity.Session, w activity.Way) journal.SessionEnded
	// Me is who ends a session from here.
	Me string
}

// Run shows the server until the person leaves or ctx ends.
func Run(ctx context.Context, c Config) error {
	m := newModel(ctx, c)
	_, err := tui.Show(ctx, c.Terminal, m, m.asking.run)
	return err
}

// asking samples beside the screen. What it asks for may change at any time.
type asking struct {
	sample func(ctx context.Context, relations []string) (activity.Sample, time.Duration, error)
	// poke wakes it before its time.
	poke chan struct{}

	mu        sync.Mutex // guards below; never held over a question
	relations []string
	paused    bool
}

// want changes what is asked for.
func (a *asking) want(relations []string, paused bool) {
	a.mu.Lock()
	a.relations, a.paused = relations, paused
	a.mu.Unlock()
	select {
	case a.poke <- struct{}{}:
	default:
	}
}

func (a *asking) wanted() ([]string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.relations, a.paused
}

// run samples until ctx ends; the result waits for its end.
func (a *asking) run(ctx context.Context, p *tea.Program) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		every := time.Second
		for ctx.Err() == nil {
			if relations, paused := a.wanted(); !paused {
				s, next, err := a.sample(ctx, relations)
				if ctx.Err() != nil {
					return
				}
				every = next
				p.Send(sampledMsg{sample: s, err: err})
			}
			select {
			case <-ctx.Done():
			case <-a.poke:
			case <-time.After(every):
			}
		}
	})
	return wg.Wait
}

// sampledMsg is a moment, or why there is none.
type sampledMsg struct {
	sample activity.Sample
	err    error
}

type tickMsg struct{}

// foundMsg is a relation to follow.
type foundMsg struct {
	name string
	err  error
}

// seenMsg is a session that was asked for.
type seenMsg struct {
	pid  int
	s    activity.Session
	gone bool
	err  error
}

// endedMsg is what became of a session that was to be ended.
type endedMsg struct{ journal.SessionEnded }

// model is the screen's. Only Update changes it.
type model struct {
	c      Config
	ctx    context.Context
	asking *asking
	picture
}

func newModel(ctx context.Context, c Config) *model {
	if c.Terminal.Now == nil {
		c.Terminal.Now = time.Now
	}
	m := &model{c: c, ctx: ctx, asking: &asking{sample: c.Sample, poke: make(chan struct{}, 1), relations: c.Relations}}
	m.picture = picture{
		Look: c.Terminal.Look(), title: c.Title, size: screen.Size{Width: 80, Height: 24}, now: c.Terminal.Now(),
		began: c.Terminal.Now(), trends: map[string][]float64{},
	}
	return m
}

// frame is how often the ages move.
const frame = time.Second

func tick() tea.Cmd { return tea.Tick(frame, func(time.Time) tea.Msg { return tickMsg{} }) }

// Init starts the clock.
func (m *model) Init() tea.Cmd { return tick() }

// Update takes one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.c.Terminal.Now()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = screen.Size{Width: msg.Width, Height: msg.Height}
	case tickMsg:
		return m, tea.Batch(tick(), m.lookAgain())
	case sampledMsg:
		m.sampled(msg)
	case foundMsg:
		m.found(msg)
	case seenMsg:
		if m.open && m.pid == msg.pid {
			m.seen, m.seenAt = &msg, m.now
			m.aim()
		}
	case endedMsg:
		m.ended(msg)
		return m, m.look()
	case tea.PasteMsg:
		switch {
		case m.asks == asksEnd && m.field != nil:
			m.say("paste is refused here: type the words")
		case m.field != nil:
			m.field.Paste(msg.Content)
		}
	case tea.KeyPressMsg:
		return m, m.press(msg)
	}
	return m, nil
}

// View draws what is known.
func (m *model) View() tea.View {
	v := tea.NewView(m.draw())
	v.AltScreen = true
	v.WindowTitle = look.Visible("belay watch " + m.title)
	return v
}

// keep is how many moments a spark goes back: five minutes at the fastest pace.
const keep = 300

// sampled takes a moment in. One that failed leaves the numbers, which say their age.
func (m *model) sampled(msg sampledMsg) {
	if m.paused {
		return
	}
	if msg.err != nil {
		m.problem = msg.err.Error()
		return
	}
	m.problem, m.sample, m.at = "", &msg.sample, m.now
	for _, t := range msg.sample.Tables {
		for name, v := range map[string]float64{
			"bytes": float64(t.Bytes), "reads": t.ReadsPerSecond, "writes": t.WritesPerSecond,
		} {
			all := append(m.trends[name+"/"+t.Relation], v)
			m.trends[name+"/"+t.Relation] = all[max(0, len(all)-keep):]
		}
	}
}

// found follows a relation, or says what is wrong with its name.
func (m *model) found(msg foundMsg) {
	if msg.err != nil {
		m.say(msg.err.Error())
		return
	}
	m.follow = msg.name
	m.say("following " + msg.name + "; f and an empty name shows all again")
	m.asking.want([]string{msg.name}, m.paused)
}

func (m *model) say(text string) { m.said, m.saidAt = text, m.now }
