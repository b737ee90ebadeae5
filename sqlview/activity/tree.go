package activity

import (
	"cmp"
	"slices"
	"sort"
)

// Node is a session in the tree of who waits for whom.
type Node struct {
	Lock     Lock
	Depth    int
	Children int // how many sessions wait behind it, directly or not
}

// Tree lists sessions so that each stands below the one it waits for: roots
// (holders that wait for nobody) by age, waiters below by how long they wait.
// A session that waits for several stands below the first of them only.
func (s Sample) Tree() []Node { return s.TreeBy(Oldest) }

// Oldest sets who waits, or holds, for longest first.
func Oldest(a, b Node) int { return cmp.Compare(b.Lock.SinceMS, a.Lock.SinceMS) }

// Longest sets who holds up most sessions first.
func Longest(a, b Node) int { return cmp.Compare(b.Children, a.Children) }

// TreeBy is Tree with another order of those that stand side by side.
func (s Sample) TreeBy(order func(a, b Node) int) []Node {
	f := forest{of: map[int]*Node{}, children: map[int][]int{}, order: order}
	for _, l := range s.Locks {
		have, ok := f.of[l.PID]
		if !ok || (have.Lock.Granted && !l.Granted) {
			f.of[l.PID] = &Node{Lock: l}
		}
	}
	var roots []int
	for pid, n := range f.of {
		parent, ok := f.known(n.Lock.BlockedBy)
		if ok && parent != pid {
			f.children[parent] = append(f.children[parent], pid)
		} else if len(n.Lock.Blocks) > 0 {
			roots = append(roots, pid)
		}
	}
	counted := map[int]bool{}
	for _, r := range roots {
		f.count(r, counted)
	}
	var out []Node
	f.walk(roots, 0, &out)
	return out
}

// forest is the sessions while they are put in their order.
type forest struct {
	of       map[int]*Node
	children map[int][]int
	order    func(a, b Node) int
}

// known is the first of the pids whose session is there. A prepared transaction has 0.
func (f forest) known(pids []int) (pid int, ok bool) {
	for _, p := range pids {
		if _, ok := f.of[p]; ok {
			return p, true
		}
	}
	return 0, false
}

// count counts who waits behind a session. Nobody is counted twice.
func (f forest) count(pid int, counted map[int]bool) int {
	counted[pid] = true
	n := 0
	for _, c := range f.children[pid] {
		if !counted[c] {
			n += 1 + f.count(c, counted)
		}
	}
	f.of[pid].Children = n
	return n
}

func (f forest) walk(pids []int, depth int, out *[]Node) {
	slices.SortFunc(pids, func(a, b int) int {
		return cmp.Or(f.order(*f.of[a], *f.of[b]), cmp.Compare(a, b))
	})
	for _, pid := range pids {
		n := *f.of[pid]
		n.Depth = depth
		*out = append(*out, n)
		f.walk(f.children[pid], depth+1, out)
	}
}

// Younger sets the transaction that began last first.
func Younger(a, b Lock) int { return cmp.Compare(a.SinceMS, b.SinceMS) }

func sortByAge(l []Lock) {
	sort.Slice(l, func(i, j int) bool {
		if l[i].SinceMS != l[j].SinceMS {
			return l[i].SinceMS > l[j].SinceMS
		}
		return l[i].PID < l[j].PID
	})
}
