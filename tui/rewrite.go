package tui

import (
	tea "charm.land/bubbletea/v2"

	"belay/steps/fact"
	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/screen"
)

// write answers the question: a yes names the proposal that was seen.
func (m *model) write(d *screen.Dialog, answer string) tea.Cmd {
	r := screen.RewriteHere(m.local)
	if answer != "yes" || r == nil {
		m.local.Dialog = nil
		return nil
	}
	return m.answer(d, r.Yes(screen.LeftOut(m.local, *r)))
}

// showNew shows the migration that the start menu was asked for, once it is made.
func (m *model) showNew(was *fact.Mend) {
	is := m.local.Facts.Mends.Of(fact.NewQuestion)
	if is == nil || m.local.Dialog != nil || screen.Reads(m.run, m.local) ||
		(was != nil && was.SHA256 == is.SHA256) {
		return
	}
	m.local.Over = nil
	over(screen.New.Name)(m)
}

// goOn leaves a look for a command that goes on in the screen's place.
func (m *model) goOn(line string) tea.Cmd {
	m.left, m.begins = follow.Begin, line
	return tea.Sequence(m.postAll(journal.Leave), tea.Quit)
}
