// Package look is what every screen is drawn with, on Lip Gloss and Bubbles: styles
// that carry a meaning, marks, panels that share the height of a terminal, labelled
// rows, tables, bars. It is pure: the same data gives the same text.
//
// Every text of a database, a file or a person passes through [Look.Text], which makes
// it visible, so that no name, query or message can move the cursor or turn the text
// around. What it returns may be joined, wrapped and cut, never passed through again.
package look

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Look is how one terminal is drawn on. The zero value is not usable: see [New].
type Look struct {
	styles [roles]lipgloss.Style
	// Marks are the signs of a state; Border is the line around a panel.
	Marks  Marks
	Border lipgloss.Border
	// bar is how progress is filled: done, and still to do.
	bar [2]rune
	// Sparks are the heights of a column of a chart, the lowest first.
	Sparks []rune
	// elbow, tee and pipe are the branches of a tree.
	elbow, tee, pipe string
	// plainer writes in ASCII what belay's own words have beside it; nil = they stay.
	plainer *strings.Replacer
}

// Set is the characters a terminal can draw.
type Set int

// The sets. The zero value is the one for terminals of today.
const (
	Unicode Set = iota
	// ASCII is for a locale that is not UTF-8, for TERM=linux and vt100.
	ASCII
)

// New is the look of a terminal with or without colours. Without them bold,
// underline and reverse video stay.
func New(colour bool, set Set) *Look {
	k := &Look{
		styles: styles(colour), Marks: unicodeMarks, Border: lipgloss.NormalBorder(), bar: [2]rune{'█', '░'},
		Sparks: []rune("▁▂▃▄▅▆▇█"), elbow: "└ ", tee: "├ ", pipe: "│ ",
	}
	if set == ASCII {
		k.Marks, k.Border, k.bar, k.Sparks = asciiMarks, lipgloss.ASCIIBorder(), [2]rune{'#', '-'}, []rune("_.-=oO0@")
		k.elbow, k.tee, k.pipe = "` ", "|-", "| "
		// The signs of belay's own words; letters of the database's stay as they are.
		k.plainer = strings.NewReplacer("…", "...", "·", "-", "–", "-", "→", "->", "✓", asciiMarks.Done)
	}
	return k
}

// OnLight is for a terminal with colours whose ground is light. Yellow letters are pale
// there: what needs a look gets a yellow ground instead.
func (k *Look) OnLight() {
	for r, c := range light {
		k.styles[r] = k.styles[r].Foreground(c)
	}
	k.styles[Attention] = marker
}

// Text is the one way of a text onto the screen: made visible, then styled.
func (k *Look) Text(r Role, text string) string { return k.paint(r, k.Plain(text)) }

// Plain is Text without a style.
func (k *Look) Plain(text string) string {
	text = Visible(text)
	if k.plainer != nil {
		text = k.plainer.Replace(text)
	}
	return text
}

// paint styles what is visible already.
func (k *Look) paint(r Role, text string) string {
	if text == "" || r <= Plain || r >= roles {
		return text
	}
	return k.styles[r].Render(text)
}

// Style is the Lip Gloss style of a role, for what Lip Gloss and Bubbles draw themselves.
func (k *Look) Style(r Role) lipgloss.Style {
	if r < Plain || r >= roles {
		return lipgloss.NewStyle()
	}
	return k.styles[r]
}

// Width is the number of columns of a drawn text.
func Width(s string) int { return lipgloss.Width(s) }

// Cut shortens a drawn text to a width, with "…" where something is left out.
func (k *Look) Cut(s string, w int) string {
	if w < 1 {
		return ""
	}
	return ansi.Truncate(s, w, k.Marks.Ellipsis)
}

// Middle shortens a drawn text to a width by leaving out its middle, for names of
// files and relations, which differ at both ends.
func (k *Look) Middle(s string, w int) string {
	n := Width(s)
	if n <= w || w < 5 {
		return k.Cut(s, w)
	}
	head := (w - 1) / 2
	return ansi.Truncate(s, head, "") + k.Marks.Ellipsis + ansi.TruncateLeft(s, n-(w-1-head), "")
}

// Pad fills a drawn text with spaces up to a width.
func Pad(s string, w int) string { return s + strings.Repeat(" ", max(0, w-Width(s))) }

// Ends is one line of w columns with a text at each end. The left one gives way.
func (k *Look) Ends(left, right string, w int) string {
	if right == "" {
		return k.Cut(left, w)
	}
	r := Width(right)
	if r >= w {
		return k.Cut(right, w)
	}
	left = k.Cut(left, w-r-1)
	return left + strings.Repeat(" ", w-r-Width(left)) + right
}
