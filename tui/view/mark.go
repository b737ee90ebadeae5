package view

import (
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/tui/theme"
)

// Mark is the ASCII mark of a status. Its word always stands near it.
func Mark(s journal.Status) Span {
	switch s {
	case journal.Done:
		return S(theme.OK, "[x]")
	case journal.Running:
		return S(theme.Running, "[>]")
	case journal.Paused:
		return S(theme.Attention, "[=]")
	case journal.Asking, journal.Unknown:
		return S(theme.Attention, "[?]")
	case journal.Look:
		return S(theme.Attention, "[!]")
	case journal.Failed:
		return S(theme.Danger, "[!]")
	case journal.Waived:
		return S(theme.Plain, "[-]")
	case journal.Stale:
		return S(theme.Stale, "[~]")
	}
	return T("[ ]")
}

// Word is the status as it stands at the right of the second line.
func Word(s journal.Status) Span {
	switch s {
	case journal.Running:
		return S(theme.Running, "RUNNING")
	case journal.Paused:
		return S(theme.Attention, "PAUSED")
	case journal.Failed:
		return S(theme.Danger, "FAILED")
	case journal.Unknown:
		return S(theme.Danger, "UNKNOWN")
	}
	m := Mark(s)
	return S(m.Role, string(s))
}

// Level is the mark of a check's item.
func Level(l fact.Level) Span {
	switch l {
	case fact.OK:
		return S(theme.OK, "[x]")
	case fact.Stop:
		return S(theme.Danger, "[!]")
	}
	return S(theme.Attention, "[!]")
}

// Severity colours the word of a hazard.
func Severity(word string) theme.Role {
	switch word {
	case "stop":
		return theme.Danger
	case "warn":
		return theme.Attention
	}
	return theme.Plain
}
