// Package live is `belay watch` on a terminal: who waits for whom, how large and how
// busy tables are, what works on the server and what holds it back; a session may be
// ended by typed words. It draws what it is
// given and asks through its Config; it knows no database.
package live

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/sqlview/activity"
	"belay/sqlview/parse"
	"belay/steps/journal"
	"belay/tui"
	"belay/tui/screen"
)

// Config says what to show and how to ask.
type Config struct {
	// Terminal is where; of it only the terminal's fields count, and Now.
	Terminal tui.Config
	// Title names the database.
	Title string
	// Open connects and says what is watched from the beginning. It runs while the screen
	// is there already, and says what it waits for. Its error ends the screen.
	Open func(ctx context.Context, waits func(what string)) (Opened, error)
	// Sample reads one moment. It is called from the goroutine of Open, after it.
	Sample func(ctx context.Context, relations []string) (Moment, error)
	// Find finds a relation by its name. The error says what is wrong with the name.
	Find func(ctx context.Context, name string) (Followed, error)
	// See reads one session with its whole query; ok is false where it is gone.
	See func(ctx context.Context, pid int) (s activity.Session, ok bool, err error)
	// End ends a session in a way, and says what became of it.
	End func(ctx context.Context, s activity.Session, w activity.Way) journal.SessionEnded
	// Me is who ends a session from here.
	Me string
}

// Followed is a relation that is followed, as "schema.name"; Parts are itself and its
// partitions. The zero value is none.
type Followed struct {
	Name  string
	Parts []string
}

// Opened is what is known once the server has answered.
type Opened struct {
	// Environment is the database's word: production, staging, local; "" = not known.
	Environment string
	// Relations are followed from the beginning, as "schema.name".
	Relations []string
}

// Moment is a sample with our own times of it.
type Moment struct {
	activity.Sample
	// Asked is when the server was asked: the sample is at most that old. Answered is when
	// all of it was here.
	Asked, Answered time.Time
	// Next is how long to wait before the next.
	Next time.Duration
}

// line is what the way to the server and back added to the sample.
func (m Moment) line() time.Duration {
	return max(m.Answered.Sub(m.Asked)-time.Duration(m.CostMS)*time.Millisecond, 0)
}

// Run shows the server until the person leaves or ctx ends. The error is that of
// Open, or one of the terminal.
func Run(ctx context.Context, c Config) error {
	m := newModel(ctx, c)
	_, err := tui.Show(ctx, c.Terminal, m, m.asking.run)
	return cmp.Or(m.err, err)
}

// asking samples beside the screen. What it asks for may change at any time.
type asking struct {
	open   func(ctx context.Context, waits func(string)) (Opened, error)
	sample func(ctx context.Context, relations []string) (Moment, error)
	// poke wakes it before its time.
	poke chan struct{}

	mu        sync.Mutex // guards below; never held over a question
	relations []string
	paused    bool
}

// want changes what is asked for.
func (a *asking) want(relations []string, paused bool) {
	a.mu.Lock()
	same := slices.Equal(a.relations, relations) && a.paused == paused
	a.relations, a.paused = relations, paused
	a.mu.Unlock()
	if same {
		return
	}
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

// run opens, and samples until ctx ends; the result waits for its end.
func (a *asking) run(ctx context.Context, p *tea.Program) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		opened, err := a.open(ctx, func(what string) { p.Send(waitsMsg(what)) })
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.Send(failedMsg{err})
			return
		}
		a.begin(opened.Relations)
		p.Send(openedMsg{opened})
		a.follow(ctx, p)
	})
	return wg.Wait
}

// begin sets what is asked for first, where the person has not said it yet.
func (a *asking) begin(relations []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.relations == nil {
		a.relations = relations
	}
}

func (a *asking) follow(ctx context.Context, p *tea.Program) {
	every := time.Second
	for ctx.Err() == nil {
		if relations, paused := a.wanted(); !paused {
			x, err := a.sample(ctx, relations)
			if ctx.Err() != nil {
				return
			}
			if x.Next > 0 {
				every = x.Next
			}
			p.Send(sampledMsg{moment: x, err: err})
		}
		select {
		case <-ctx.Done():
		case <-a.poke:
		case <-time.After(every):
		}
	}
}

// sampledMsg is a moment, or why there is none.
type sampledMsg struct {
	moment Moment
	err    error
}

// waitsMsg is what is waited for before the first sample.
type waitsMsg string

// openedMsg is what is known since the server has answered.
type openedMsg struct{ Opened }

// failedMsg is why there is nothing to watch.
type failedMsg struct{ err error }

type tickMsg struct{}

// foundMsg is a relation to follow.
type foundMsg struct {
	found Followed
	err   error
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
	// relations are those of the beginning; err is why the screen was ended.
	relations []string
	err       error
	picture
}

func newModel(ctx context.Context, c Config) *model {
	if c.Terminal.Now == nil {
		c.Terminal.Now = time.Now
	}
	m := &model{c: c, ctx: ctx, asking: &asking{open: c.Open, sample: c.Sample, poke: make(chan struct{}, 1)}}
	m.picture = picture{
		Look: c.Terminal.Look(), title: c.Title, waits: "the connection to " + c.Title,
		size: screen.Size{Width: 80, Height: 24}, now: c.Terminal.Now(),
		began: c.Terminal.Now(), trends: map[string][]float64{}, keysOf: liveKeys, about: doc, ends: c.End != nil,
		drawn: &cached{folder: activity.Folder{Mask: parse.Masked}},
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
	case waitsMsg:
		m.waits, m.began = string(msg), m.now
	case openedMsg:
		m.environment, m.relations, m.waits, m.began = msg.Environment, msg.Relations, "the first sample", m.now
		m.asking.want(m.following(), m.paused)
	case failedMsg:
		m.err = msg.err
		return m, tea.Quit
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
			m.pasted(msg.Content)
		}
	case tea.KeyPressMsg:
		return m, m.press(msg)
	}
	return m, nil
}

// View draws what is known.
func (m *model) View() tea.View {
	return tui.Whole(m.draw(), "belay watch "+m.title)
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
	m.problem, m.sample, m.at, m.line = "", &msg.moment.Sample, msg.moment.Asked, msg.moment.line()
	m.trend(msg.moment.Sample)
}

// trend keeps the numbers of a moment.
func (p picture) trend(s activity.Sample) {
	for _, t := range s.Tables {
		for name, v := range map[string]float64{
			"bytes": float64(t.Bytes), "reads": t.ReadsPerSecond, "writes": t.WritesPerSecond,
		} {
			all := append(p.trends[name+"/"+t.Relation], v)
			p.trends[name+"/"+t.Relation] = all[max(0, len(all)-keep):]
		}
	}
}

// found follows a relation, or says what is wrong with its name.
func (m *model) found(msg foundMsg) {
	if msg.err != nil {
		m.say(msg.err.Error())
		return
	}
	m.follow = msg.found
	m.say("following " + msg.found.Name + "; esc shows all again")
	m.asking.want(m.following(), m.paused)
}

// pasted takes a text into the field that is open.
func (p *picture) pasted(text string) {
	p.field.Paste(text)
	if p.asks == "filter" {
		p.filter = strings.TrimSpace(p.field.Value())
	}
}

func (m *model) say(text string) { m.said, m.saidAt = text, m.now }
