package look

import (
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
)

// Column is a column of a table.
type Column struct {
	Head string
	// Right sets numbers at the right.
	Right bool
	// Least is how narrow it may get where the table is too wide; 0 = it never gives
	// way.
	Least int
	// Name is true for names of files and relations, which differ at both ends: they
	// are cut in the middle, everything else at its end.
	Name bool
}

// gap is the space between two columns.
const gap = 2

// Table sets drawn cells under their heads in at most w columns. Columns without any
// head draw no line of heads.
func (k *Look) Table(cols []Column, rows [][]string, w int) []string {
	if len(rows) == 0 {
		return nil
	}
	cols, rows = filled(cols, rows)
	widths := widths(cols, rows, w)
	t := table.New().Border(lipgloss.Border{}).BorderTop(false).BorderBottom(false).BorderLeft(false).
		BorderRight(false).BorderColumn(false).BorderHeader(false).BorderRow(false).Wrap(false).
		StyleFunc(func(_, col int) lipgloss.Style {
			s := lipgloss.NewStyle().Width(widths[col])
			if cols[col].Right {
				s = s.Align(lipgloss.Right)
			}
			if col < len(cols)-1 {
				s = s.Width(widths[col] + gap).PaddingRight(gap)
			}
			return s
		})
	if heads := heads(k, cols, widths); heads != nil {
		t.Headers(heads...)
	}
	for _, r := range rows {
		cells := make([]string, len(cols))
		for i := range cols {
			cells[i] = k.fit(cols[i], r[i], widths[i])
		}
		t.Row(cells...)
	}
	out := strings.Split(t.Render(), "\n")
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return out
}

// fit cuts a cell to its column.
func (k *Look) fit(c Column, s string, w int) string {
	if c.Name {
		return k.Middle(s, w)
	}
	return k.Cut(s, w)
}

// filled leaves out the columns that have neither head nor cells.
func filled(cols []Column, rows [][]string) ([]Column, [][]string) {
	var keep []int
	for i, c := range cols {
		some := c.Head != ""
		for _, r := range rows {
			some = some || r[i] != ""
		}
		if some {
			keep = append(keep, i)
		}
	}
	pick := func(r []string) []string {
		out := make([]string, len(keep))
		for n, i := range keep {
			out[n] = r[i]
		}
		return out
	}
	left := make([]Column, len(keep))
	for n, i := range keep {
		left[n] = cols[i]
	}
	out := make([][]string, len(rows))
	for i, r := range rows {
		out[i] = pick(r)
	}
	return left, out
}

func heads(k *Look, cols []Column, widths []int) []string {
	some := false
	out := make([]string, len(cols))
	for i, c := range cols {
		some = some || c.Head != ""
		out[i] = k.Cut(c.Head, widths[i])
	}
	if !some {
		return nil
	}
	return out
}

// widths is how wide each column is: as its longest cell, less where it gives way.
func widths(cols []Column, rows [][]string, w int) []int {
	out := make([]int, len(cols))
	total := gap * (len(cols) - 1)
	for i, c := range cols {
		out[i] = Width(c.Head)
		for _, r := range rows {
			out[i] = max(out[i], Width(r[i]))
		}
		total += out[i]
	}
	for total > w {
		widest := -1
		for i, c := range cols {
			if c.Least > 0 && out[i] > c.Least && (widest < 0 || out[i] > out[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		out[widest]--
		total--
	}
	return out
}
