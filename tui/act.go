package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/steps/journal"
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
		screen.Rollback: (*model).wayBack,
		screen.WhoWaits: over("waits"),
		screen.ShowSQL:  over("sql"),
		screen.Rewrite:  over("rewrites"),
		screen.Accept:   (*model).accept,
		screen.Edit:     (*model).edit,
		screen.Pause:    (*model).pause,
		screen.Longer:   pace(journal.Longer, "longer batches"),
		screen.Shorter:  pace(journal.Shorter, "shorter batches"),
		screen.ShowMenu: over("menu"),
		screen.Copy:     (*model).copy,
		screen.Detach:   (*model).detach,
		screen.Why:      over("help"),
		screen.Tab:      (*model).pane,
		screen.PrevStep: func(m *model) tea.Cmd { return m.otherStep(-1) },
		screen.NextStep: func(m *model) tea.Cmd { return m.otherStep(1) },
		screen.Down:     func(m *model) tea.Cmd { return m.move(1) },
		screen.Up:       func(m *model) tea.Cmd { return m.move(-1) },
		screen.PageDown: func(m *model) tea.Cmd { return m.move(m.page()) },
		screen.PageUp:   func(m *model) tea.Cmd { return m.move(-m.page()) },
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
		m.local.Scroll[name] = 0
		m.local.Over = append(m.local.Over, name)
		return nil
	}
}

func (m *model) back() tea.Cmd {
	switch n := len(m.local.Over); {
	case n > 0:
		m.local.Over = m.local.Over[:n-1]
	case m.local.Screen != "start" && m.run.Opened == nil:
		m.local.Screen, m.touched = "start", true
	}
	return nil
}

// enter opens what the cursor is on, or walks to what needs a person.
func (m *model) enter() tea.Cmd {
	top := m.local.Top()
	switch {
	case top == "menu":
		return over("entry")(m)
	case top == "rewrites":
		return m.askWrite()
	case len(m.local.Over) > 0:
		return m.back()
	case top == "run" && m.openRunQuestion():
		return nil
	}
	if q := m.questionHere(); q != nil {
		m.open(*q)
		return nil
	}
	switch {
	case top == "start" && screen.MenuHere(m.run, m.local.Facts) && !m.asked():
		return over("entry")(m)
	case top == "review" && len(m.local.Facts.Sheet.Items) > 0:
		return over("card")(m)
	case top == "start" && m.local.Cursor["start"] > 0 && screen.Attention(m.run) == "":
		return m.goTo(m.run.Steps[min(m.local.Cursor["start"], len(m.run.Steps)-1)].ID)
	}
	return m.walk()
}

// asked reports whether a step waits for an answer before anything else.
func (m *model) asked() bool {
	s := m.run.Step(screen.Attention(m.run))
	return s != nil && m.questionOf(s.ID) != nil
}

// walk goes to the first thing that needs a person.
func (m *model) walk() tea.Cmd {
	step := screen.Attention(m.run)
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
		return tea.Batch(cmd, m.post(journal.Message{Kind: journal.Again}, "looking again"))
	}
	return cmd
}

func (m *model) nothingNeeded() tea.Cmd {
	switch {
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

// pause stops a backfill at the end of its batch, or lets it go on.
func (m *model) pause() tea.Cmd {
	if m.local.Top() == "rewrites" {
		return m.leaveOut()
	}
	if f := screen.Filling(m.run, m.local.Facts); f != nil && f.State == "paused" {
		return m.post(journal.Message{Kind: journal.Resume, Name: m.local.Name}, "resuming from the cursor")
	}
	return m.post(journal.Message{Kind: journal.Pause, Name: m.local.Name}, "pausing at the end of this batch")
}

// pace asks for longer or shorter batches.
func pace(kind journal.MessageKind, said string) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { return m.post(journal.Message{Kind: kind, Name: m.local.Name}, said) }
}

// stop cancels at once where the server undoes it; it asks where something
// would stay behind.
func (m *model) stop() tea.Cmd {
	left := screen.Remains(m.run, m.local.Facts)
	if left == "" {
		return m.stopNow()
	}
	m.local.Over = nil
	m.local.Dialog = &screen.Dialog{
		ID: stopDialog, Text: "stop the run now?", Why: m.afterStop(left), Opened: m.at,
		Options: []screen.Option{{Label: "No, let it go on"}, {Answer: "stop", Label: "Stop it now"}},
	}
	return nil
}

// afterStop says what is undone and what stays behind.
func (m *model) afterStop(left string) string {
	if u := m.run.InHand(); u != nil && u.Intent.Transaction {
		return "The unit in hand is undone by the server; " + left + "."
	}
	return "Stopping leaves something behind: " + left + "; belay finds it and offers to drop it."
}

func (m *model) stopNow() tea.Cmd {
	return m.post(journal.Message{Kind: journal.Stop, Now: true}, "stop was asked")
}

// wayBack asks whether the watch is to end for the way back.
func (m *model) wayBack() tea.Cmd {
	m.local.Over = nil
	why := "What was applied stays until the way back has run: it has its own review and its own typed yes."
	if s := m.run.Step("rollback"); s != nil {
		why += " It is " + s.Summary + "."
	}
	m.local.Dialog = &screen.Dialog{
		ID: backDialog, Text: "end the watch and open the way back?", Why: why + " Where new code is out, take the code back first.", Opened: m.at,
		Options: []screen.Option{{Label: "No, keep watching"}, {Answer: "back", Label: "Open the way back; nothing is written yet"}},
	}
	return nil
}

// goBack ends the watch and leaves for the way back.
func (m *model) goBack() tea.Cmd {
	m.left = follow.Back
	msg := journal.Message{Kind: journal.Stop, Now: true}
	if m.run.Question("monitor.resolve") != nil {
		msg = journal.Message{Kind: journal.Answer, ID: "monitor.resolve", Answer: "rollback"}
	}
	return tea.Sequence(m.post(msg, ""), m.postAll(journal.Leave), tea.Quit)
}

// detach leaves by the person's word: the run goes on without a screen.
func (m *model) detach() tea.Cmd {
	m.left = follow.Detached
	return tea.Sequence(m.postAll(journal.Unwatched, journal.Leave), tea.Quit)
}

// leave is q. While something runs it detaches.
func (m *model) leave() tea.Cmd {
	switch {
	case m.run.Finished != nil:
		m.left = follow.Finished
	case screen.Busy(m.run):
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
	m.say("edit " + p + " in another terminal; belay looks again")
	send := m.send
	return func() tea.Msg {
		return sentMsg{said: "edit " + p + " in another terminal; belay looks again", err: send(journal.Message{Kind: journal.Again})}
	}
}

func (m *model) search() tea.Cmd {
	if m.local.Facts.Review == nil {
		m.say("nothing to search yet")
		return nil
	}
	m.local.Over, m.local.Screen, m.touched = nil, "review", true
	m.local.Searching, m.local.Search = true, ""
	return nil
}

func (m *model) accept() tea.Cmd {
	if q := screen.Waiver(m.run, m.local); q != nil {
		m.local.Over = nil
		m.open(*q)
		return nil
	}
	h, _ := screen.Selected(m.local)
	q := m.run.Question("review.accept." + h.Rule)
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
