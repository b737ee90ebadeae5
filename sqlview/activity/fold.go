package activity

// Row is a session of a tree, or several that wait alike.
type Row struct {
	Node
	// PIDs are the sessions that the row stands for, that of the node first.
	PIDs []int
}

// leastAlike is from how many on sessions that wait alike are one row.
const leastAlike = 4

// mostShapes is how many queries a Folder knows without their constants.
const mostShapes = 300

// Folder makes rows of a tree. It is for one goroutine, and remembers queries.
type Folder struct {
	// Mask is a query without its constants.
	Mask   func(query string) string
	shapes map[string]string
}

// Single makes a row of each session.
func Single(nodes []Node) []Row {
	out := make([]Row, 0, len(nodes))
	for _, n := range nodes {
		out = append(out, Row{n, []int{n.Lock.PID}})
	}
	return out
}

// Rows makes one row of sessions that wait for the same one, hold up nobody and do
// the same but for its constants.
func (f *Folder) Rows(nodes []Node) []Row {
	groups := map[alike][]int{}
	keys := make([]alike, len(nodes))
	var above []int
	for i, n := range nodes {
		above = append(above[:min(n.Depth, len(above))], n.Lock.PID)
		if n.Depth == 0 || n.Children > 0 {
			continue
		}
		l := n.Lock
		keys[i] = alike{
			above[max(n.Depth-1, 0)], l.Application, l.User, l.Relation, l.Mode.String(), f.shape(l.Query),
		}
		groups[keys[i]] = append(groups[keys[i]], l.PID)
	}
	var out []Row
	for i, n := range nodes {
		r := Row{n, []int{n.Lock.PID}}
		if g := groups[keys[i]]; keys[i] != (alike{}) && len(g) >= leastAlike {
			if g[0] != n.Lock.PID {
				continue
			}
			r.PIDs = g
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
func (f *Folder) shape(query string) string {
	s, ok := f.shapes[query]
	if !ok {
		if f.shapes == nil || len(f.shapes) >= mostShapes {
			f.shapes = map[string]string{}
		}
		s = f.Mask(query)
		f.shapes[query] = s
	}
	return s
}
