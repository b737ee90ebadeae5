package live

import (
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

// nodes are the sessions of the tree that pass filter and following.
func (p picture) nodes() []activity.Node {
	if p.sample == nil {
		return nil
	}
	return slices.DeleteFunc(p.sample.Tree(), func(n activity.Node) bool {
		l := n.Lock
		return !p.passes(l.Application, l.User, l.Query, l.Relation, l.State, strconv.Itoa(l.PID))
	})
}

func (p picture) passes(texts ...string) bool {
	return p.filter == "" || slices.ContainsFunc(texts, func(s string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(p.filter))
	})
}

// cursor is where the session stands that the cursor was put on.
func (p picture) cursor(nodes []activity.Node) int {
	return max(slices.IndexFunc(nodes, func(n activity.Node) bool { return n.Lock.PID == p.pid }), 0)
}

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
	{Head: "behind it", Right: true}, {Head: "lock", Least: 26},
}

func (p picture) tree(w int) []string {
	if p.sample == nil {
		return []string{p.Plain("no sample yet")}
	}
	nodes := p.nodes()
	if len(nodes) == 0 {
		return []string{p.Text(look.OK, "nobody waits for a lock")}
	}
	depths := make([]int, len(nodes))
	for i, n := range nodes {
		depths[i] = n.Depth
	}
	age := p.drift()
	var rows [][]string
	for i, n := range nodes {
		rows = append(rows, p.row(n, p.Branch(depths, i), age, w))
	}
	mark := look.Width(p.Marks.Cursor) + 1
	out := p.Table(treeColumns, rows, w-mark)
	at := p.cursor(nodes) + 1
	for i := range out {
		sign := p.Marks.NoCursor
		if i == at && !p.onTables {
			sign = p.Text(look.Accent, p.Marks.Cursor)
		}
		out[i] = sign + " " + out[i]
	}
	return out
}

// drift is how much older things are than in the sample.
func (p picture) drift() time.Duration {
	if p.paused {
		return 0
	}
	return max(p.now.Sub(p.at), 0)
}

func (p picture) row(n activity.Node, branch string, age time.Duration, w int) []string {
	l, role := n.Lock, look.Plain
	if n.Depth == 0 {
		role = look.Attention
	}
	who := ending.Name(activity.Session{
		PID: l.PID, Application: l.Application, User: l.User, BackendType: l.BackendType,
	})
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
	if n.Children > 0 {
		queue = strconv.Itoa(n.Children)
	}
	verb := "waits for "
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
