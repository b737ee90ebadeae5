package live

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/lipgloss/v2"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/tui/look"
	"belay/tui/screen"
)

// picture is what View draws from.
type picture struct {
	*look.Look
	title string
	// environment is the database's word; "" = not known.
	environment string
	size        screen.Size
	now, began  time.Time
	// waits is what is waited for before the first sample, since began.
	waits string
	// sample is the newest moment, at when the server was asked for it, line what the way
	// there and back took; nil = there was none. problem is why there is no newer one.
	sample  *activity.Sample
	at      time.Time
	line    time.Duration
	problem string
	// trends are the values of a number by "what/relation", oldest first.
	trends map[string][]float64
	// pid is the session under the cursor, table the relation under that of the tables;
	// offset is how far the panel in focus was scrolled.
	pid, offset          int
	table                string
	onTables, open, help bool
	seen                 *seenMsg
	// order is that of the tables, treeOrder that of the sessions; single is true where
	// sessions that wait alike are a row each.
	order, treeOrder int
	single           bool
	follow           Followed
	// filter is what texts must have; before is what it was when the field was opened.
	filter, before string
	field          *screen.Field
	asks           string
	drawn          *cached
	// fieldAt is when the field was opened; expect are the words that are a yes to what
	// bound names, tries what was ended from here, seenAt when the session was seen.
	fieldAt, seenAt time.Time
	expect, bound   string
	tries           []try
	paused          bool
	said            string
	saidAt          time.Time
	// keysOf are the keys of the footer and of the help, about what the help says.
	keysOf []key.Binding
	about  string
	ends   bool // E ends a session here
	// Of a replay: its state at the top, where it stands above the keys, what the run
	// said, and panels in place of the usual ones; "" and nil = it is live.
	state, place string
	story        func(w int) []string
	instead      func() []look.Panel
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
	return screen.FitKeys(p.Look, p.size.Width, p.bindings(), 2)
}

// bindings are the keys that do something now, the likeliest first.
func (p picture) bindings() []key.Binding {
	esc, why, leave := bind("esc", "back", "esc"), bind("?", "why", "?"), bind("q", "leave", "q")
	switch {
	case p.field != nil && p.asks == asksEnd:
		return []key.Binding{bind("enter", "end it", "enter"), esc}
	case p.field != nil && p.asks == "follow":
		return []key.Binding{bind("enter", "follow it", "enter"), bind("tab", "complete", "tab"), esc}
	case p.field != nil:
		return []key.Binding{bind("enter", "take it", "enter"), esc}
	case p.help:
		return []key.Binding{bind("j k", "scroll", "j", "k"), esc, leave}
	case p.open:
		all := []key.Binding{bind("j k", "scroll", "j", "k"), esc, why, leave}
		if p.ends {
			all = slices.Insert(all, 0, bind("E", "end session…", "E"))
		}
		return all
	}
	var all []key.Binding
	for _, b := range p.keysOf {
		switch k := b.Keys()[0]; {
		case k == "z" && (p.onTables || !p.single && !p.folds()):
		case (k == "enter" || k == "E") && !p.onTables && len(p.rows()) == 0:
		case k == "E" && p.onTables, k == "enter" && p.onTables:
		case k == "z" && p.single:
			all = append(all, bind("z", "alike as one", "z"))
		case k == "tab" && p.onTables:
			all = append(all, bind("tab", "sessions", "tab"))
		default:
			all = append(all, b)
		}
	}
	return all
}

func (p picture) banner() string {
	state := p.Text(look.Accent, p.Marks.Live+" watch")
	switch {
	case p.state != "":
		state = p.state
	case p.paused:
		state = p.Text(look.Attention, p.Marks.Paused+" paused")
	case p.problem != "":
		state = p.Text(look.Danger, p.Marks.Failed+" no answer")
	case p.sample == nil:
		state = p.Plain("waiting")
	}
	left := " " + screen.Environment(p.Look, p.environment) + " " + p.Plain(p.title)
	return p.Ends(left, state+"  "+p.Plain(p.now.Format("15:04:05 -07")), p.size.Width)
}

// remark is the line above the keys.
func (p picture) remark() string {
	switch {
	case p.place != "":
		return p.place
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
	case p.follow.Name != "":
		return p.Text(look.Attention, "following "+p.follow.Name) + p.Plain("; esc shows all")
	case p.sample == nil:
		return p.Plain("nothing is known of the server yet; q leaves")
	}
	text := "a sample costs the server " + measure.MS(p.sample.CostMS)
	if p.line >= slowLine {
		text += "; the line adds " + measure.MS(p.line.Milliseconds())
	}
	return p.Plain(text + "; it only looks: q ends it, nothing changes")
}

// slowLine is from when on the line is named: below it nobody feels it.
const slowLine = 100 * time.Millisecond

func (p picture) boxed() bool { return p.size.Width >= boxedWidth && p.size.Height >= boxedHeight }

func (p picture) lay() ([]string, []look.Placed) {
	w, h, boxed := p.size.Width, p.size.Height-3, p.boxed()
	left, right := p.panels()
	if w < twoColumns || len(right) == 0 {
		return p.Stack(append(left, right...), w, h, boxed)
	}
	half := (w - 1) * 46 / 100 // a tree with queries is wider than numbers
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
	case p.instead != nil:
		return p.instead(), nil
	case p.open:
		return p.session(), nil
	}
	tree := look.Panel{
		Name: "tree", Title: "who waits for whom", State: p.waiting(), Focus: !p.onTables, Grow: true, Give: 1, Min: 6,
		Lines: p.tree,
	}
	if p.treeOrder > 0 {
		tree.Title += ", by " + treeOrders[p.treeOrder].name
	}
	if p.follow.Name != "" {
		tree.Title += " on " + p.follow.Name
	}
	if all := p.rows(); len(all) > 0 {
		tree.Cursor = p.cursor(all) + 1
	}
	tables := look.Panel{
		Name: "tables", Title: "tables by " + orders[p.order].name, State: p.Plain("the last minutes"),
		Focus: p.onTables, Give: 1, Min: 3, Lines: p.tables,
	}
	if p.onTables {
		tables.Cursor, tables.Min, tree.Min = p.tableAt(p.shown())+1, 6, 3
	}
	tables.Grow = p.size.Width >= twoColumns // below the tree, that one grows
	left = []look.Panel{tree}
	if all := p.rows(); p.boxed() && len(all) > 0 {
		who := "pid " + strconv.Itoa(all[p.cursor(all)].Lock.PID)
		left = append(left, look.Panel{
			Name: "whole", Title: "the whole query of " + who, Give: 2, Grow: len(p.whole(80)) > 0, Lines: p.whole,
		})
	}
	if p.story != nil {
		left = append(left, look.Panel{Name: "story", Title: "what the run said", Lines: p.story, Give: 1, Min: 3})
	}
	return left, []look.Panel{
		{Name: "server", Title: "server", State: p.slots(), Lines: p.server, Give: 1, Min: 3}, tables,
		{Name: "progress", Title: "at work", Give: 1, Min: 2, Lines: p.progress},
	}
}

// keyDocs say more of a key than its label does, by the label.
var keyDocs = map[string]string{
	"query":  "the whole query of the session under the cursor; among tables: follow that one",
	"filter": "show only what has a text: in a name, role, query, relation, mode or pid; also whom it waits for",
	"order": "another order of the panel in focus: sessions by age, by who holds up most, by name, by pid; " +
		"tables by size, writes, reads, dead rows, growth, rows",
	"follow":       "follow one relation with its partitions: who holds or wants a lock on it, its size and traffic",
	"pause":        "pause: nothing is asked, and what is seen stays",
	"each one":     "a row for each session; again: those that wait alike, but for constants, are one row",
	"tables":       "from sessions to tables and back",
	"end session…": "end the session under the cursor, by typed words",
}

func (p picture) why(w int) []string {
	var out []string
	for line := range strings.SplitSeq(p.about, "\n") {
		head, rest, _ := strings.Cut(line, ": ")
		out = append(append(out, p.Text(look.Strong, head)), look.Wrap(p.Plain(rest), w)...)
	}
	for _, b := range p.keysOf {
		out = append(out, p.RowOf(8, b.Help().Key, p.Plain(cmp.Or(keyDocs[b.Help().Desc], b.Help().Desc)), w)...)
	}
	return out
}
