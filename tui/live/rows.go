package live

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"belay/sqlview/activity"
	"belay/sqlview/parse"
)

// row is a session of the tree, or several that wait alike.
type row struct {
	activity.Node
	// alike is how many sessions the row stands for; the lock is that of the first.
	alike int
	pids  []int
}

// leastAlike is from how many on sessions that wait alike are one row.
const leastAlike = 4

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
	rows []row
	// shapes are queries without their constants.
	shapes map[string]string
}

// rows are the sessions of the tree that pass filter and following, those that wait
// alike as one.
func (p picture) rows() []row {
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
	p.drawn.asked, p.drawn.rows = a, p.folded(nodes)
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

// folded makes one row of sessions that wait for the same one, hold up nobody and do
// the same but for its constants.
func (p picture) folded(nodes []activity.Node) []row {
	groups := map[alike][]int{}
	keys := make([]alike, len(nodes))
	var above []int
	for i, n := range nodes {
		above = append(above[:min(n.Depth, len(above))], n.Lock.PID)
		if p.single || n.Depth == 0 || n.Children > 0 {
			continue
		}
		l := n.Lock
		keys[i] = alike{
			above[max(n.Depth-1, 0)], l.Application, l.User, l.Relation, l.Mode.String(), p.shape(l.Query),
		}
		groups[keys[i]] = append(groups[keys[i]], l.PID)
	}
	var out []row
	for i, n := range nodes {
		r := row{Node: n, alike: 1, pids: []int{n.Lock.PID}}
		if g := groups[keys[i]]; keys[i] != (alike{}) && len(g) >= leastAlike {
			if g[0] != n.Lock.PID {
				continue
			}
			r.alike, r.pids = len(g), g
		}
		out = append(out, r)
	}
	return out
}

// alike is what sessions have in common that are one row.
type alike struct {
	behind                                   int
	application, user, relation, mode, query string
}

// shape is a query without its constants.
func (p picture) shape(query string) string {
	s, ok := p.drawn.shapes[query]
	if !ok {
		if len(p.drawn.shapes) >= keep {
			clear(p.drawn.shapes)
		}
		s = parse.Masked(query)
		p.drawn.shapes[query] = s
	}
	return s
}

// folds reports whether a row stands for several sessions.
func (p picture) folds() bool {
	return slices.ContainsFunc(p.rows(), func(r row) bool { return r.alike > 1 })
}

// cursor is where the session stands that the cursor was put on.
func (p picture) cursor(all []row) int {
	return max(slices.IndexFunc(all, func(r row) bool { return slices.Contains(r.pids, p.pid) }), 0)
}
