package board

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/measure"
	"belay/steps/campaign"
	"belay/tui/look"
	"belay/tui/printed"
	"belay/tui/screen"
)

const doc = `Advice: replace what running code uses in four steps: add the new, deploy code that uses both, stop using the old, drop it. Ask before each: is it safe?
In practice: both sides are written first, and only then old rows are copied, and only those that differ. Rows are counted twice. A deploy is a person's word. "Nothing uses it" is asked of the catalog, of texts, of what the server counted and of who is connected, since the last deploy; a reset of the counters begins the time again.
Measured: copied before both were written, a row that came in between has NULL in the new column, and one that changed in between is stale.`

func (m *model) draw() string {
	w, h := m.size.Width, m.size.Height
	if w < screen.Smallest.Width || h < screen.Smallest.Height {
		return m.Cut(fmt.Sprintf("belay needs %dx%d, this is %dx%d; q leaves", screen.Smallest.Width,
			screen.Smallest.Height, w, h), max(w, 1))
	}
	body, _ := m.Stack(m.panels(), w, h-3, m.boxed())
	lines := append([]string{m.banner()}, body...)
	return strings.Join(append(lines, m.Cut(" "+m.remark(), w), m.keys()), "\n")
}

func (m *model) boxed() bool { return m.size.Width >= 100 && m.size.Height >= 30 }

// hidden is how many lines of the panel in focus are not seen.
func (m *model) hidden() int {
	_, placed := m.Stack(m.panels(), m.size.Width, m.size.Height-3, m.boxed())
	for _, x := range placed {
		if x.Focus {
			return max(x.Total-x.Height, 0)
		}
	}
	return 0
}

// before is how many lines of the phases stand above the one that is in hand: what is over
// is the least of interest.
func (m *model) before() int {
	b := *m.shown()
	at := slices.IndexFunc(b.Rows, func(r campaign.Row) bool { return r.Now })
	if at < 0 {
		return 0
	}
	b.Rows = b.Rows[:at]
	sides := 2
	if m.boxed() {
		sides = 4
	}
	return len(printed.Paper{Look: m.Look, Width: m.size.Width - sides}.Phases(b))
}

func (m *model) banner() string {
	left := " " + screen.Environment(m.Look, m.c.Environment) + " " + m.Plain(m.c.Title)
	state := m.Text(look.Accent, m.Marks.Live+" due")
	switch {
	case m.problem != "":
		state = m.Text(look.Danger, m.Marks.Failed+" no answer")
	case m.at.IsZero():
		state = m.Plain("asking")
	}
	return m.Ends(left, state+"  "+m.Plain(m.now.Format("15:04:05 -07")), m.size.Width)
}

// remark is the line above the keys.
func (m *model) remark() string {
	switch {
	case m.problem != "" && m.at.IsZero():
		return m.Text(look.Danger, m.problem)
	case m.problem != "":
		return m.Text(look.Danger, "nothing new for "+measure.Duration(m.now.Sub(m.at))+": ") + m.Plain(m.problem)
	case m.at.IsZero():
		return m.Plain("asking the server")
	}
	return m.Plain("it looks again every " + measure.Duration(m.c.Every) + " and changes nothing")
}

// keys are as many of the keys as fit, with why and leave always.
func (m *model) keys() string {
	all := slices.Clone(bindings)
	if m.shown() == nil {
		all = slices.Delete(all, 2, 3)
	} else {
		all = slices.Delete(all, 1, 2)
	}
	return screen.FitKeys(m.Look, m.size.Width, all, 2)
}

func (m *model) panels() []look.Panel {
	b := m.shown()
	switch {
	case m.help:
		return []look.Panel{{Name: "why", Title: "why", Focus: true, Grow: true, Offset: m.offset, Lines: m.why}}
	case b == nil:
		return []look.Panel{m.list()}
	}
	phase := look.Panel{
		Name: "phases", Title: "phases", State: m.age(), Focus: true, Grow: true, Give: 1, Min: 4, Offset: m.offset,
		Lines: func(w int) []string {
			return printed.Paper{Look: m.Look, Width: w}.Phases(*b)
		},
	}
	return []look.Panel{
		{
			Name: "checklist", Title: b.Says, State: m.Plain("campaign " + b.ID + " " + string(b.State)),
			Lines: func(w int) []string { return m.checklist(*b, w) },
		},
		{
			Name: "next", Title: "next", Lines: func(w int) []string {
				return look.Wrap(printed.Paper{Look: m.Look, Width: w}.Next(*b), w)
			},
		},
		phase,
		{
			Name: "uses", Title: "who uses the old", Give: 2, Min: 2, Lines: func(w int) []string {
				return printed.Paper{Look: m.Look, Width: w}.Uses(*b)
			},
		},
	}
}

func (m *model) age() string {
	if m.at.IsZero() {
		return ""
	}
	return m.Plain(measure.Duration(m.now.Sub(m.at)) + " ago")
}

// checklist is the steps of the change, with "safe to do?".
func (m *model) checklist(b campaign.Board, w int) []string {
	var out []string
	for i, s := range b.Checklist() {
		mark, role := m.Marks.Todo, look.Quiet
		switch {
		case s.Done:
			mark, role = m.Marks.Done, look.OK
		case s.Now && b.Wrong():
			mark, role = m.Marks.Failed, look.Danger
		case s.Now:
			mark, role = m.Marks.Asking, look.Attention
		}
		title := m.Text(look.Strong, fmt.Sprintf("%d %s", i+1, s.Title))
		out = append(out, m.Marked(role, mark, title, w)...)
		label := "safe?"
		if s.Done {
			label = "done"
		}
		const in = 4
		for _, l := range m.RowOf(6, label, m.Plain(strings.TrimPrefix(s.Safe, "done at ")), w-in) {
			out = append(out, strings.Repeat(" ", in)+l)
		}
	}
	return out
}

// list is what waits for whom, a row for each campaign.
func (m *model) list() look.Panel {
	panel := look.Panel{Name: "due", Title: "what waits for whom", State: m.age(), Focus: true, Grow: true}
	if len(m.all) == 0 {
		panel.Lines = func(w int) []string {
			if m.at.IsZero() {
				return []string{m.Plain("asking the server")}
			}
			return look.Wrap(m.Plain("nothing is due: no campaign is open on this database"), w)
		}
		return panel
	}
	var lines []string
	line := 0
	panel.Lines = func(w int) []string {
		lines = lines[:0]
		for i, b := range m.all {
			if i == m.cursor {
				line = len(lines)
			}
			lines = append(lines, m.due(b, i == m.cursor, w)...)
		}
		return lines
	}
	panel.Lines(m.size.Width - 4)
	panel.Cursor = min(line+3, max(len(lines)-1, 0))
	return panel
}

// due is a campaign in the list: its phase, what it waits for, and the command.
func (m *model) due(b campaign.Board, here bool, w int) []string {
	mark, role := m.Marks.Asking, look.Attention
	switch {
	case b.Wrong():
		mark, role = m.Marks.Failed, look.Danger
	case b.State != "open":
		mark, role = m.Marks.Done, look.OK
	case b.Waits():
		mark, role = m.Marks.Todo, look.Quiet
	}
	bar := "  "
	if here {
		bar = m.Text(look.Accent, m.Marks.Cursor) + " "
	}
	out := []string{m.Cut(bar+m.Text(role, mark)+" "+m.Text(look.Strong, b.Says), w)}
	row := func(label, text string) {
		for _, l := range m.RowOf(8, label, text, w-4) {
			out = append(out, "    "+l)
		}
	}
	for _, r := range b.Rows {
		if r.Now {
			row("phase", m.Plain(fmt.Sprintf("%d of %d, %s", r.N, len(b.Rows), r.Title)))
		}
	}
	row("next", printed.Paper{Look: m.Look, Width: w}.Next(b))
	row("by", m.Plain(b.Owner+", since "+measure.Duration(b.At.Sub(b.Since))+", campaign "+b.ID))
	return append(out, "")
}

func (m *model) why(w int) []string {
	var out []string
	for line := range strings.SplitSeq(doc, "\n") {
		head, rest, _ := strings.Cut(line, ": ")
		out = append(append(out, m.Text(look.Strong, head)), look.Wrap(m.Plain(rest), w)...)
	}
	for _, b := range bindings {
		out = append(out, m.RowOf(8, b.Help().Key, m.Plain(b.Help().Desc), w)...)
	}
	return out
}
