package activity

import "sort"

// Node is a session in the tree of who waits for whom.
type Node struct {
	Lock     Lock
	Depth    int
	Children int // how many sessions wait behind it, directly or not
}

// Tree lists sessions so that each stands below the one it waits for: roots
// (holders that wait for nobody) by age, waiters below by how long they wait.
// A session that waits for several stands below the first of them only.
func (s Sample) Tree() []Node {
	byPID := map[int]Lock{}
	for _, l := range s.Locks {
		have, ok := byPID[l.PID]
		if !ok || (have.Granted && !l.Granted) {
			byPID[l.PID] = l
		}
	}
	children, roots := map[int][]int{}, []int{}
	for pid, l := range byPID {
		parent := firstKnown(l.BlockedBy, byPID)
		if parent != 0 && parent != pid {
			children[parent] = append(children[parent], pid)
		} else if len(l.Blocks) > 0 {
			roots = append(roots, pid)
		}
	}
	older := func(p []int) {
		sort.Slice(p, func(i, j int) bool {
			a, b := byPID[p[i]], byPID[p[j]]
			if a.SinceMS != b.SinceMS {
				return a.SinceMS > b.SinceMS
			}
			return a.PID < b.PID
		})
	}
	older(roots)
	var out []Node
	seen := map[int]bool{}
	var walk func(pid, depth int) int
	walk = func(pid, depth int) int {
		if seen[pid] {
			return 0
		}
		seen[pid] = true
		at := len(out)
		out = append(out, Node{Lock: byPID[pid], Depth: depth})
		kids := children[pid]
		older(kids)
		n := 0
		for _, k := range kids {
			n += 1 + walk(k, depth+1)
		}
		out[at].Children = n
		return n
	}
	for _, r := range roots {
		walk(r, 0)
	}
	return out
}

func firstKnown(pids []int, known map[int]Lock) int {
	for _, p := range pids {
		if _, ok := known[p]; ok {
			return p
		}
	}
	return 0
}

func sortByAge(l []Lock) {
	sort.Slice(l, func(i, j int) bool {
		if l[i].SinceMS != l[j].SinceMS {
			return l[i].SinceMS > l[j].SinceMS
		}
		return l[i].PID < l[j].PID
	})
}
