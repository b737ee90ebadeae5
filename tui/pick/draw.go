package pick

import (
	"fmt"
	"strconv"
	"strings"

	"belay/tui/look"
	"belay/tui/screen"
)

func (m *model) draw() string {
	w, h := m.size.Width, m.size.Height
	if w < screen.Smallest.Width || h < screen.Smallest.Height {
		return m.Cut(fmt.Sprintf("belay needs %dx%d, this is %dx%d; q leaves", screen.Smallest.Width,
			screen.Smallest.Height, w, h), max(w, 1))
	}
	body, _ := m.Stack(m.panels(), w, h-3, m.boxed())
	left := " " + m.Text(look.Strong, "belay")
	lines := append([]string{m.Ends(left, m.Plain(m.c.Terminal.Now().Format("15:04 -07")), w)}, body...)
	return strings.Join(append(lines, m.Cut(" "+m.remark(), w), screen.FitKeys(m.Look, w, m.bindings(), 2)), "\n")
}

func (m *model) boxed() bool { return m.size.Width >= 100 && m.size.Height >= 30 }

// hidden is how many lines of the help are not seen.
func (m *model) hidden() int {
	_, placed := m.Stack(m.panels(), m.size.Width, m.size.Height-3, m.boxed())
	return max(placed[0].Total-placed[0].Height, 0)
}

// remark is the line above the keys.
func (m *model) remark() string {
	switch {
	case m.field != nil:
		return m.Text(look.Strong, "filter (empty = all): ") + m.field.View()
	case m.filter != "":
		return m.Text(look.Attention, "only what has "+strconv.Quote(m.filter)) + m.Plain("; esc shows all")
	}
	return m.Plain("nothing is changed here; q leaves")
}

func (m *model) panels() []look.Panel {
	if m.help {
		return []look.Panel{{Name: "why", Title: "why", Focus: true, Grow: true, Offset: m.offset, Lines: m.why}}
	}
	rows := m.rows()
	m.cursor = min(m.cursor, max(len(rows)-1, 0))
	list := look.Panel{
		Name: "rows", Title: m.c.Title, State: m.Plain(m.counted(len(rows))), Counted: true,
		Focus: true, Give: 1, Min: 4, Total: len(rows) + 1,
		Draw: func(w, h int) []string { return m.table(rows, w, h) },
	}
	if len(rows) == 0 {
		list.Draw, list.Lines = nil, func(int) []string { return []string{m.Plain("none has it")} }
	}
	return []look.Panel{list, {Name: "more", Title: m.c.Noun, Grow: true, Lines: func(w int) []string {
		if len(rows) == 0 {
			return nil
		}
		var out []string
		for _, x := range rows[m.cursor].More {
			out = append(out, m.Row(x[0], m.Plain(x[1]), w)...)
		}
		return out
	}}}
}

// counted says which row the cursor is on, of those that pass the filter.
func (m *model) counted(shown int) string {
	at := fmt.Sprintf("%d of %d", min(m.cursor+1, shown), shown)
	if shown < len(m.c.Rows) {
		at += ", of " + strconv.Itoa(len(m.c.Rows)) + " in all"
	}
	return at
}

// table has the rows with the mark of what works.
func (m *model) table(rows []Row, w, h int) []string {
	cols := []look.Column{{}}
	for _, head := range m.c.Heads {
		cols = append(cols, look.Column{Head: head, Least: max(len(head), 8)})
	}
	cells := make([][]string, 0, len(rows))
	for i, r := range rows {
		mark := m.Text(look.Attention, m.Marks.Asking)
		if r.Works {
			mark = m.Text(look.Accent, m.Marks.Running)
		}
		line := []string{mark}
		for _, c := range r.Cells {
			role := look.Plain
			if i == m.cursor {
				role = look.Strong
			}
			line = append(line, m.Text(role, c))
		}
		cells = append(cells, line)
	}
	return m.Choose(cols, cells, m.cursor, w, h)
}

func (m *model) why(w int) []string {
	var out []string
	for line := range strings.SplitSeq(m.c.About, "\n") {
		head, rest, _ := strings.Cut(line, ": ")
		out = append(append(out, m.Text(look.Strong, head)), look.Wrap(m.Plain(rest), w)...)
	}
	m2 := *m
	m2.help = false
	for _, b := range m2.bindings() {
		out = append(out, m.RowOf(8, b.Help().Key, m.Plain(b.Help().Desc), w)...)
	}
	return out
}
