package tui

import (
	"os"
	"path/filepath"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// copyName is the file in the run folder that holds what was copied last. A
// clipboard far away may have refused it.
const copyName = "copied.txt"

// copy puts what is shown on the clipboard of the person's own terminal, and
// into a file.
func (m *model) copy() tea.Cmd {
	text := m.copied()
	if m.local.Of != "" {
		// The folder is another user's: nothing of this one is written there.
		m.say("sent to your clipboard")
		return tea.SetClipboard(text)
	}
	path := filepath.Join(m.local.Folder, copyName)
	write := func() tea.Msg {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return sentMsg{said: "sent to your clipboard; no file: " + err.Error()}
		}
		return sentMsg{said: "copied; if your terminal refused it: " + path}
	}
	return tea.Batch(tea.SetClipboard(text), write)
}

// copied is what the screen says is worth copying, or the screen as text.
func (m *model) copied() string {
	s := m.here()
	if s.Copy != nil {
		if text := s.Copy(m.run, m.local, m.at); text != "" {
			return text
		}
	}
	return ansi.Strip(s.Draw(m.run, m.local, m.size, m.at)) + "\n"
}
