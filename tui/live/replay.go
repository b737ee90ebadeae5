package live

import (
	"context"
	"fmt"
	"sort"
	"time"

	tea "charm.land/bubbletea/v2"

	"charm.land/bubbles/v2/key"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/sqlview/parse"
	"belay/tui"
	"belay/tui/look"
	"belay/tui/screen"
)

// Tape is what is played again.
type Tape struct {
	// Title names the database, Environment is its word; "" = not known.
	Title, Environment string
	// Moments are in the order of their times; there is at least one.
	Moments []activity.Sample
	// Said are the sentences of the run that was recorded; none for a watch.
	Said []Sentence
	// Cut is true where the recording ends in the middle.
	Cut bool
}

// Sentence is a line of a run's story.
type Sentence struct {
	At   time.Time
	Text string
}

// Replay shows a tape until the person leaves or ctx ends.
func Replay(ctx context.Context, terminal tui.Config, t Tape) error {
	if terminal.Now == nil {
		terminal.Now = time.Now
	}
	_, err := tui.Show(ctx, terminal, newPlayer(terminal, t), nil)
	return err
}

// player is the screen of a replay. Its clock is the tape's.
type player struct {
	Tape
	picture
	// first is the time of the first moment, last that of the last, or of the last sentence
	// behind it; place is where the
	// tape stands, index the moment that is shown.
	first, last, place time.Time
	index              int
	speed              int
	playing            bool
}

// speeds are how fast a tape may run.
var speeds = []int{1, 2, 5, 10, 30, 60, 300}

// mostGap is how long a gap of the tape is waited for: nothing was seen in it.
const mostGap = 2 * time.Second

// step is how often a tape that runs is drawn.
const step = 100 * time.Millisecond

// nextMsg is the time to draw the tape again.
type nextMsg struct{}

func newPlayer(c tui.Config, t Tape) *player {
	m := &player{Tape: t, first: t.Moments[0].At, last: t.Moments[len(t.Moments)-1].At, playing: true}
	if n := len(t.Said); n > 0 && t.Said[n-1].At.After(m.last) {
		m.last = t.Said[n-1].At // the story goes on where nobody looked any more
	}
	m.picture = picture{
		Look: c.Look(), title: t.Title, environment: t.Environment, size: screen.Size{Width: 80, Height: 24},
		began: m.first, trends: map[string][]float64{}, keysOf: playKeys, about: playDoc,
		drawn: &cached{folder: activity.Folder{Mask: parse.Masked}},
	}
	m.to(m.first)
	return m
}

// playKeys are the keys of a replay in the order of the footer.
var playKeys = []key.Binding{
	bind("space", "play or pause", "space"), bind("left right", "a moment", "left", "right"),
	bind("[ ]", "a minute", "[", "]"), bind("+ -", "speed", "+", "-"), bind("home end", "first, last", "home", "end"),
	bind("j k", "session", "j", "k"), bind("enter", "query", "enter"), bind("/", "filter", "/"),
	bind("o", "order", "o"), bind("tab", "tables", "tab"), bind("z", "each one", "z"),
	bind("?", "why", "?"), bind("q", "leave", "q"),
}

const playDoc = `Advice: look again, before anybody says whose fault it was.
In practice: the cause of a pile-up is the first session that held and did not go on, minutes before the alarm. Go back to the moment before the first waiter, and look who holds what.
Measured: a recording has one moment a second at most. Between two of them nothing was seen, and nothing is made up. The constants of queries were left out when it was made.`

// to puts the tape to a time and shows the moment that was the newest then.
func (m *player) to(at time.Time) {
	if at.Before(m.first) {
		at = m.first
	}
	if at.After(m.last) {
		at, m.playing = m.last, false
	}
	m.place = at
	m.index = max(sort.Search(len(m.Moments), func(i int) bool { return m.Moments[i].At.After(at) })-1, 0)
	s := &m.Moments[m.index]
	m.sample, m.at, m.now = s, s.At, at
	for k := range m.trends {
		delete(m.trends, k)
	}
	for _, s := range m.Moments[max(0, m.index+1-keep) : m.index+1] {
		m.trend(s)
	}
}

// jump goes to a moment by its number.
func (m *player) jump(index int) {
	m.playing = false
	m.to(m.Moments[max(min(index, len(m.Moments)-1), 0)].At)
}

// Init starts the tape.
func (m *player) Init() tea.Cmd { return next() }

func next() tea.Cmd { return tea.Tick(step, func(time.Time) tea.Msg { return nextMsg{} }) }

// Update takes one message.
func (m *player) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = screen.Size{Width: msg.Width, Height: msg.Height}
	case nextMsg:
		m.run()
		return m, next()
	case tea.PasteMsg:
		if m.field != nil {
			m.pasted(msg.Content)
		}
	case tea.KeyPressMsg:
		return m, m.press(msg)
	}
	return m, nil
}

// run lets the tape go on by one step, over a gap at once.
func (m *player) run() {
	if !m.playing {
		return
	}
	at := m.place.Add(step * time.Duration(speeds[m.speed]))
	if n := m.index + 1; n < len(m.Moments) {
		gap := m.Moments[n].At
		if gap.Sub(m.at) > mostGap && at.Sub(m.at) > mostGap && at.Before(gap) {
			at = gap
		}
	}
	m.to(at)
	if m.place.Equal(m.last) {
		m.playing = false
	}
}

func (m *player) press(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if m.field != nil {
		m.typing(k, name)
		return nil
	}
	switch name {
	case "q", "ctrl+c":
		return tea.Quit
	case "ctrl+l":
		return tea.ClearScreen
	case "space", " ":
		if m.playing = !m.playing; m.playing && m.place.Equal(m.last) {
			m.to(m.first)
		}
	case "left", "h":
		m.jump(m.index - 1)
	case "right", "l":
		m.jump(m.index + 1)
	case "[":
		m.to(m.place.Add(-time.Minute))
	case "]":
		m.to(m.place.Add(time.Minute))
	case "+", "=":
		m.speed = min(m.speed+1, len(speeds)-1)
	case "-":
		m.speed = max(m.speed-1, 0)
	case "home":
		m.jump(0)
	case "end":
		m.playing = false
		m.to(m.last)
	case "esc":
		m.back()
	case "enter":
		all := m.rows()
		if m.open = !m.open && len(all) > 0 && !m.onTables; m.open {
			m.pid, m.offset, m.help = all[m.cursor(all)].Lock.PID, 0, false
		}
	default:
		m.browse(name)
	}
	return nil
}

// back closes what lies on top, else ends the filter.
func (m *player) back() {
	if m.help || m.open {
		m.help, m.open, m.offset = false, false, 0
		return
	}
	m.filter = ""
}

// View draws the moment.
func (m *player) View() tea.View {
	return tui.Whole(m.frame(), "belay replay "+m.title)
}

// frame is the moment as text.
func (m *player) frame() string {
	p := m.picture
	state := m.Text(look.Attention, m.Marks.Paused+" paused")
	if m.playing {
		state = m.Text(look.Accent, fmt.Sprintf("%s replay x%d", m.Marks.Running, speeds[m.speed]))
	}
	p.state, p.paused = state, true // an age of the tape is never stale
	p.place = m.where()
	p.story = m.story
	if m.Said == nil {
		p.story = nil
	}
	if m.open {
		p.instead = m.taped
	}
	return p.draw()
}

// where says where the tape stands.
func (m *player) where() string {
	if m.field != nil {
		return m.Text(look.Strong, "filter (empty = all): ") + m.field.View()
	}
	whole := m.last.Sub(m.first)
	part := 1.0
	if whole > 0 {
		part = float64(m.place.Sub(m.first)) / float64(whole)
	}
	text := fmt.Sprintf("  %s of %s, moment %d of %d", measure.Duration(m.place.Sub(m.first).Round(time.Second)),
		measure.Duration(whole.Round(time.Second)), m.index+1, len(m.Moments))
	switch {
	case m.filter != "":
		text += "; only what has " + m.filter
	case m.Cut && m.index == len(m.Moments)-1:
		text += "; the recording was cut here"
	}
	return m.Bar(part, max(min(m.size.Width-look.Width(text)-2, 40), 8)) + m.Plain(text)
}

// story is what the run said until now, the newest last.
func (m *player) story(w int) []string {
	n := sort.Search(len(m.Said), func(i int) bool { return m.Said[i].At.After(m.place) })
	var out []string
	for _, s := range m.Said[max(0, n-storyLines):n] {
		out = append(out, m.RowOf(8, s.At.Format("15:04:05"), m.Plain(s.Text), w)...)
	}
	return out[max(0, len(out)-storyLines):]
}

// storyLines is how much of the story is seen.
const storyLines = 6

// taped is what the tape knows of the session under the cursor.
func (m *player) taped() []look.Panel {
	for _, n := range m.sample.Tree() {
		l := n.Lock
		if l.PID != m.pid {
			continue
		}
		return []look.Panel{
			{Name: "who", Title: fmt.Sprintf("pid %d %s", l.PID, l.Application), State: m.age(),
				Lines: func(w int) []string {
					out := m.Row("who", m.Plain(l.User+", "+l.BackendType), w)
					out = append(out, m.Row("does", m.Plain(l.State), w)...)
					has := fmt.Sprintf("%s %s on %s", held(l), l.Mode, l.Relation)
					return append(out, m.Row("lock", m.Plain(has), w)...)
				}},
			{Name: "query", Title: "its query", Focus: true, Grow: true, Offset: m.offset,
				Lines: func(w int) []string { return look.Wrap(m.Plain(l.Query), w) }},
		}
	}
	return []look.Panel{{Name: "query", Title: fmt.Sprintf("pid %d", m.pid), Focus: true, Grow: true,
		Lines: func(int) []string { return []string{m.Plain("it is in nobody's way at this moment")} }}}
}

func held(l activity.Lock) string {
	if l.Granted {
		return "holds"
	}
	return "waits for"
}
