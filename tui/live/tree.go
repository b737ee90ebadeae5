package live

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/tui/ending"
	"belay/tui/look"
)

func (p picture) waiting() string {
	if p.sample == nil {
		return ""
	}
	role := look.Plain
	if p.sample.Sessions.Waiting > 0 {
		role = look.Attention
	}
	return p.Text(role, fmt.Sprintf("%d waiting", p.sample.Sessions.Waiting)) + "  " + p.age()
}

func (p picture) age() string {
	d := max(p.now.Sub(p.at), 0)
	if d > 5*time.Second && !p.paused {
		return p.Text(look.Stale, measure.Age(d))
	}
	return p.Plain(measure.Age(d))
}

var treeColumns = []look.Column{
	{Head: "session", Least: 16}, {Head: "does", Least: 6}, {Head: "since", Right: true},
	{Head: "blocks", Right: true}, {Head: "lock", Least: 22},
}

func (p picture) tree(w int) []string {
	if p.sample == nil {
		return []string{p.Plain("waiting for " + p.waits + ": " + measure.Elapsed(max(p.now.Sub(p.began), 0)))}
	}
	all := p.rows()
	if len(all) == 0 {
		return []string{p.empty()}
	}
	depths := make([]int, len(all))
	for i, r := range all {
		depths[i] = r.Depth
	}
	age := p.drift()
	cells := make([][]string, 0, len(all))
	for i, r := range all {
		cells = append(cells, p.cells(r, p.Branch(depths, i), age, w))
	}
	at := -1
	if !p.onTables {
		at = p.cursor(all)
	}
	cols := treeColumns
	if w < oneColumnLess { // too narrow for a part of a query that says anything
		cols = slices.Delete(slices.Clone(cols), 1, 2)
		for i := range cells {
			cells[i] = slices.Delete(cells[i], 1, 2)
		}
	}
	return p.chosen(p.Table(cols, cells, w-p.mark()), at)
}

// whole is the query of the session under the cursor, in all its length: the tree has room
// for its beginning.
func (p picture) whole(w int) []string {
	all := p.rows()
	if p.sample == nil || len(all) == 0 || p.onTables {
		return nil
	}
	l := all[p.cursor(all)].Lock
	if l.Query == "" {
		return nil
	}
	out := p.Paragraph(look.Plain, l.Query, w, 0)
	if l.Granted && l.State != "active" {
		out = append([]string{p.Plain("its last statement, which has ended:")}, out...)
	}
	return out
}

// oneColumnLess is below which width the tree does not say what sessions do.
const oneColumnLess = 70

// empty says why there is no session to see.
func (p picture) empty() string {
	switch {
	case p.filter != "" && len(p.sample.Tree()) > 0:
		return p.Plain("no session has " + strconv.Quote(p.filter))
	case p.follow.Name != "":
		return p.Text(look.OK, "nobody holds a lock on "+p.follow.Name+", and nobody waits for one")
	}
	return p.Text(look.OK, "nobody waits for a lock")
}

// mark is how wide the sign of the cursor is.
func (p picture) mark() int { return look.Width(p.Marks.Cursor) + 1 }

// chosen are the lines of a table with the cursor before the row at, below the heads.
func (p picture) chosen(lines []string, at int) []string {
	for i := range lines {
		sign := p.Marks.NoCursor
		if at >= 0 && i == at+1 {
			sign = p.Text(look.Accent, p.Marks.Cursor)
		}
		lines[i] = sign + " " + lines[i]
	}
	return lines
}

// drift is how much older things are than in the sample.
func (p picture) drift() time.Duration {
	if p.paused {
		return 0
	}
	return max(p.now.Sub(p.at), 0)
}

func (p picture) cells(r activity.Row, branch string, age time.Duration, w int) []string {
	l, role := r.Lock, look.Plain
	if r.Depth == 0 {
		role = look.Attention
	}
	who := ending.Name(activity.Session{
		PID: l.PID, Application: l.Application, User: l.User, BackendType: l.BackendType,
	})
	if n := len(r.PIDs); n > 1 {
		who = fmt.Sprintf("%dx %s", n, cmp.Or(l.Application, l.User))
	}
	does, since := strings.Join(strings.Fields(l.Query), " "),
		measure.Elapsed(time.Duration(l.SinceMS)*time.Millisecond+age)
	if l.Granted && l.State != "active" {
		does = l.State
	}
	if l.SinceMS < 0 {
		since = ""
		if l.Query == "" && l.PID != 0 {
			does = "hidden: needs pg_read_all_stats"
		}
	}
	queue := ""
	if r.Children > 0 {
		queue = strconv.Itoa(r.Children)
	}
	verb := "waits "
	if l.Granted {
		verb = "holds "
	}
	what := verb + l.Mode.String()
	switch {
	case l.Relation == "" && l.Granted:
		what = "in the way"
	case l.Relation == "":
		what = "waits"
	case w >= 90:
		what += " on " + strings.TrimPrefix(l.Relation, "public.")
	}
	return []string{
		branch + p.Text(role, strings.TrimPrefix(who, "pid ")), p.Plain(does), p.Plain(since),
		p.Text(look.Strong, queue), p.Text(role, what),
	}
}
