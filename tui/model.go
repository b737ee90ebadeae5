package tui

import (
	"fmt"
	"path/filepath"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/steps/approval"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
	"belay/tui/look"
	"belay/tui/screen"
)

// model is the one model. Only Update changes it; commands only send.
type model struct {
	run   *state.Run
	local screen.Local
	size  screen.Size
	now   func() time.Time
	at    time.Time
	// drawn is the moment that the screen shows. It goes on with a sample, with a key and
	// once a second: what each event moved would be dear on a bad line.
	drawn time.Time
	// sampled is true where a sample moved it last.
	sampled bool
	send    func(journal.Message) error
	lex     func(string) []look.Token
	// request reads what is to be approved, give writes an approval.
	request func(folder string, uid int, bound string) (approval.Request, error)
	give    func(dir string, a approval.Approval) error
	// colours is false where no statement needs to be coloured.
	colours bool
	// tokens holds the coloured statements; a nil value is being coloured.
	tokens map[string][]look.Token
	left   follow.How
	// begins is the command that goes on in the screen's place; "" = none does.
	begins string
	err    error
	// touched is set once the person chose a screen; until then the screen
	// follows the run.
	touched bool
	// ticking is how fast the clock runs; only one is ever on its way.
	ticking time.Duration
	// typing is when a letter came last that was meant for a field which is not there.
	typing time.Time
	saidAt time.Time
	// returns is the run dialog's question while a proposal opened from it is looked at;
	// "" = none is.
	returns string
}

// brokenMsg says that the journal can be followed no further.
type brokenMsg struct{ err error }

// sentMsg says what became of a message to the engine.
type sentMsg struct {
	said string
	err  error
}

type tickMsg time.Time

func newModel(c Config, send func(journal.Message) error) *model {
	m := &model{
		run: state.New(), size: screen.Size{Width: 80, Height: 24}, now: c.Now, send: send, lex: c.Tokens,
		tokens: map[string][]look.Token{}, left: follow.Lost,
	}
	if m.lex == nil {
		m.lex = look.Tokens
	}
	if c.RuleDoc == nil {
		c.RuleDoc = ruleDoc
	}
	if m.request, m.give = c.Request, approval.Give; m.request == nil {
		m.request = requestOf
	}
	if m.now == nil {
		m.now = time.Now
	}
	m.at = m.now()
	m.drawn = m.at
	m.local = screen.Local{
		Look: c.Look(), Name: c.Name, Screen: "start", Folder: c.Folder, Doc: c.RuleDoc,
		Of: c.Of, Anew: c.Anew,
		Cursor: map[string]int{}, Scroll: map[string]int{}, Focus: map[string]string{}, Without: map[string]bool{},
		Facts: screen.Read(m.run, nil),
	}
	m.colours = c.Color
	m.local.Tokens = func(sql string) []look.Token { return m.tokens[sql] }
	return m
}

// Init starts the clock.
func (m *model) Init() tea.Cmd { return m.tick() }

// Update takes one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.at = m.now()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		if d := m.local.Dialog; d != nil && msg.Width != m.size.Width {
			d.Seen = 0 // its lines are other ones now
		}
		m.size = screen.Size{Width: msg.Width, Height: msg.Height}
	case follow.Batch:
		had := m.run.SampleAt
		cmd = m.news(msg)
		if m.sampled = m.run.SampleAt.After(had); m.sampled {
			m.drawn = m.at
		}
	case brokenMsg:
		m.err, m.left = msg.err, follow.Quit
		return m, tea.Quit
	case tickMsg:
		m.ticking = 0
		if m.due() <= 0 {
			m.drawn, m.sampled = m.at, false
		}
		if m.at.Sub(m.saidAt) > saidFor {
			m.local.Message = ""
		}
		cmd = m.lookAgain()
	case sentMsg:
		m.say(msg.said)
		if msg.err != nil {
			m.say("the engine could not be reached: " + msg.err.Error())
		}
	case colouredMsg:
		m.tokens[msg.sql] = msg.tokens
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.KeyPressMsg:
		cmd = m.press(msg)
	}
	switch msg.(type) {
	case follow.Batch, tickMsg, colouredMsg:
	default: // the person's own doing
		m.drawn, m.sampled = m.at, false
	}
	m.watchPaper()
	return m, tea.Batch(cmd, m.tick(), m.colour())
}

// saidFor is how long a word about a key hides what else stands on its line.
const saidFor = 5 * time.Second

// say shows a word above the keys, for a while.
func (m *model) say(text string) { m.local.Message, m.saidAt = text, m.at }

// here is the screen on top.
func (m *model) here() screen.Screen { return screen.Named(m.local.Top()) }

// View draws what is on top.
func (m *model) View() tea.View {
	return Whole(m.here().Draw(m.run, m.local, m.size, m.drawn), m.title())
}

// Whole is a view that has the whole terminal; title may hold what the database names.
func Whole(content, title string) tea.View {
	v := tea.NewView(content)
	v.AltScreen = true
	v.WindowTitle = look.Visible(title)
	return v
}

func (m *model) title() string {
	t := m.local.Facts.Target
	if t == nil {
		return "belay"
	}
	word := "look"
	if screen.Busy(m.run) {
		word = "RUNNING"
	}
	return fmt.Sprintf("belay %s %s", word, t.Database)
}

// How often the numbers that are ages go on: with each sample, and by themselves where
// none comes in time.
const (
	everyTick   = time.Second
	afterSample = 1250 * time.Millisecond
)

// due is how long it is until the clock of the screen goes on by itself.
func (m *model) due() time.Duration {
	every := everyTick
	if m.sampled {
		every = afterSample
	}
	return every - m.at.Sub(m.drawn)
}

// tick keeps one clock going.
func (m *model) tick() tea.Cmd {
	if m.ticking > 0 {
		return nil
	}
	m.ticking = max(m.due(), 50*time.Millisecond)
	return tea.Tick(m.ticking, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// news folds a batch and goes where the run goes.
func (m *model) news(b follow.Batch) tea.Cmd {
	if b.Screen != "" {
		m.local.Me = b.Screen
	}
	before := worst(m.run)
	busy := screen.Busy(m.run)
	for _, e := range b.Events {
		if err := m.run.Apply(e); err != nil {
			m.err, m.left = err, follow.Quit
			return tea.Quit
		}
		m.heard(e)
	}
	if b.Gone != nil {
		f := b.Gone.Of(m.run)
		m.run.Finished = &f
	}
	m.local.Lost = b.Gone != nil || (m.local.Lost && !restarted(b))
	wished := m.local.Facts.Mends.Of(fact.NewQuestion)
	m.local.Facts = screen.Read(m.run, m.local.Facts)
	m.keepDialog()
	m.comeBack()
	m.showNew(wished)
	m.goAlong(busy)
	if worst(m.run) > before {
		return tea.Raw("\a")
	}
	return nil
}

func restarted(b follow.Batch) bool {
	for _, e := range b.Events {
		if e.Kind == (journal.EngineStarted{}).Kind() {
			return true
		}
	}
	return false
}

// heard says what an event means for the person at this terminal.
func (m *model) heard(e journal.Event) {
	switch e.Kind {
	case journal.QuestionAnswered{}.Kind():
		m.local.Message = ""
		b, err := journal.Decode[journal.QuestionAnswered](e)
		if err == nil && screen.Accepts(b.ID) {
			m.toWorst()
		}
		if d := m.local.Dialog; err == nil && d != nil && d.ID == b.ID {
			m.close() // it may be asked once more, with other words
		}
	case journal.AnswerRefused{}.Kind():
		if b, err := journal.Decode[journal.AnswerRefused](e); err == nil {
			m.say("not accepted: " + b.Why)
		}
	case journal.KeysAsked{}.Kind(), journal.KeysKept{}.Kind(), journal.KeysMoved{}.Kind(),
		journal.MessageRefused{}.Kind():
		m.heardKeys(e)
	case journal.Noted{}.Kind():
		if b, err := journal.Decode[journal.Noted](e); err == nil && e.Step == "review" {
			m.say(b.Text)
		}
	case journal.QuestionWithdrawn{}.Kind():
		b, err := journal.Decode[journal.QuestionWithdrawn](e)
		if d := m.local.Dialog; err == nil && d != nil && d.ID == b.ID {
			m.say("the question is gone: " + b.Why)
		}
	case journal.RunOpened{}.Kind():
		if b, err := journal.Decode[journal.RunOpened](e); err == nil && b.Folder != "" &&
			(m.local.Of == "" || filepath.Dir(b.Folder) == filepath.Dir(m.local.Folder)) {
			m.local.Folder = b.Folder
		}
	}
}

// keepDialog closes a dialog whose question is answered or gone.
func (m *model) keepDialog() {
	d := m.local.Dialog
	gone := false
	switch {
	case d == nil:
	case d.Keys():
		gone = m.keysSettled(d)
	case d.ID == screen.ApproveDialog:
		gone = m.run.Unapproved() == nil || m.run.Approval.Bound != d.Bound
	case screen.Reads(m.run, m.local):
		gone = true
	case d.ID == screen.StopDialog:
		gone = !screen.Busy(m.run) && !screen.Watching(m.run)
	case d.ID == screen.LeaveDialog:
		gone = !screen.Underway(m.run) && !screen.Works(m.run)
		d.Options = screen.Ways(m.run, m.local)
	case d.ID == screen.BackDialog:
		gone = !screen.Watching(m.run)
	case d.ID == screen.EndDialog:
		m.aim()
	default:
		gone = m.run.Question(d.ID) == nil
	}
	if gone {
		m.close()
	}
}

// close closes the dialog. Who types into its field types on for a moment.
func (m *model) close() {
	if d := m.local.Dialog; d.Typed() && !d.Buttons {
		m.typing = m.at
	}
	m.local.Dialog = nil
}

// goAlong follows the run to the step that works, unless the person looks
// elsewhere.
func (m *model) goAlong(was bool) {
	if busy := screen.Busy(m.run); busy && !was {
		m.touched = false
	}
	if m.touched || m.run.Opened == nil {
		return
	}
	if m.run.Finished != nil {
		m.local.Screen = "run"
		if m.run.Finished.Exit == 0 && m.run.Step("report") != nil && m.run.Step("backfill") == nil {
			m.local.Screen = "report"
		}
		return
	}
	if s := m.run.Current(); s != nil {
		m.local.Screen = s.ID
	}
}

// worst counts what is red, for the bell.
func worst(run *state.Run) int {
	n := 0
	for _, s := range run.Steps {
		if s.Status == journal.Failed || s.Status == journal.Unknown {
			n++
		}
	}
	for _, u := range run.Units {
		if u.Outcome == journal.OutcomeUnknown {
			n++
		}
	}
	if run.Question("monitor.resolve") != nil {
		n++
	}
	if run.Finished != nil && (run.Finished.Exit == 1 || run.Finished.Exit == 5) {
		n++
	}
	return n
}
