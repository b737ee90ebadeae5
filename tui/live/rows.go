package live

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"belay/sqlview/activity"
)

// treeOrders are how sessions may stand, the first is the usual one.
var treeOrders = []struct {
	name  string
	order func(a, b activity.Node) int
}{
	{"age", activity.Oldest},
	{"who holds up most", activity.Longest},
	{"name", func(a, b activity.Node) int {
		return cmp.Or(cmp.Compare(a.Lock.Application, b.Lock.Application), activity.Oldest(a, b))
	}},
	{"pid", func(a, b activity.Node) int { return cmp.Compare(a.Lock.PID, b.Lock.PID) }},
}

// asked is what the rows of the tree hang on.
type asked struct {
	sample         *activity.Sample
	filter, follow string
	order          int
	single         bool
}

// cached are the rows of the tree as they were last asked for: a frame asks often.
type cached struct {
	asked
	rows   []activity.Row
	folder activity.Folder
}

// rows are the sessions of the tree that pass filter and following, those that wait
// alike as one.
func (p picture) rows() []activity.Row {
	if p.sample == nil {
		return nil
	}
	a := asked{p.sample, p.filter, p.follow.Name, p.treeOrder, p.single}
	if p.drawn.asked == a {
		return p.drawn.rows
	}
	nodes := p.sample.TreeBy(treeOrders[p.treeOrder].order)
	if p.follow.Name != "" {
		nodes = append(within(nodes, p.follows), p.alone(nodes)...)
	}
	if p.filter != "" {
		nodes = within(nodes, func(l activity.Lock) bool {
			return p.passes(l.Application, l.User, l.Query, l.Relation, l.State, l.Mode.String(), strconv.Itoa(l.PID))
		})
	}
	p.drawn.asked, p.drawn.rows = a, activity.Single(nodes)
	if !p.single {
		p.drawn.rows = p.drawn.folder.Rows(nodes)
	}
	return p.drawn.rows
}

func (p picture) passes(texts ...string) bool {
	return p.filter == "" || slices.ContainsFunc(texts, func(s string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(p.filter))
	})
}

// follows reports whether a lock is on the relation that is followed, or on a part of it.
func (p picture) follows(l activity.Lock) bool { return slices.Contains(p.follow.Parts, l.Relation) }

// alone are the sessions that hold a lock on what is followed while nobody waits for them.
func (p picture) alone(nodes []activity.Node) []activity.Node {
	seen := map[int]bool{}
	for _, n := range nodes {
		seen[n.Lock.PID] = true
	}
	var out []activity.Node
	for _, l := range p.sample.Locks {
		if l.Granted && !seen[l.PID] && p.follows(l) {
			seen[l.PID] = true
			out = append(out, activity.Node{Lock: l})
		}
	}
	slices.SortStableFunc(out, treeOrders[p.treeOrder].order)
	return out
}

// within are the nodes that pass, and those that they stand below: who waits is
// nothing without whom for.
func within(nodes []activity.Node, passes func(activity.Lock) bool) []activity.Node {
	var out []activity.Node
	depth := -1 // of the next one above what passed
	for _, n := range slices.Backward(nodes) {
		if n.Depth == depth || passes(n.Lock) {
			out = append(out, n)
			depth = n.Depth - 1
		}
	}
	slices.Reverse(out)
	return out
}

// folds reports whether a row stands for several sessions.
func (p picture) folds() bool {
	return slices.ContainsFunc(p.rows(), func(r activity.Row) bool { return len(r.PIDs) > 1 })
}

// cursor is where the session stands that the cursor was put on.
func (p picture) cursor(all []activity.Row) int {
	return max(slices.IndexFunc(all, func(r activity.Row) bool { return slices.Contains(r.PIDs, p.pid) }), 0)
}
