// Package printed draws what a command leaves on a terminal: a review, the state of a
// folder, an examination, a report. A pipe gets the plain lines of the command itself,
// which stay as they are for whoever reads them by a program. It is pure.
package printed

import (
	"strings"

	"belay/steps/fact"
	"belay/tui/look"
)

// Paper is a terminal that lines are printed on, so many columns wide.
type Paper struct {
	*look.Look
	Width int
}

// widest is how wide a line of words may be: further apart, the eye loses its row.
const widest = 110

// New is paper of a terminal's width; 0 = nobody knows it.
func New(k *look.Look, width int) Paper {
	if width <= 0 {
		width = 80
	}
	return Paper{Look: k, Width: max(min(width-1, widest), 20)}
}

// head is a heading, with a state at its right end.
func (p Paper) head(title, state string) string {
	return p.Ends(p.Text(look.Strong, title), state, p.Width)
}

// join sets drawn parts on one line.
func (p Paper) join(parts []string) string {
	return strings.Join(parts, p.Text(look.Quiet, " "+p.Marks.Dot+" "))
}

// indented is wrapped text, n columns from the left.
func (p Paper) indented(n int, lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimRight(strings.Repeat(" ", n)+l, " ")
	}
	return out
}

// level is the mark of a check, and how its text is painted.
func (p Paper) level(l fact.Level) (mark string, of, text look.Role) {
	switch l {
	case fact.Stop:
		return p.Marks.Failed, look.Danger, look.Danger
	case fact.Look:
		return p.Marks.Look, look.Attention, look.Plain
	}
	return p.Marks.Done, look.OK, look.Plain
}

// item is a check with what to do below it, n columns from the left.
func (p Paper) item(n int, i fact.Item) []string {
	mark, role, text := p.level(i.Level)
	out := p.Marked(role, mark, p.Text(text, i.Text), p.Width-n)
	if i.Hint != "" {
		out = append(out,
			p.indented(look.Width(mark)+1,
				p.Marked(look.Accent, "->", p.Plain(i.Hint), p.Width-n-look.Width(mark)-1))...)
	}
	return p.indented(n, out)
}
