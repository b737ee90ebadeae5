package look

import (
	"fmt"
	"strings"
)

// Panel is a part of a screen that says in its border what it is and how it is. On a
// large terminal it is a box; on a small one a title in a rule, without sides.
type Panel struct {
	// Name is how focus and scrolling find it again; "" = it takes neither.
	Name string
	// Title is plain text. State is drawn already; it stands at the right.
	Title, State string
	// Lines are the body, each at most w columns wide.
	Lines func(w int) []string
	// Draw is the body of a text too long to be made whole: exactly the lines that are
	// seen in w columns and h lines. Total is then how many there are.
	Draw  func(w, h int) []string
	Total int
	// Give is how willingly it gives up lines where the screen is too low, the highest
	// first; 0 = never. Min is how many stay while others as willing have some left; at
	// 0 it may go whole.
	Give, Min int
	// Stay is true for what is scrolled and never goes whole.
	Stay bool
	// Grow is true for the panel that takes the lines nobody else needs.
	Grow bool
	// Cursor is the line that stays visible; -1 or 0 = the first ones do.
	Cursor int
	// Offset is how many lines were passed over; it counts where Cursor does not.
	Offset int
	// Tail is true where the end matters more than the beginning. Offset then counts
	// from the end.
	Tail bool
	// Right is true for what stands in the right column where there are two.
	Right bool
	// Wide is true for what takes both columns where there are two: above them where it
	// comes first, else below them.
	Wide bool
	// Focus is true for the one that keys move in.
	Focus bool
	// Counted is true where State says which of how many rows the cursor is on.
	Counted bool
	// Bare is a body without border, rule or title, for a line or two.
	Bare bool
}

// Placed is what became of a panel: how high its body is, and what of it is seen.
type Placed struct {
	Name          string
	Height, Total int
	From          int
	// Tail and Focus are the panel's.
	Tail, Focus bool
}

// Scrolls reports whether a part of the panel is not seen.
func (p Placed) Scrolls() bool { return p.Total > p.Height && p.Height > 0 }

// Around is how many lines a panel needs around its body.
func (p Panel) Around(boxed bool) int {
	switch {
	case p.Bare:
		return 0
	case boxed:
		return 2
	}
	return 1
}

// inside is how wide a panel's body may be in w columns.
func (p Panel) inside(w int, boxed bool) int {
	if boxed && !p.Bare {
		return max(w-4, 8)
	}
	return max(w-2, 8)
}

// draw is the panel in w columns with a body of exactly n lines.
func (k *Look) draw(p Panel, body []string, at Placed, w, n int, boxed bool) []string {
	out := make([]string, 0, n+2)
	switch {
	case p.Bare:
	case boxed:
		out = append(out, k.top(p, at, w))
	default:
		out = append(out, k.rule(p, at, w))
	}
	line := k.edge(p)
	left, right := k.paint(line, k.Border.Left)+" ", " "+k.paint(line, k.Border.Right)
	room := p.inside(w, boxed)
	for i := range n {
		text := ""
		if i < len(body) {
			text = body[i]
		}
		if Width(text) > room {
			text = k.Cut(text, room)
		}
		if boxed && !p.Bare {
			text = left + Pad(text, room) + right
		} else if text != "" {
			text = " " + text
		}
		out = append(out, text)
	}
	if boxed && !p.Bare {
		out = append(out, k.bottom(p, at, w))
	}
	return out
}

func (k *Look) edge(p Panel) Role {
	if p.Focus {
		return Focus
	}
	return Quiet
}

func (k *Look) title(p Panel) string {
	if p.Focus {
		return k.Text(Accent, p.Title)
	}
	return k.Text(Strong, p.Title)
}

// top is the upper border: the title at the left, the state at the right.
func (k *Look) top(p Panel, _ Placed, w int) string {
	return k.headed(p, k.Border.TopLeft+k.Border.Top, k.Border.Top+k.Border.TopRight, p.State, w)
}

// rule is the title of a panel without sides. Where a part is not seen it says which.
func (k *Look) rule(p Panel, at Placed, w int) string {
	state := p.State
	if pos := k.position(p, at); pos != "" {
		if state != "" {
			state += " " + k.paint(Quiet, k.Marks.Dot) + " "
		}
		state += pos
	}
	return k.headed(p, k.Border.Top+k.Border.Top, k.Border.Top, state, w)
}

func (k *Look) headed(p Panel, begin, end, state string, w int) string {
	edge := k.edge(p)
	room := w - Width(begin) - Width(end)
	title := k.title(p)
	if title != "" {
		title = " " + title + " "
	}
	if state != "" {
		state = " " + state + " "
	}
	if most := room - min(Width(title), room/3); Width(state) > most {
		state = k.Cut(state, max(most-1, 0)) + " "
	}
	if spare := room - Width(state); Width(title) > spare {
		title = k.Cut(title, max(spare-1, 0)) + " "
	}
	fill := max(room-Width(title)-Width(state), 0)
	return k.paint(edge, begin) + title + k.paint(edge, strings.Repeat(k.Border.Top, fill)) + state + k.paint(edge, end)
}

// bottom is the lower border, with the position where a part is not seen.
func (k *Look) bottom(p Panel, at Placed, w int) string {
	edge, pos := k.edge(p), k.position(p, at)
	if pos == "" {
		return k.paint(edge, k.Border.BottomLeft+strings.Repeat(k.Border.Bottom, max(w-2, 0))+k.Border.BottomRight)
	}
	fill := max(w-4-Width(pos)-1, 0)
	return k.paint(edge, k.Border.BottomLeft+strings.Repeat(k.Border.Bottom, fill)) + " " + pos + " " +
		k.paint(edge, k.Border.Bottom+k.Border.BottomRight)
}

// position says which lines are seen; "" = all are.
func (k *Look) position(p Panel, at Placed) string {
	if !at.Scrolls() || p.Counted {
		return ""
	}
	return fmt.Sprintf("%d-%d of %d", at.From+1, min(at.From+at.Height, at.Total), at.Total)
}
