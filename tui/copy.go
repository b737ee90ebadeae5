package tui

import (
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"belay/tui/screen"
)

// copyName is the file in the run folder that holds what was copied last. A
// clipboard far away may have refused it.
const copyName = "copied.txt"

// copy puts what is shown on the clipboard of the person's own terminal, and
// into a file.
func (m *model) copy() tea.Cmd {
	text := m.copied()
	path := filepath.Join(m.local.Folder, copyName)
	write := func() tea.Msg {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return sentMsg{said: "sent to your clipboard; no file: " + err.Error()}
		}
		return sentMsg{said: "copied; if your terminal refused it: " + path}
	}
	return tea.Batch(tea.SetClipboard(text), write)
}

// copied is the SQL, the summary, or the screen as text.
func (m *model) copied() string {
	switch m.local.Top() {
	case "sql", "card", "review":
		if sql := m.selectedSQL(); sql != "" {
			return sql + "\n"
		}
	case "rewrites":
		if r := screen.RewriteHere(m.local); r != nil {
			return strings.Join(screen.RewriteTexts(m.local, *r), "\n")
		}
	case "report":
		return strings.Join(screen.SummaryOf(m.run, m.local, m.at), "\n") + "\n"
	}
	return ansi.Strip(screen.Named(m.local.Top()).View(m.run, m.local, m.size, m.at)) + "\n"
}

func (m *model) selectedSQL() string {
	f := m.local.Facts
	if f.Review == nil {
		return ""
	}
	if m.local.Top() == "sql" {
		var all []string
		for _, file := range f.Review.Result.Files {
			for _, s := range file.Statements {
				all = append(all, s.SQL)
			}
		}
		return strings.Join(all, "\n")
	}
	it, ok := m.local.Reviewed()
	if !ok || it.Statement < 0 || it.Statement >= len(f.Review.Result.Files[it.File].Statements) {
		return ""
	}
	return f.Review.Result.Files[it.File].Statements[it.Statement].SQL
}
