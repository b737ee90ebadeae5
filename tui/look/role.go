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

// light are the colours of letters on a light ground, where the sixteen of most terminals are
// pale: of the 256, which no theme changes.
var light = map[Role]color.Color{
	Accent: lipgloss.Color("24"), Focus: lipgloss.Color("24"), OK: lipgloss.Color("22"), Danger: lipgloss.Color("124"),
	Stale: lipgloss.Color("90"), Quiet: lipgloss.Color("245"), Production: lipgloss.Color("124"),
	Unset: lipgloss.Color("124"), Local: lipgloss.Color("22"), Stop: lipgloss.Color("124"), Reads: lipgloss.Color("22"),
	Writes: lipgloss.Color("90"), Keyword: lipgloss.Color("25"), Literal: lipgloss.Color("22"),
	Comment: lipgloss.Color("24"),
}

// marker is yellow that can be read on any ground: as behind a text marker.
var marker = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Black).Background(lipgloss.Yellow)

// colours are the terminal's own first sixteen, so that a person's theme holds; of red, blue
// and magenta the bright ones, which alone can be read on a dark ground.
var colours = map[Role]color.Color{
	Accent: lipgloss.Cyan, Focus: lipgloss.Cyan, OK: lipgloss.Green, Attention: lipgloss.Yellow,
	Danger: lipgloss.BrightRed, Stale: lipgloss.BrightMagenta, Quiet: lipgloss.BrightBlack,
	Production: lipgloss.BrightRed, Unset: lipgloss.BrightRed, Staging: lipgloss.Yellow, Local: lipgloss.Green,
	Stop: lipgloss.BrightRed, Warn: lipgloss.Yellow, Reads: lipgloss.Green, Writes: lipgloss.BrightMagenta,
	Keyword: lipgloss.BrightBlue, Literal: lipgloss.Green, Comment: lipgloss.Cyan,
}
