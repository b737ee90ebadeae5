package view

import (
	"time"

	"belay/steps/fact"
	"belay/tui/theme"
)

// Heart sets the heart sentence clause by clause, complete, wrapped to w.
func Heart(h fact.Heart, now time.Time, w int) []Line {
	c := h.Clauses(now)
	var out []Line
	add := func(role theme.Role, text string, indent int) {
		if text != "" {
			out = append(out, Paragraph(role, text, w, indent, 2)...)
		}
	}
	add(theme.Strong, c.Needs, 1)
	add(theme.Plain, c.Blocks, 1)
	role := theme.OK
	if len(c.Behind) > 0 || !h.Live {
		role = theme.Attention
	}
	add(role, c.Now, 1)
	for _, b := range c.Behind {
		add(theme.Attention, b, 3)
	}
	add(theme.Plain, c.Queue, 1)
	add(theme.Plain, c.Limits, 1)
	return out
}

// HeartTight sets the same sentence as one paragraph, for low screens.
func HeartTight(h fact.Heart, now time.Time, w int) []Line {
	return Paragraph(theme.Plain, h.Sentence(now), w, 1, 0)
}
