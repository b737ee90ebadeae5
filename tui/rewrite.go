package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"belay/steps/fact"
	"belay/tui/screen"
)

// moveRewrite moves between the files of a rewrite; a page scrolls the text of
// the one under the cursor.
func (m *model) moveRewrite(by int) {
	r := screen.RewriteHere(m.local)
	if r == nil {
		return
	}
	if by == m.page() || by == -m.page() {
		m.local.Scroll["rewrites"] = within(m.local.Scroll["rewrites"], by/2, 2000)
		return
	}
	m.local.Cursor["rewrites"] = within(m.local.Cursor["rewrites"], by, len(r.Files))
	m.local.Scroll["rewrites"] = 0
}

// leaveOut leaves the file under the cursor out of the rewrite, or takes it in
// again.
func (m *model) leaveOut() tea.Cmd {
	r := screen.RewriteHere(m.local)
	if r == nil || len(r.Files) == 0 {
		return nil
	}
	path := r.Files[within(m.local.Cursor["rewrites"], 0, len(r.Files))].Path
	m.local.Without[path] = !m.local.Without[path]
	return nil
}

// askWrite opens the question that starts on No.
func (m *model) askWrite() tea.Cmd {
	r := screen.RewriteHere(m.local)
	q := m.run.Question(fact.WriteQuestion)
	switch {
	case r == nil:
		return m.back()
	case r.Refused != "":
		m.say(r.Refused)
		return nil
	case q == nil:
		m.say("nothing can be written now: belay looks again")
		return nil
	}
	m.local.Over = nil
	m.open(*q)
	if n := len(without(m.local, *r)); n > 0 {
		m.local.Dialog.Text = fmt.Sprintf("%s %d left out", q.Text, n)
	}
	return nil
}

// write answers the question: a yes names the proposal that was seen.
func (m *model) write(d *screen.Dialog, answer string) tea.Cmd {
	r := screen.RewriteHere(m.local)
	if answer != "yes" || r == nil {
		m.local.Dialog = nil
		return nil
	}
	return m.answer(d, r.Yes(without(m.local, *r)))
}

func without(l screen.Local, r fact.Rewrite) []int {
	var out []int
	for i, f := range r.Files {
		if l.Without[f.Path] {
			out = append(out, i)
		}
	}
	return out
}
