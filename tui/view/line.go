package view

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"belay/tui/theme"
)

// Span is a piece of text with its meaning. Text is cleaned when it is drawn.
type Span struct {
	Text string
	Role theme.Role
}

// Line is one row: Left from the first column, Right ending at the last.
type Line struct {
	Left, Right []Span
}

// T is a plain span.
func T(text string) Span { return Span{Text: text} }

// S is a span with a role.
func S(role theme.Role, text string) Span { return Span{Text: text, Role: role} }

// L is a line of spans.
func L(spans ...Span) Line { return Line{Left: spans} }

// Text is a line of plain text.
func Text(text string) Line { return Line{Left: []Span{{Text: text}}} }

// Ends is the line with spans at its right end.
func (l Line) Ends(spans ...Span) Line {
	l.Right = spans
	return l
}

// Width is the number of columns of a text once it is drawn.
func Width(s string) int { return ansi.StringWidth(Clean(s)) }

func width(spans []Span) int {
	n := 0
	for _, s := range spans {
		n += Width(s.Text)
	}
	return n
}

// Cut shortens a text to a width, with "…" where something is left out.
func Cut(s string, w int) string {
	s = Clean(s)
	if ansi.StringWidth(s) <= w {
		return s
	}
	if w < 1 {
		return ""
	}
	return ansi.Truncate(s, w, "…")
}

// Middle shortens a text to a width by leaving out its middle, for file names.
func Middle(s string, w int) string {
	s = Clean(s)
	n := ansi.StringWidth(s)
	if n <= w || w < 5 {
		return Cut(s, w)
	}
	head := (w - 1) / 2
	return ansi.Truncate(s, head, "") + "…" + ansi.TruncateLeft(s, n-(w-1-head), "")
}

// Pad fills a text with spaces up to a width.
func Pad(s string, w int) string {
	return s + strings.Repeat(" ", max(0, w-Width(s)))
}

// cut shortens spans to a width.
func cut(spans []Span, w int) []Span {
	if width(spans) <= w {
		return spans
	}
	out := make([]Span, 0, len(spans))
	for i, s := range spans {
		n := Width(s.Text)
		last := i == len(spans)-1
		if n < w || (n == w && last) {
			out = append(out, s)
			w -= n
			continue
		}
		return append(out, Span{Text: Cut(s.Text+" …", w), Role: s.Role})
	}
	return out
}

// Draw paints a line into exactly w columns or fewer. Where both ends do not
// fit, the left end is cut.
func (l Line) Draw(w int, t theme.Theme) string {
	right := width(l.Right)
	if right >= w {
		return paint(cut(l.Right, w), t)
	}
	room := w
	if right > 0 {
		room = w - right - 1
	}
	left := cut(l.Left, room)
	s := paint(left, t)
	if right > 0 {
		s += strings.Repeat(" ", w-right-width(left)) + paint(l.Right, t)
	}
	return s
}

func paint(spans []Span, t theme.Theme) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(t.Paint(s.Role, Clean(s.Text)))
	}
	return b.String()
}

// Rule is a line across the screen.
func Rule(w int) Line { return L(S(theme.Rule, strings.Repeat("─", max(0, w)))) }
