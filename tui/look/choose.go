package look

import (
	"strings"

	"charm.land/bubbles/v2/table"
	"charm.land/lipgloss/v2"
)

// Choose is a table of which one row is under the cursor, in w columns and h lines: the
// heads and as many rows as fit, the cursor's always among them. The cells are drawn
// already. cursor -1 = nothing is chosen.
func (k *Look) Choose(cols []Column, rows [][]string, cursor, w, h int) []string {
	cols, rows = filled(cols, rows)
	mark := Width(k.Marks.Cursor) + 1
	widths := widths(cols, rows, w-mark)
	columns := []table.Column{{Width: mark}}
	for i, c := range cols {
		columns = append(columns, table.Column{
			Title: align(k.Cut(c.Head, widths[i]), widths[i], c.Right), Width: widths[i] + gap,
		})
	}
	cells := make([]table.Row, len(rows))
	for i, r := range rows {
		sign := k.Marks.NoCursor
		if i == cursor {
			sign = k.paint(Accent, k.Marks.Cursor)
		}
		cells[i] = table.Row{sign}
		for j, c := range cols {
			cells[i] = append(cells[i], align(k.fit(c, r[j], widths[j]), widths[j], c.Right))
		}
	}
	plain := lipgloss.NewStyle()
	t := table.New(table.WithColumns(columns), table.WithRows(cells), table.WithWidth(w+gap), table.WithHeight(h),
		table.WithStyles(table.Styles{Header: plain, Cell: plain, Selected: plain}))
	t.MoveDown(max(cursor, 0))
	out := strings.Split(t.View(), "\n")
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return out
}

func align(s string, w int, right bool) string {
	if !right {
		return s
	}
	return strings.Repeat(" ", max(0, w-Width(s))) + s
}
