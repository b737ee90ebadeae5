package screen

import (
	"belay/steps/fact"
	"belay/tui/theme"
	"belay/tui/view"
)

// itemLines draws one line of a check, with its hint below where it is not ok.
func itemLines(i fact.Item, w int) []view.Line {
	var out []view.Line
	for n, s := range view.Wrap(i.Text, w-6, 0) {
		head := []view.Span{view.T("     ")}
		if n == 0 {
			head = []view.Span{view.T(" "), view.Level(i.Level), view.T(" ")}
		}
		out = append(out, view.Line{Left: append(head, view.T(s))})
	}
	if i.Hint != "" && i.Level != fact.OK {
		out = append(out, view.Paragraph(theme.Plain, "-> "+i.Hint, w, 5, 3)...)
	}
	return out
}

// sorted puts what stops first, then what is to look at, then what is well.
func sorted(items []fact.Item) []fact.Item {
	var out []fact.Item
	for _, level := range []fact.Level{fact.Stop, fact.Look, fact.OK} {
		for _, i := range items {
			if i.Level == level || (level == fact.OK && i.Level != fact.Stop && i.Level != fact.Look) {
				out = append(out, i)
			}
		}
	}
	return out
}

// scrolled is a long list as a block that keeps the cursor in sight.
func (p page) scrolled(name string, lines []view.Line) view.Block {
	from := min(max(p.local.Scroll[name], 0), max(0, len(lines)-p.h))
	if from > 0 {
		lines = lines[from:]
	}
	return view.Block{Lines: lines, Give: 1, Min: 1, Fill: true}
}
