package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/screen"
)

// stop cancels at once where the server undoes it; it asks where something would stay
// behind, and where the run waits for an answer: nothing is in a hurry then.
func (m *model) stop() tea.Cmd {
	if screen.Watching(m.run) {
		return m.endWatch()
	}
	left := screen.Remains(m.run, m.local.Facts)
	if left == "" && !screen.Awaits(m.run) {
		return m.stopNow()
	}
	m.local.Over = nil
	m.local.Dialog = &screen.Dialog{
		ID: screen.StopDialog, Text: "stop the run now?", Why: m.afterStop(left), Opened: m.at,
		Options: []screen.Option{{Label: "No, let it go on"}, {Answer: "stop", Label: "Stop it now"}},
	}
	return nil
}

// endWatch asks whether the watch is to end before its time.
func (m *model) endWatch() tea.Cmd {
	m.local.Over = nil
	m.local.Dialog = &screen.Dialog{
		ID: screen.StopDialog, Text: "end the watch now?", Opened: m.at,
		Why:     "What was applied stays. The report says that the watch was ended before its time.",
		Options: []screen.Option{{Label: "No, keep watching"}, {Answer: "stop", Label: "End the watch"}},
	}
	if screen.Returns(m.run) {
		d := m.local.Dialog
		d.Text, d.Why = "bring it back now?", "It gets its name back at once, under the same short waits for its lock."
		d.Options = []screen.Option{{Label: "No, keep watching"}, {Answer: "stop", Label: "Bring it back"}}
	}
	return nil
}

// afterStop says what is undone and what stays behind.
func (m *model) afterStop(left string) string {
	switch u := m.run.InHand(); {
	case left == "":
		return "It waits for your answer. If you stop it now: " + screen.Stopping(m.run, m.local) + "."
	case u != nil && u.Probed != nil && u.Probed.Outcome == journal.OutcomeRunning:
		return "belay sends nothing more; " + left + ": stopping belay does not end it."
	case u != nil && u.Intent.Transaction:
		return "The server undoes the file that is running; " + left + "."
	}
	return "Stopping leaves something behind: " + left + "; belay finds it and offers to drop it."
}

func (m *model) stopNow() tea.Cmd {
	return m.post(journal.Message{Kind: journal.Stop, Now: true}, "stop requested")
}

// wayBack asks whether the watch is to end for the way back.
func (m *model) wayBack() tea.Cmd {
	m.local.Over = nil
	why := "What was applied stays until the way back has run: it has its own review and its own typed yes."
	if s := m.run.Step("rollback"); s != nil {
		why += " The way back: " + s.Summary + "."
	}
	if back, ends := screen.WaysBack(m.local.Facts); ends != "" {
		why += " It takes back " + strings.Join(back, ", ") + "; what ran before that stays: " + ends + "."
	}
	m.local.Dialog = &screen.Dialog{
		ID: screen.BackDialog, Text: "end the watch and open the way back?",
		Why: why + " Where new code is out, take the code back first.", Opened: m.at,
		Options: []screen.Option{
			{Label: "No, keep watching"}, {Answer: "back", Label: "Open the way back; nothing is written yet"},
		},
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

// interrupt is Ctrl+C. What the server undoes it cancels at once, as c does: to stop is
// easier than to start. Where else something goes on behind the screen nobody knows which
// of the two a person means, so it asks; elsewhere it leaves, as q does.
func (m *model) interrupt() tea.Cmd {
	if screen.Undone(m.run, m.local) {
		return m.stopNow()
	}
	if screen.Reads(m.run, m.local) || !screen.Underway(m.run) && !screen.Works(m.run) {
		return m.leave()
	}
	below := m.local.Over
	m.local.Over = nil
	m.local.Dialog = &screen.Dialog{
		ID: screen.LeaveDialog, Text: "leave this screen, or stop what goes on?", Opened: m.at, Below: below,
		Why:     "Ctrl+C alone does neither. Pressed once more it leaves.",
		Options: screen.Ways(m.run, m.local),
	}
	return nil
}

// interrupted does what was chosen behind Ctrl+C.
func (m *model) interrupted(answer string) tea.Cmd {
	m.local.Dialog = nil
	if answer == screen.StopsIt {
		return m.stopNow()
	}
	return m.leave()
}
