package tui

import (
	tea "charm.land/bubbletea/v2"

	"belay/steps/state"
	"belay/tui/screen"
)

// page is how far page down goes.
func (m *model) page() int { return max(1, m.size.Height-8) }

// move moves the cursor of a list, or scrolls a text.
func (m *model) move(by int) tea.Cmd {
	top := m.local.Top()
	switch top {
	case "menu":
		m.local.Cursor[top] = within(m.local.Cursor[top], by, screen.MenuLength())
	case "start":
		if screen.MenuHere(m.run, m.local.Facts) {
			m.local.Cursor["menu"] = within(m.local.Cursor["menu"], by, screen.MenuLength())
			return nil
		}
		m.local.Cursor[top] = within(m.local.Cursor[top], by, len(m.run.Steps))
	case "review":
		m.local.Cursor[top] = within(m.local.ReviewCursor(), by, len(m.local.Facts.Sheet.Items))
	case "rewrites":
		m.moveRewrite(by)
	case "run":
		m.moveChoice(by)
	case "log":
		// The newest line is at the bottom: down goes there.
		m.local.Scroll[top] = within(m.local.Scroll[top], -by, len(m.run.Log)*4)
	case "sql":
		m.local.Scroll[top] = within(m.local.Scroll[top], by, len(m.local.Facts.Sheet.Rows))
	default:
		m.local.Scroll[top] = within(m.local.Scroll[top], by, 500)
	}
	return nil
}

func within(at, by, of int) int { return min(max(at+by, 0), max(of-1, 0)) }

// moveChoice moves between the answers on the run screen.
func (m *model) moveChoice(by int) {
	q := m.runQuestion()
	if q == nil {
		m.local.Scroll["run"] = within(m.local.Scroll["run"], by, 500)
		return
	}
	options, safe := screen.Options(*q, m.run.ID)
	at, ok := m.local.Cursor["run/"+q.ID]
	if !ok {
		at = safe
	}
	m.local.Cursor["run/"+q.ID] = within(at, by, len(options))
}

// runQuestion is the question that the run waits for; nil = none.
func (m *model) runQuestion() *state.Question { return m.questionOf("run") }

func (m *model) questionOf(step string) *state.Question {
	for i := range m.run.Questions {
		if q := &m.run.Questions[i]; q.Step == step && !q.Dialog {
			return q
		}
	}
	return nil
}

// questionHere is the question of the step that is looked at. The review's own
// comes before its hazards, which are answered where they stand.
func (m *model) questionHere() *state.Question {
	q := m.questionOf(m.local.Screen)
	if q != nil && m.local.Screen == "review" {
		return m.reviewQuestion(q)
	}
	return q
}

// reviewQuestion prefers a question that is no acceptance: a opens those.
func (m *model) reviewQuestion(first *state.Question) *state.Question {
	for i := range m.run.Questions {
		q := &m.run.Questions[i]
		if q.Step == "review" && !q.Dialog && !isAccept(q.ID) {
			return q
		}
	}
	if isAccept(first.ID) {
		return nil
	}
	return first
}

func isAccept(id string) bool {
	const p = "review.accept."
	return len(id) > len(p) && id[:len(p)] == p
}

// openRunQuestion answers the run's question with what the cursor is on: it
// opens the dialog with the cursor there, and a second enter decides.
func (m *model) openRunQuestion() bool {
	q := m.runQuestion()
	if q == nil {
		return false
	}
	m.open(*q)
	if at, ok := m.local.Cursor["run/"+q.ID]; ok && at < len(m.local.Dialog.Options) {
		m.local.Dialog.Cursor = at
	}
	return true
}

// otherStep looks at the step before or after.
func (m *model) otherStep(by int) tea.Cmd {
	at := -1
	for i, s := range m.run.Steps {
		if s.ID == m.local.Screen {
			at = i
		}
	}
	if len(m.run.Steps) == 0 {
		m.say("no steps are known yet")
		return nil
	}
	if at+by < 0 {
		m.local.Screen = "start"
	} else {
		m.local.Screen = m.run.Steps[min(at+by, len(m.run.Steps)-1)].ID
	}
	m.local.Over, m.touched = nil, true
	return nil
}

// pane is tab outside a dialog: from the list to the step under the cursor.
func (m *model) pane() tea.Cmd { return m.otherStep(1) }
