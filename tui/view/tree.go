package view

import (
	"strconv"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/tui/theme"
)

// Tree draws who waits for whom: each session below the one it waits for. ours
// reports whether a session is this run's own; later is the age of the sample.
func Tree(s activity.Sample, ours func(activity.Lock) bool, later time.Duration, w int) []Line {
	nodes := s.Tree()
	rows := make([]waiting, len(nodes))
	head, tail := 0, 0
	for i, n := range nodes {
		rows[i] = wait(n, ours(n.Lock), later, w)
		head, tail = max(head, Width(rows[i].head)), max(tail, Width(rows[i].tail))
	}
	room := min(w-head-tail-4, 60)
	out := make([]Line, len(rows))
	for i, r := range rows {
		if room < 8 {
			out[i] = L(S(r.role, r.head+"  "), T(r.tail))
			continue
		}
		out[i] = L(S(r.role, Pad(r.head, head)), T("  "+Pad(Cut(r.what, room), room)+"  "+r.tail))
	}
	return out
}

// waiting is one row of the tree: who, what it does, what it holds or wants.
type waiting struct {
	head, what, tail string
	role             theme.Role
}

func wait(n activity.Node, ours bool, later time.Duration, w int) waiting {
	l := n.Lock
	r := waiting{head: " " + strings.Repeat("  ", min(n.Depth, 6)) + strconv.Itoa(l.PID) + " " + who(l), what: Clean(l.Query)}
	age := time.Duration(l.SinceMS)*time.Millisecond + later
	if l.Granted && l.State != "active" {
		r.what = strings.TrimSpace(l.State + " " + measure.Clock(age))
	}
	switch {
	case l.Granted && l.Relation == "": // a snapshot, a transaction, a key
		r.tail = "in the way"
	case l.Granted:
		r.tail = "holds " + l.Mode.String()
		if w >= 90 {
			r.tail += " on " + short(l.Relation)
		}
	case l.Relation == "":
		r.tail = "waits " + waited(age)
	default:
		r.tail = "waits " + waited(age) + "  " + l.Mode.String()
	}
	switch {
	case ours:
		r.head += " (we)"
		r.role = theme.Running
	case n.Depth == 0:
		r.role = theme.Attention
	}
	return r
}

func who(l activity.Lock) string {
	switch {
	case strings.HasPrefix(l.Application, "belay/"):
		return "belay"
	case l.Application != "":
		return Cut(l.Application, 14)
	case l.BackendType != "" && l.BackendType != "client backend":
		return Cut(l.BackendType, 18)
	}
	return Cut(l.User, 14)
}

func short(relation string) string { return strings.TrimPrefix(relation, "public.") }

func waited(d time.Duration) string {
	if d < 10*time.Second {
		return strconv.FormatFloat(float64(d.Milliseconds()/10)/100, 'f', 2, 64) + " s"
	}
	return measure.Clock(d)
}
