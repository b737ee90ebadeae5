package live

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/tui/look"
	"belay/tui/screen"
)

// picture is what View draws from.
type picture struct {
	*look.Look
	title      string
	size       screen.Size
	now, began time.Time
	// sample is the newest moment, at when it came; nil = there was none. problem is why
	// there is no newer one.
	sample  *activity.Sample
	at      time.Time
	problem string
	// trends are the values of a number by "what/relation", oldest first.
	trends map[string][]float64
	// pid is the session under the cursor; offset how far the panel in focus was scrolled.
	pid, offset          int
	onTables, open, help bool
	seen                 *seenMsg
	order                int
	filter, follow       string
	field                *screen.Field
	asks                 string
	// fieldAt is when the field was opened; expect are the words that are a yes to what
	// bound names, tries what was ended from here, seenAt when the session was seen.
	fieldAt, seenAt time.Time
	expect, bound   string
	tries           []try
	paused          bool
	said            string
	saidAt          time.Time
}

const doc = `Advice: look at the server before, while and after you change it.
In practice: one idle transaction stops a table as soon as somebody wants to change it, and everybody who comes later waits behind that one. The oldest transaction holds back VACUUM and every CREATE INDEX CONCURRENTLY of its database. Sizes and rows are those of the server's statistics; nothing here takes a lock on a table, so that it stays alive while one is locked. It keeps its connection: it goes on where no slot is free.
Measured: a sample is one round trip, at most once a second, and less often where it costs the server over 50 ms. What it costs is said below.`

// From these sizes on there are boxes, and two columns.
const (
	boxedWidth, boxedHeight = 100, 30
	twoColumns              = 150
)

func (p picture) draw() string {
	if p.size.Width < screen.Smallest.Width || p.size.Height < screen.Smallest.Height {
		return p.Cut(fmt.Sprintf("belay needs %dx%d, this is %dx%d; q leaves", screen.Smallest.Width,
			screen.Smallest.Height, p.size.Width, p.size.Height), max(p.size.Width, 1))
	}
	body, _ := p.lay()
	lines := append([]string{p.banner()}, body...)
	return strings.Join(append(lines, p.Cut(" "+p.remark(), p.size.Width), p.keys()), "\n")
}

// keys are as many of the keys as fit, with why and leave always.
func (p picture) keys() string {
	help, all := screen.KeysHelp(p.Look), slices.Clone(bindings)
	line := " " + help.ShortHelpView(all)
	for look.Width(line) > p.size.Width && len(all) > 2 {
		all = slices.Delete(all, len(all)-3, len(all)-2)
		line = " " + help.ShortHelpView(all)
	}
	return line
}

func (p picture) banner() string {
	state := p.Text(look.Accent, p.Marks.Live+" live")
	switch {
	case p.paused:
		state = p.Text(look.Attention, p.Marks.Paused+" paused")
	case p.problem != "":
		state = p.Text(look.Danger, p.Marks.Failed+" no answer")
	case p.sample == nil:
		state = p.Plain("asking")
	}
	left := "  " + p.Text(look.Strong, "belay watch") + " " + p.Text(look.Quiet, p.Border.Left) + " " + p.Plain(p.title)
	return p.Ends(left, state+"  "+p.Plain(p.now.Format("15:04:05 -07")), p.size.Width)
}

// remark is the line above the keys.
func (p picture) remark() string {
	switch {
	case p.field != nil && p.asks == asksEnd && p.said != "" && p.now.Sub(p.saidAt) < 5*time.Second:
		return p.Text(look.Attention, p.said)
	case p.field != nil && p.asks == asksEnd:
		return p.Plain("nothing is ended before the words are exact; esc goes back; a paste is refused")
	case p.field != nil && p.asks == "follow":
		return p.Text(look.Strong, "follow relation (empty = all): ") + p.field.View()
	case p.field != nil:
		return p.Text(look.Strong, "filter (empty = all): ") + p.field.View()
	case p.said != "" && p.now.Sub(p.saidAt) < 5*time.Second:
		return p.Text(look.Attention, p.said)
	case p.problem != "":
		since := p.at
		if p.sample == nil {
			since = p.began
		}
		return p.Text(look.Danger, "no sample for "+measure.Duration(p.now.Sub(since))+": ") + p.Plain(p.problem)
	case p.paused:
		return p.Text(look.Attention, "paused at "+p.at.Format("15:04:05")) +
			p.Plain("; nothing is asked; space goes on")
	case p.filter != "":
		return p.Text(look.Attention, "only what has "+strconv.Quote(p.filter)) + p.Plain("; esc shows all")
	case p.follow != "":
		return p.Text(look.Attention, "following "+p.follow) + p.Plain("; esc shows all")
	case p.sample == nil:
		return p.Plain("asking the server")
	}
	return p.Plain("a sample costs the server " + measure.MS(p.sample.CostMS) + "; nothing is written")
}

func (p picture) lay() ([]string, []look.Placed) {
	w, h := p.size.Width, p.size.Height-3
	boxed := w >= boxedWidth && p.size.Height >= boxedHeight
	left, right := p.panels()
	if w < twoColumns || len(right) == 0 {
		return p.Stack(append(left, right...), w, h, boxed)
	}
	half := (w - 1) / 2
	l, placed := p.Stack(left, w-1-half, h, boxed)
	r, more := p.Stack(right, half, h, boxed)
	return strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, strings.Join(l, "\n"), " ", strings.Join(r, "\n")),
		"\n"), append(placed, more...)
}

// hidden is how many lines of the panel in focus are not seen.
func (p picture) hidden() int {
	_, placed := p.lay()
	for _, x := range placed {
		if x.Focus {
			return max(x.Total-x.Height, 0)
		}
	}
	return 0
}

func (p picture) panels() (left, right []look.Panel) {
	switch {
	case p.help:
		return []look.Panel{{Name: "why", Title: "why", Focus: true, Grow: true, Offset: p.offset, Lines: p.why}}, nil
	case p.open:
		return p.session(), nil
	}
	tree := look.Panel{
		Name: "tree", Title: "who waits for whom", State: p.waiting(), Focus: !p.onTables, Grow: true, Give: 1, Min: 4,
		Lines: p.tree,
	}
	if nodes := p.nodes(); len(nodes) > 0 {
		tree.Cursor = p.cursor(nodes) + 1
	}
	tables := look.Panel{
		Name: "tables", Title: "tables by " + orders[p.order].name, State: p.Plain("the last minutes"),
		Focus: p.onTables, Give: 2, Min: 3, Lines: p.tables,
	}
	if p.onTables {
		tables.Offset, tables.Give = p.offset, 1
	}
	tables.Grow = p.size.Width >= twoColumns // below the tree, that one grows
	return []look.Panel{tree}, []look.Panel{
		{Name: "server", Title: "server", State: p.slots(), Lines: p.server}, tables,
		{Name: "progress", Title: "at work", Give: 3, Min: 2, Lines: p.progress},
	}
}

func (p picture) why(w int) []string {
	var out []string
	for line := range strings.SplitSeq(doc, "\n") {
		head, rest, _ := strings.Cut(line, ": ")
		out = append(append(out, p.Text(look.Strong, head)), look.Wrap(p.Plain(rest), w)...)
	}
	for _, b := range bindings {
		out = append(out, p.RowOf(8, b.Help().Key, p.Plain(b.Help().Desc), w)...)
	}
	return out
}
