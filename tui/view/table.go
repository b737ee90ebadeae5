package view

import (
	"strings"

	"belay/tui/theme"
)

// Column is a column of a table.
type Column struct {
	Head  string
	Right bool
}

// Table sets rows under their heads; the first column gives way where the
// screen is too narrow, and is cut in its middle.
func Table(cols []Column, rows [][]string, w int) []Line {
	widths := make([]int, len(cols))
	for i, c := range cols {
		widths[i] = Width(c.Head)
		for _, r := range rows {
			widths[i] = max(widths[i], Width(r[i]))
		}
	}
	total := 1
	for _, n := range widths {
		total += n + 3
	}
	widths[0] = max(8, widths[0]-max(0, total-3-w))
	head := make([]string, len(cols))
	for i, c := range cols {
		head[i] = c.Head
	}
	out := []Line{row(cols, widths, head, theme.Strong)}
	for _, r := range rows {
		out = append(out, row(cols, widths, r, theme.Plain))
	}
	return out
}

func row(cols []Column, widths []int, cells []string, role theme.Role) Line {
	var b strings.Builder
	for i, c := range cells {
		c = Middle(c, widths[i])
		pad := strings.Repeat(" ", max(0, widths[i]-Width(c)))
		if cols[i].Right {
			c = pad + c
		} else {
			c += pad
		}
		if i > 0 {
			b.WriteString("   ")
		}
		b.WriteString(c)
	}
	return L(T(" "), S(role, strings.TrimRight(b.String(), " ")))
}
