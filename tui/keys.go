package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"belay/steps/journal"
	"belay/tui/screen"
)

// askKeys is K: a reader asks for the keys, who holds them answers who asks.
func (m *model) askKeys() tea.Cmd {
	if screen.Reads(m.run, m.local) {
		said := "asked for the keys; " + m.run.Keys.Who + " sees it"
		if m.run.Free() {
			said = "taking the keys"
		}
		return m.post(journal.Message{Kind: journal.AskKeys}, said)
	}
	a := m.run.Asked()
	if a == nil {
		return nil
	}
	m.local.Over = nil
	m.local.Dialog = &screen.Dialog{
		ID: screen.GiveDialog, Text: "give the keys to " + a.Who + "?", To: a.ID, Opened: m.at,
		Why: a.Who + " asks for them. Whoever holds the keys answers, stops and goes on; you read from then on, and " +
			"K asks for them back. Both of you see all of it, and the report says who did what.",
		Options: []screen.Option{
			{Label: "No, I keep them"}, {Answer: "give", Label: "Give the keys to " + a.Who},
		},
	}
	return nil
}

// answerKeys is the word of who holds the keys to who asks.
func (m *model) answerKeys(d *screen.Dialog, answer string) tea.Cmd {
	m.local.Dialog = nil
	if answer == "" {
		return m.post(journal.Message{Kind: journal.KeepKeys, To: d.To}, "you keep the keys")
	}
	return m.post(journal.Message{Kind: journal.GiveKeys, To: d.To}, "given")
}

// handOver is h: the keys go to another screen, with a note.
func (m *model) handOver() tea.Cmd {
	m.local.Over = nil
	to := screen.Readers(m.run, m.local)
	if a := m.run.Asked(); a != nil && len(to) > 1 {
		to = []journal.Screen{a.Screen}
	}
	if len(to) == 1 {
		m.local.Dialog = m.handTo(to[0].ID)
		return nil
	}
	d := &screen.Dialog{
		ID: screen.HandDialog, Text: "hand the keys over to whom?", Opened: m.at,
		Why:     "You read from then on, and K asks for them back.",
		Options: []screen.Option{{Label: "Nobody, I keep them"}},
	}
	for i, s := range to {
		d.Options = append(d.Options, screen.Option{Answer: s.ID, Label: fmt.Sprintf("%s (screen %d)", s.Who, i+1)})
	}
	m.local.Dialog = d
	return nil
}

// handTo asks for the note of a hand-over; nil = the screen is gone.
func (m *model) handTo(id string) *screen.Dialog {
	s := m.run.Watcher(id)
	if s == nil {
		m.say("that screen is gone: nothing was handed over")
		return nil
	}
	return &screen.Dialog{
		ID: screen.HandDialog, Text: "hand the keys over to " + s.Who, To: id, Opened: m.at, Wants: journal.Words,
		Field: screen.NewArea(m.local.Look),
		Why: "Say what " + s.Who + " must know: where it stands, what to watch, what you have changed. It goes into " +
			"the report.",
	}
}

// keysSettled reports whether a dialog about the keys has nothing to ask any more.
func (m *model) keysSettled(d *screen.Dialog) bool {
	switch {
	case screen.Reads(m.run, m.local):
		return true
	case d.ID == screen.GiveDialog:
		a := m.run.Asked()
		return a == nil || a.ID != d.To
	}
	return d.To != "" && m.run.Watcher(d.To) == nil
}

// heardKeys says what an event about the keys means for this screen.
func (m *model) heardKeys(e journal.Event) {
	switch e.Kind {
	case journal.KeysAsked{}.Kind():
		if b, err := journal.Decode[journal.KeysAsked](e); err == nil && b.Screen.ID != m.local.Me {
			m.local.Message = ""
		}
	case journal.KeysKept{}.Kind():
		if b, err := journal.Decode[journal.KeysKept](e); err == nil && b.Screen.ID == m.local.Me {
			m.say(e.By + " keeps the keys")
		}
	case journal.KeysMoved{}.Kind():
		b, err := journal.Decode[journal.KeysMoved](e)
		switch {
		case err != nil || b.How == journal.Arrived:
		case b.Screen.ID == m.local.Me && b.Note != "":
			m.say("you hold the keys; " + b.From + ": " + b.Note)
		case b.Screen.ID == m.local.Me:
			m.say("you hold the keys")
		default:
			m.say(b.Screen.Who + " holds the keys now")
		}
	case journal.MessageRefused{}.Kind():
		if b, err := journal.Decode[journal.MessageRefused](e); err == nil {
			m.say("refused: " + string(b.What) + " of " + e.By + ": " + b.Why)
		}
	}
}
