package tui

import (
	tea "charm.land/bubbletea/v2"

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
