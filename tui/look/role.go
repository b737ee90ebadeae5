package look

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// Role is what a piece of text means. Nothing else names a colour, each colour has one
// meaning, and nothing is said by colour alone: a word or a mark stands beside it.
type Role int

// The roles. The zero value is plain text.
const (
	Plain Role = iota
	// Strong is the one thing of a row that matters, and a panel's title.
	Strong
	// Accent is what runs, and what has the focus.
	Accent
	// OK is done and well, Attention needs a look or an answer, Danger is danger.
	OK
	Attention
	Danger
	// Stale is what was true a while ago.
	Stale
	// Quiet is a border or a separator, never a text that must be read; Focus is the
	// border of the panel that keys move in.
	Quiet
	Focus
	// Production, Staging, Local and Unset are the environment words.
	Production
	Staging
	Local
	Unset
	// Stop and Warn are the labels of a hazard, in reverse video.
	Stop
	Warn
	// Key is a key that may be pressed; Selected the button that enter presses.
	Key
	Selected
	// Place is the place in an SQL text that a hazard is about.
	Place
	// Reads and Writes are the sparks of traffic.
	Reads
	Writes
	// Keyword, Literal, Comment and Name are SQL.
	Keyword
	Literal
	Comment
	Name
	roles
)

func styles(colour bool) [roles]lipgloss.Style {
	plain := lipgloss.NewStyle()
	bold := plain.Bold(true)
	reverse := bold.Reverse(true)
	s := [roles]lipgloss.Style{
		Strong: bold, Accent: bold, Attention: bold, Danger: bold, Key: bold, Place: plain.Underline(true),
		Production: reverse, Staging: reverse, Local: reverse, Unset: reverse, Stop: reverse, Warn: reverse,
		Selected: reverse, Keyword: bold,
	}
	if !colour {
		return s
	}
	for i := range s {
		if c, ok := colours[Role(i)]; ok {
			s[i] = s[i].Foreground(c)
		}
	}
	for _, r := range []Role{Warn, Staging} { // in reverse video white on yellow, where the ground is light
		s[r] = marker
	}
	return s
}

// marker is yellow that can be read on any ground: as behind a text marker.
var marker = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Black).Background(lipgloss.Yellow)

// colours are the terminal's own first sixteen, so that a person's theme, light or
// dark, holds.
var colours = map[Role]color.Color{
	Accent: lipgloss.Cyan, Focus: lipgloss.Cyan, OK: lipgloss.Green, Attention: lipgloss.Yellow, Danger: lipgloss.Red,
	Stale: lipgloss.Magenta, Quiet: lipgloss.BrightBlack, Production: lipgloss.Red, Unset: lipgloss.Red,
	Staging: lipgloss.Yellow, Local: lipgloss.Green, Stop: lipgloss.Red, Warn: lipgloss.Yellow,
	Reads: lipgloss.Green, Writes: lipgloss.Magenta, Keyword: lipgloss.Blue, Literal: lipgloss.Green,
	Comment: lipgloss.Cyan,
}
