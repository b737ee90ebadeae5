package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
	"belay/tui/screen"
)

// acts does what each key of the table is for, where it is not disabled.
var acts = map[screen.Action]func(*model) tea.Cmd{}

func init() {
	for a, f := range map[screen.Action]func(*model) tea.Cmd{
		screen.Open:     (*model).enter,
		screen.RunIt:    (*model).runDialog,
		screen.Cancel:   (*model).stop,
		screen.Break:    (*model).interrupt,
		screen.Rollback: (*model).wayBack,
		screen.WhoWaits: over("waits"),
		screen.EndIt:    (*model).end,
		screen.ShowSQL:  over("sql"),
		screen.Rewrite:  over("rewrites"),
		screen.OverDays: over("days"),
		screen.Unedit:   over("take-back"),
		screen.Number:   over("renumber"),
		screen.Accept:   (*model).accept,
		screen.Edit:     (*model).edit,
		screen.Reload:   (*model).reload,
		screen.Pause:    (*model).pause,
		screen.Longer:   pace(journal.Longer, "longer batches"),
		screen.Shorter:  pace(journal.Shorter, "shorter batches"),
		screen.ShowMenu: over("menu"),
		screen.GoOn:     func(m *model) tea.Cmd { return m.goOn(screen.Onward(m.run, m.local)) },
		screen.Copy:     (*model).copy,
		screen.Detach:   (*model).detach,
		screen.AskKeys:  (*model).askKeys,
		screen.HandOver: (*model).handOver,
		screen.Why:      over("help"),
		screen.Tab:      (*model).tab,
		screen.PrevStep: func(m *model) tea.Cmd { return m.otherStep(-1) },
		screen.NextStep: func(m *model) tea.Cmd { return m.otherStep(1) },
		screen.Down:     func(m *model) tea.Cmd { return m.move(1) },
		screen.Up:       func(m *model) tea.Cmd { return m.move(-1) },
		screen.PageDown: func(m *model) tea.Cmd { return m.turn(m.page()) },
		screen.PageUp:   func(m *model) tea.Cmd { return m.turn(-m.page()) },
		screen.First:    func(m *model) tea.Cmd { return m.move(-1 << 30) },
		screen.Last:     func(m *model) tea.Cmd { return m.move(1 << 30) },
		screen.Find:     (*model).search,
		screen.ShowLog:  over("log"),
		screen.ZoomIn:   over("zoom"),
		screen.Back:     (*model).back,
		screen.Leave:    (*model).leave,
		screen.Redraw:   func(*model) tea.Cmd { return tea.ClearScreen },
	} {
		acts[a] = f
	}
}

// over lays a screen over the others, once; pressed again it goes away.
func over(name string) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd {
		if m.local.Top() == name {
			return m.back()
		}
		m.fresh(name)
		m.local.Over = append(m.local.Over, name)
		return nil
	}
}

// fresh forgets how a screen was scrolled.
func (m *model) fresh(name string) {
	delete(m.local.Focus, name)
	for key := range m.local.Scroll {
		if strings.HasPrefix(key, name+"/") {
			delete(m.local.Scroll, key)
		}
	}
}

func (m *model) back() tea.Cmd {
	switch n := len(m.local.Over); {
	case n > 0:
		m.local.Over = m.local.Over[:n-1]
	case m.local.Screen != "start" && m.run.Opened == nil:
		m.local.Screen, m.touched = "start", true
	default:
		delete(m.local.Cursor, m.local.Screen) // enter is for what needs a person again
	}
	return nil
}

// enter does what the screen says, or walks to what needs a person.
func (m *model) enter() tea.Cmd {
	s := m.here()
	if s.Enter != nil {
		if d := s.Enter(m.run, m.local); !d.Nothing() {
			return m.do(d)
		}
	}
	if s.Over {
		return m.back()
	}
	if q := m.questionHere(); q != nil {
		m.open(*q)
		return nil
	}
	return m.walk()
}

// do is what a screen asked for.
func (m *model) do(d screen.Do) tea.Cmd {
	switch {
	case d.Say != "":
		m.say(d.Say)
	case d.Leave != "":
		return m.goOn(d.Leave)
	case d.Back:
		return m.back()
	case d.End:
		return m.end()
	case d.Show != "":
		return over(d.Show)(m)
	case d.Step != "":
		m.local.Screen, m.touched = d.Step, true
	case d.Ask != nil:
		m.local.Over = nil
		m.open(*d.Ask)
		if d.Text != "" {
			m.local.Dialog.Text = d.Text
		}
		if d.At != nil && *d.At < len(m.local.Dialog.Options) {
			m.local.Dialog.Cursor = *d.At
		}
	}
	return nil
}

// questionHere is the question of the step that is looked at, one that is waited for
// before one that is proposed; nil = none, or the screen answers it where it stands.
func (m *model) questionHere() (here *state.Question) {
	for i := range m.run.Questions {
		q := &m.run.Questions[i]
		if q.Step == m.local.Screen && !q.Dialog && !screen.Accepts(q.ID) && (here == nil || here.Preset && !q.Preset) {
			here = q
		}
	}
	return here
}

// walk goes to the first thing that needs a person.
func (m *model) walk() tea.Cmd {
	step := screen.Attention(m.run)
	if screen.Reads(m.run, m.local) {
		if step != "" {
			return m.goTo(step)
		}
		m.say(screen.Reading(m.run))
		return nil
	}
	if step == "" {
		return m.nothingNeeded()
	}
	was := m.local.Screen
	cmd := m.goTo(step)
	if q := m.questionHere(); q != nil && step != "review" {
		m.open(*q)
		return cmd
	}
	if step == was && m.run.Opened == nil {
		return tea.Batch(cmd, m.post(journal.Message{Kind: journal.Again}, screen.Again(m.run, m.local)))
	}
	return cmd
}

func (m *model) nothingNeeded() tea.Cmd {
	switch {
	case m.run.Finished != nil && m.local.Anew && screen.Resumes(m.run, m.local):
		m.say("this run was left open: r goes on with it, q leaves")
	case m.run.Finished != nil && m.local.Anew:
		m.say("this run is over: r looks again and begins anew, q leaves")
	case m.run.Finished != nil:
		m.say("this run is over; q leaves")
	case screen.Busy(m.run):
		m.say("nothing needs you: it runs; c stops it")
	case m.run.Opened == nil && screen.Missing(m.run, m.local.Facts) == "" && screen.Confirmable(m.run) != nil:
		m.say("nothing else needs you: R opens the run dialog")
		return m.goTo("run")
	case m.run.Opened == nil && m.run.Step("run") != nil:
		m.say(screen.Missing(m.run, m.local.Facts))
	}
	return nil
}

func (m *model) goTo(step string) tea.Cmd {
	m.local.Screen, m.touched = step, true
	if step == "review" {
		m.toWorst()
	}
	return nil
}

// toWorst puts the review's cursor on what asks for a look first.
func (m *model) toWorst() { delete(m.local.Cursor, "review") }

// pause stops a backfill at the end of its batch, or lets it go on; a screen may have a
// use of its own for the key.
func (m *model) pause() tea.Cmd {
	if t := m.here().Toggle; t != nil {
		t(m.run, &m.local)
		return nil
	}
	if f := screen.Filling(m.run, m.local.Facts); f != nil && f.State == fact.FillPaused {
		return m.post(journal.Message{Kind: journal.Resume, Name: m.local.Name}, "resuming from the cursor")
	}
	return m.post(journal.Message{Kind: journal.Pause, Name: m.local.Name}, "pausing at the end of this batch")
}

// pace asks for longer or shorter batches.
func pace(kind journal.MessageKind, said string) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { return m.post(journal.Message{Kind: kind, Name: m.local.Name}, said) }
}

// detach leaves by the person's word: the run goes on without a screen.
func (m *model) detach() tea.Cmd {
	m.left = follow.Detached
	return tea.Sequence(m.postAll(journal.Unwatched, journal.Leave), tea.Quit)
}

// leave is q. While something runs it detaches.
func (m *model) leave() tea.Cmd {
	if len(m.local.Over) > 0 {
		return m.back() // q closes what is read, as everywhere else
	}
	switch {
	case m.run.Finished != nil:
		m.left = follow.Finished
	case screen.Reads(m.run, m.local):
		m.left = follow.Detached // whatever goes on goes on: this screen changes nothing
	case screen.Outlives(m.run):
		return m.detach()
	default:
		m.left = follow.Quit
	}
	return tea.Sequence(m.postAll(journal.Leave), tea.Quit)
}

// postAll sends messages in order. A person who leaves is not held up by an
// inbox that is gone.
func (m *model) postAll(kinds ...journal.MessageKind) tea.Cmd {
	send := m.send
	return func() tea.Msg {
		var err error
		for _, k := range kinds {
			if e := send(journal.Message{Kind: k}); e != nil && err == nil {
				err = e
			}
		}
		return sentMsg{err: err}
	}
}

func (m *model) edit() tea.Cmd {
	p := m.local.Facts.Folder.Pending[0].Path
	if h, ok := screen.Selected(m.local); ok && h.Path != "" {
		p = h.Path
	}
	said := "edit " + p + " in another terminal; belay looks again"
	m.say(said)
	send := m.send
	return func() tea.Msg { return sentMsg{said: said, err: send(journal.Message{Kind: journal.Again})} }
}

// reload has the engine look again, at the folder and at the database.
func (m *model) reload() tea.Cmd {
	if screen.Over(m.run, m.local) {
		m.left = follow.Anew
		return tea.Sequence(m.postAll(journal.Leave), tea.Quit)
	}
	return m.post(journal.Message{Kind: journal.Again}, "looking again: at the folder and at the database")
}

func (m *model) search() tea.Cmd {
	if m.local.Facts.Review == nil {
		m.say("nothing to search yet")
		return nil
	}
	m.local.Over, m.local.Screen, m.touched = nil, "review", true
	m.local.Searching, m.local.Search = true, screen.NewLine(m.local.Look)
	return nil
}

func (m *model) accept() tea.Cmd {
	if screen.CanApprove(m.run, m.local) {
		return m.approve()
	}
	if q := screen.Waiver(m.run, m.local); q != nil {
		m.local.Over = nil
		m.open(*q)
		return nil
	}
	h, _ := screen.Selected(m.local)
	q := m.run.Question(screen.Acceptance(h.Rule))
	if q == nil {
		return nil
	}
	m.local.Over = nil
	m.open(*q)
	m.local.Dialog.Text = "accept " + h.Rule + " as it is? " + strings.TrimSpace(q.Text)
	return nil
}

func (m *model) runDialog() tea.Cmd {
	q := screen.Confirmable(m.run)
	if q == nil {
		return nil
	}
	m.local.Over = nil
	m.open(*q)
	return nil
}
