package live

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/sqlview/activity"
	"belay/steps/journal"
	"belay/tui/ending"
	"belay/tui/screen"
)

// asksEnd is what the field asks for where a session is to be ended.
const asksEnd = "end"

// try is an ending that was asked for here.
type try struct {
	pid   int
	key   string
	at    time.Time
	fate  ending.Fate
	ended *journal.SessionEnded
}

// end opens the field for the words that end the session under the cursor.
func (m *model) end() tea.Cmd {
	if m.c.End == nil || m.help || m.onTables {
		m.say("choose a session first: tab, then j and k")
		return nil
	}
	var cmd tea.Cmd
	if !m.open {
		if cmd = m.query(); cmd == nil {
			m.say("there is no session to end")
			return nil
		}
	}
	m.field, m.asks, m.fieldAt = screen.NewLine(m.Look), asksEnd, m.now
	m.aim()
	return cmd
}

// aim keeps the words that are a yes with what is seen. What was typed for a session as
// it was before is no word for what it is now.
func (m *model) aim() {
	if m.field == nil || m.asks != asksEnd {
		return
	}
	v := m.ending()
	expect, bound := v.Expect(), v.Seen.Key()
	if m.expect != "" && (m.expect != expect || m.bound != bound) && m.field.Value() != "" {
		m.field.SetValue("")
		m.say("it has changed while you typed: read it again")
	}
	m.expect, m.bound = expect, bound
}

// consent is enter in that field: nothing is sent before the words are exact.
func (m *model) consent() tea.Cmd {
	switch text := m.field.Value(); {
	case m.now.Sub(m.fieldAt) < screen.DeafFor:
		return nil
	case m.expect == "":
		m.say("there is nothing to consent to now")
		return nil
	case text != m.expect:
		m.say("only this counts as a yes: " + m.expect)
		return nil
	}
	v := m.ending()
	way, s := v.Way(), v.Seen
	m.tries = append(m.tries, try{
		pid: s.PID, key: s.Key(), at: m.now, fate: ending.Fate{Way: way, By: m.c.Me},
	})
	m.field.SetValue("")
	m.expect = ""
	ctx, end := m.ctx, m.c.End
	return func() tea.Msg { return endedMsg{end(ctx, s, way)} }
}

// ended keeps what became of it.
func (m *model) ended(msg endedMsg) {
	for i := range m.tries {
		if t := &m.tries[i]; t.pid == msg.PID && t.ended == nil {
			t.ended = &msg.SessionEnded
			t.fate.Word, t.fate.Why, t.fate.Hint = string(msg.Fate), msg.Why, msg.Hint
			t.fate.Good = msg.Fate == journal.Gone || msg.Fate == journal.LetGo
		}
	}
}

// lookEvery is how often a session is looked at while it is open.
const lookEvery = 2 * time.Second

func (m *model) lookAgain() tea.Cmd {
	if !m.open || m.seen == nil || m.paused || m.now.Sub(m.seenAt) < lookEvery {
		return nil
	}
	return m.look()
}

// look asks for the session that is open.
func (m *model) look() tea.Cmd {
	if !m.open {
		return nil
	}
	ctx, see, pid := m.ctx, m.c.See, m.pid
	m.seenAt = m.now
	return func() tea.Msg {
		s, ok, err := see(ctx, pid)
		return seenMsg{pid: pid, s: s, gone: !ok, err: err}
	}
}

// canceled reports whether a cancel of just what is seen did not help.
func (p picture) canceled(key string) bool {
	for _, t := range p.tries {
		if t.key == key && t.ended != nil && t.fate.Way == activity.Cancel && t.ended.Fate == journal.StillThere {
			return true
		}
	}
	return false
}

// fates are what became of the tries on a session.
func (p picture) fates(pid int) []ending.Fate {
	var out []ending.Fate
	for _, t := range p.tries {
		if t.pid == pid {
			t.fate.Ago = p.now.Sub(t.at)
			out = append(out, t.fate)
		}
	}
	return out
}
