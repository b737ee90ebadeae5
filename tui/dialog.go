package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/screen"
)

// open shows a question.
func (m *model) open(q state.Question) {
	if screen.Reads(m.run, m.local) {
		m.say(screen.Reading(m.run))
		return
	}
	d := &screen.Dialog{ID: q.ID, Text: q.Text, Why: q.Why, Bound: q.Bound, Expect: q.Expect, Opened: m.at}
	switch {
	case d.Confirms() && !accepts(q, "yes"):
	case d.Confirms():
		d.Options = []screen.Option{{Answer: "", Label: "No, go back"}, {Answer: "yes", Label: "Run on " + q.Expect}}
		d.Buttons = true
	default:
		d.Options, d.Cursor = screen.Answers(m.run, m.local, q)
		d.Wants = q.Wants
	}
	if d.Field = screen.NewLine(m.local.Look); d.Wants == journal.Words {
		d.Field = screen.NewArea(m.local.Look)
	}
	m.fresh(d.Screen())
	m.local.Dialog = d
	if m.run.Step(q.Step) != nil && !d.Confirms() {
		m.local.Screen = q.Step
	}
}

func accepts(q state.Question, word string) bool {
	for _, o := range q.Options {
		if o == word {
			return true
		}
	}
	return false
}

// dialogKey is a key while a dialog has the focus.
func (m *model) dialogKey(k tea.KeyPressMsg, press string) tea.Cmd {
	d := m.local.Dialog
	deaf := m.at.Sub(d.Opened) < screen.DeafFor
	switch {
	case press == "ctrl+c" && d.ID == screen.LeaveDialog:
		if deaf {
			return nil
		}
		return m.interrupted("")
	case press == "esc" || press == "ctrl+c":
		return m.dismiss(d)
	case deaf:
		return nil
	case press == "q" && !d.Takes():
		return m.dismiss(d) // q closes what lies on top
	case press == "pgdown" || press == "pgup":
		return m.command(press)
	case d.Confirms():
		return m.confirmKey(d, k, press)
	case d.ID == screen.ApproveDialog:
		return m.approveKey(d, k, press)
	case d.ID == screen.EndDialog:
		return m.endKey(d, k, press)
	case d.Typed():
		return m.fieldKey(d, k, press)
	}
	return m.choiceKey(d, press)
}

// dismiss closes a dialog without an answer.
func (m *model) dismiss(d *screen.Dialog) tea.Cmd {
	m.local.Dialog, m.local.Over = nil, d.Below
	if d.ID == m.returns {
		m.returns = ""
	}
	m.comeBack()
	return nil
}

// confirmKey is a key in the run dialog. In the field, letters are text.
func (m *model) confirmKey(d *screen.Dialog, k tea.KeyPressMsg, press string) tea.Cmd {
	if press == "tab" || press == "shift+tab" {
		m.nextButton(d)
		return nil
	}
	if press == "enter" {
		return m.decide(d)
	}
	if !d.Buttons {
		d.Field.Key(k)
		return nil
	}
	switch press {
	case "left", "h", "k", "up":
		d.Yes = false
	case "right", "l", "j", "down":
		d.Yes = d.Exact() || !d.Typed()
	case "s", "w", "?":
		return m.command(press)
	}
	m.propose(d, press)
	return nil
}

// propose opens what a backfill proposes, by its number, from the run dialog, which comes
// back behind the answer.
func (m *model) propose(d *screen.Dialog, press string) {
	all := screen.FillPresets(m.run)
	if n := int(press[0] - '1'); len(press) == 1 && n >= 0 && n < len(all) {
		m.open(all[n])
		m.returns = d.ID
	}
}

// comeBack opens the run dialog again behind a proposal that was looked at; what runs is
// looked at once more meanwhile, and the question may go and come.
func (m *model) comeBack() {
	if m.returns == "" || m.local.Dialog != nil {
		return
	}
	if q := m.run.Question(m.returns); q != nil {
		m.open(*q)
	}
}

// nextButton goes field, no, yes, field; yes is passed over until it would run.
func (m *model) nextButton(d *screen.Dialog) {
	may := d.Exact() || !d.Typed()
	switch {
	case !d.Buttons:
		d.Buttons, d.Yes = true, false
	case !d.Yes && may:
		d.Yes = true
	default:
		d.Yes, d.Buttons = false, !d.Typed()
	}
}

// decide is enter in the run dialog.
func (m *model) decide(d *screen.Dialog) tea.Cmd {
	m.returns = ""
	switch {
	case d.Buttons && !d.Yes:
		m.local.Dialog = nil
		return nil
	case !d.Typed():
		return m.confirmed(d, "yes")
	case d.Exact():
		return m.confirmed(d, d.Field.Value())
	}
	m.say("it runs only once the name is exact: " + d.Expect)
	return nil
}

// confirmed sends the yes, and goes where its run is to be seen.
func (m *model) confirmed(d *screen.Dialog, text string) tea.Cmd {
	if m.run.Step("run") != nil {
		m.local.Screen, m.touched = "run", false
	}
	return m.answer(d, text)
}

// fieldKey is a key in a question with a field.
func (m *model) fieldKey(d *screen.Dialog, k tea.KeyPressMsg, press string) tea.Cmd {
	if press != "enter" {
		d.Field.Key(k)
		return nil
	}
	text := strings.TrimSpace(d.Field.Value())
	if d.Expect != "" && text != d.Expect {
		m.say("only this counts as a yes: " + d.Expect)
		return nil
	}
	if why := (journal.QuestionAsked{Expect: d.Expect, Wants: d.Wants}).Refuses(text); why != "" {
		m.say(why + "; esc goes back without an answer")
		return nil
	}
	return m.answer(d, text)
}

// choiceKey is a key in a question with words to choose from.
func (m *model) choiceKey(d *screen.Dialog, press string) tea.Cmd {
	switch press {
	case "j", "down", "tab":
		d.Cursor = (d.Cursor + 1) % len(d.Options)
	case "k", "up", "shift+tab":
		d.Cursor = (d.Cursor + len(d.Options) - 1) % len(d.Options)
	case "enter":
		return m.choose(d)
	case "s", "w", "?", "l":
		return m.command(press)
	}
	if n := int(press[0] - '0'); len(press) == 1 && n >= 1 && n <= len(d.Options) {
		d.Cursor = n - 1
	}
	return nil
}

func (m *model) choose(d *screen.Dialog) tea.Cmd {
	o := d.Options[d.Cursor]
	switch {
	case d.ID == screen.GiveDialog:
		return m.answerKeys(d, o.Answer)
	case d.ID == screen.LeaveDialog && o.Answer != "":
		return m.interrupted(o.Answer)
	case o.Answer == "":
		m.local.Dialog = nil
		return nil
	case o.Answer == screen.Unblocks && !d.Own():
		m.local.Dialog = nil
		return m.end()
	case d.ID == screen.HandDialog:
		m.local.Dialog = m.handTo(o.Answer)
		return nil
	case d.ID == screen.StopDialog:
		m.local.Dialog = nil
		return m.stopNow()
	case fact.MendsFiles(d.ID) && o.Answer != "yes":
		m.local.Dialog = nil // the question stays: its key opens it again
		return nil
	case d.ID == fact.WriteQuestion:
		return m.write(d, o.Answer)
	case d.ID == screen.BackDialog:
		m.local.Dialog = nil
		return m.goBack()
	}
	return m.answer(d, o.Answer)
}

// answer sends the answer of a dialog and closes it; the journal shows whether
// it counted.
func (m *model) answer(d *screen.Dialog, text string) tea.Cmd {
	m.local.Dialog = nil
	if d.ID == screen.HandDialog {
		return m.post(journal.Message{Kind: journal.HandOver, To: d.To, Note: text}, "handed over")
	}
	return m.post(journal.Message{Kind: journal.Answer, ID: d.ID, Answer: text, Bound: d.Bound},
		"answered; belay checks it")
}

// post sends a message away from the keyboard.
func (m *model) post(msg journal.Message, said string) tea.Cmd {
	if screen.Reads(m.run, m.local) && msg.Kind != journal.AskKeys {
		m.say(screen.Reading(m.run))
		return nil
	}
	send := m.send
	return func() tea.Msg { return sentMsg{said: said, err: send(msg)} }
}
