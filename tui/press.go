package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/tui/screen"
)

// press gives a key to whoever has the focus: a search, an overlay, a dialog,
// the screen.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	press := name(k)
	m.local.Message = ""
	switch {
	case m.local.Searching:
		return m.searchKey(k, press)
	case len(m.local.Over) == 0 && m.local.Dialog != nil:
		return m.dialogKey(k, press)
	case m.strays(k):
		m.say("no field is open: " + press + " was taken neither as text nor as a key")
		return nil
	}
	return m.command(press)
}

// typesOn is how soon the next letter follows of somebody who types on: a name that was
// begun behind a key which opened no dialog, or whose dialog has just closed.
const typesOn = 700 * time.Millisecond

// fields are the keys behind which a person types.
var fields = []screen.Action{screen.RunIt, screen.EndIt, screen.Accept, screen.HandOver}

// strays reports whether a key is a letter of a text that nothing takes. As keys its
// letters would stop the run, or leave it.
func (m *model) strays(k tea.KeyPressMsg) bool {
	if m.at.Sub(m.typing) >= typesOn || k.Key().Text == "" {
		m.typing = time.Time{}
		return false
	}
	m.typing = m.at
	return true
}

// name is the key as the table spells it. A capital letter may arrive as the
// letter with shift, or as its text.
func name(k tea.KeyPressMsg) string {
	key := k.Key()
	if key.Text != "" && key.Mod&^tea.ModShift == 0 && key.Text != " " {
		return key.Text
	}
	return k.String()
}

// command does what the key table says.
func (m *model) command(press string) tea.Cmd {
	k, ok := screen.Pressed(press)
	if !ok {
		m.pick(press)
		return nil
	}
	if why := k.Why(m.run, m.local); why != "" {
		m.say(why)
		if slices.Contains(fields, k.Action) {
			m.typing = m.at
		}
		return nil
	}
	do, ok := acts[k.Action]
	if !ok {
		m.say(k.Shown() + " does nothing here")
		return nil
	}
	return do(m)
}

func (m *model) searchKey(k tea.KeyPressMsg, press string) tea.Cmd {
	switch press {
	case "esc", "ctrl+c":
		m.local.Searching = false
	case "enter":
		m.local.Searching = false
		m.find()
	default:
		m.local.Search.Key(k)
	}
	return nil
}

// find moves to the next place of what is searched.
func (m *model) find() {
	text := m.local.Search.Value()
	if text == "" || m.local.Facts.Review == nil {
		return
	}
	at := m.local.Facts.Sheet.Find(m.local.Facts.Review, text, m.local.ReviewCursor())
	if at < 0 {
		m.say("nowhere: " + text)
		return
	}
	m.local.Cursor["review"] = at
}

// paste is taken by a reason or a search, and refused where a name is typed.
func (m *model) paste(text string) {
	d := m.local.Dialog
	switch {
	case m.local.Searching:
		m.local.Search.Paste(text)
	case d == nil || len(m.local.Over) > 0 || !d.Typed():
	case d.ID == screen.EndDialog:
		m.say("paste is refused here: type the words")
	case d.Expect != "":
		m.say("paste is refused here: type the name")
	default:
		d.Field.Paste(text)
	}
}
