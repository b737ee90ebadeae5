package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/steps/journal"
	"belay/tui/screen"
)

// end opens the dialog that ends a session, or has one chosen where several stand in
// the way.
func (m *model) end() tea.Cmd {
	who, several, ok := screen.ToEnd(m.run, m.local, m.at)
	switch {
	case !ok:
		return nil
	case several:
		m.say("several stand in the way: choose one, then E")
		return over("waits")(m)
	}
	m.local.Dialog = &screen.Dialog{
		ID: screen.EndDialog, PID: who.PID, Opened: m.at, Field: screen.NewLine(m.local.Look), Below: m.local.Over,
	}
	m.local.Over = nil
	m.fresh("end")
	m.aim()
	return m.lookAgain()
}

// lookEvery is how often a session is looked at while its dialog is open: it may end by
// itself at any moment.
const lookEvery = 2 * time.Second

// lookAgain asks the engine for the session of the dialog, where it is time to.
func (m *model) lookAgain() tea.Cmd {
	d := m.local.Dialog
	if d == nil || d.ID != screen.EndDialog || m.at.Sub(d.Asked) < lookEvery || !m.run.Alive {
		return nil
	}
	d.Asked = m.at
	send, msg := m.send, journal.Message{Kind: journal.LookAt, PID: d.PID}
	return func() tea.Msg {
		if err := send(msg); err != nil {
			return sentMsg{err: err}
		}
		return nil
	}
}

// aim keeps the words that are a yes with what is seen. What was typed for a session as
// it was before is no word for what it is now.
func (m *model) aim() {
	d := m.local.Dialog
	if d == nil || d.ID != screen.EndDialog {
		return
	}
	v := screen.Ending(m.run, d.PID, m.at)
	expect, bound := v.Expect(), v.Seen.Key()
	if d.Expect != "" && (d.Expect != expect || d.Bound != bound) && d.Field.Value() != "" {
		d.Field.SetValue("")
		if expect != "" {
			m.say("it has changed while you typed: read it again")
		}
	}
	d.Expect, d.Bound = expect, bound
}

// endKey is a key in the dialog that ends a session. Letters are text.
func (m *model) endKey(d *screen.Dialog, k tea.KeyPressMsg, press string) tea.Cmd {
	switch {
	case press != "enter":
		d.Field.Key(k)
	case d.Expect == "":
		m.say("there is nothing to consent to now")
	case !d.Exact():
		m.say("only this counts as a yes: " + d.Expect)
	default:
		msg := journal.Message{Kind: journal.End, PID: d.PID, Answer: d.Expect, Bound: d.Bound}
		d.Field.SetValue("")
		return m.post(msg, "asked; belay looks again and does it")
	}
	return nil
}
