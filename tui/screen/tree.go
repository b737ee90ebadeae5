package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// waiting is the panel of who waits for whom: each session below the one it waits for.
// Between two tries it shows who was in the way last, and how long ago.
func (p page) waiting() look.Panel {
	return look.Panel{
		Name: "waits", Title: "who waits for whom", State: p.waitingState(), Lines: p.waitingLines,
		Give: 2, Min: 2, Right: true, Grow: p.boxed || p.run.Sample != nil,
		Wide: p.treed(),
	}
}

// treed reports whether there is a tree to draw: it needs the width of both columns.
func (p page) treed() bool { return p.run.Sample != nil && len(p.run.Sample.Tree()) > 0 }

func (p page) waitingState() string {
	s := p.run.Sample
	if s == nil {
		return p.Plain("no sample yet")
	}
	age := p.now.Sub(p.run.SampleAt)
	if p.run.Finished != nil || !p.run.Alive {
		return p.Plain("as of " + p.run.SampleAt.In(p.now.Location()).Format("15:04:05"))
	}
	if p.run.SampleError != "" || age > staleAfter {
		return p.Text(look.Danger, "no answer since "+measure.Duration(age))
	}
	role := look.Plain
	if s.Sessions.Waiting > 0 {
		role = look.Attention
	}
	return p.Text(role, fmt.Sprintf("%d waiting", s.Sessions.Waiting)) + "  " + p.Plain(measure.Age(age))
}

func (p page) waitingLines(w int) []string {
	s := p.run.Sample
	if s == nil {
		return nil
	}
	age := p.sampleAge()
	nodes := s.Tree()
	var out []string
	if last, ok := lastTry(p.run); ok && p.between(last, nodes) {
		out = p.wasInTheWay(last, w)
	}
	if len(nodes) > 0 {
		out = append(out, p.Table(treeColumns, p.treeRows(nodes, age, w), w)...)
	}
	if len(out) > 0 {
		return out
	}
	if age > staleAfter {
		return []string{p.Text(look.Stale, "nobody waited for a lock "+measure.Age(age))}
	}
	return []string{p.Text(look.OK, "nobody waits for a lock")}
}

// sampleAge is how old the sample is; 0 where none comes any more.
func (p page) sampleAge() time.Duration {
	if p.run.Sample == nil || p.run.Finished != nil || !p.run.Alive {
		return 0
	}
	return max(p.now.Sub(p.run.SampleAt), 0)
}

// between reports whether nothing of belay's waits now, and nobody who stood in the way
// of the last try is in the tree: others may wait for each other meanwhile.
func (p page) between(last state.Try, nodes []activity.Node) bool {
	if u := p.run.InHand(); u == nil || u.Attempt != nil {
		return false
	}
	return !slices.ContainsFunc(nodes, func(n activity.Node) bool {
		return slices.ContainsFunc(last.Blockers, func(b journal.Blocker) bool { return b.PID == n.Lock.PID })
	})
}

var treeColumns = []look.Column{{Head: "session", Least: 14}, {Head: "does", Least: 6}, {Head: "since"}, {Head: "lock"}}

// treeRows are the sessions with the branches of the tree before them.
func (p page) treeRows(nodes []activity.Node, age time.Duration, w int) [][]string {
	mine := ours(p.run)
	var rows [][]string
	for i, n := range nodes {
		l := n.Lock
		role := look.Plain
		switch {
		case mine(l):
			role = look.Accent
		case n.Depth == 0:
			role = look.Attention
		}
		who := strings.TrimSpace(itoa(l.PID) + " " + name(l))
		switch {
		case l.PID == 0:
			who = "prepared " + l.Application
		case mine(l):
			who += " (we)"
		}
		does, since := l.Query, p.since(l, age)
		if l.Granted && l.State != "active" {
			does = l.State
		}
		if hidden(l) {
			does, since = hiddenText, ""
		}
		rows = append(rows, []string{
			p.Branch(depths(nodes), i) + p.Text(role, who), p.Text(plainUnless(role == look.Accent, role), flat(does)),
			p.Plain(since), p.lockOf(l, role, w),
		})
	}
	return rows
}

// since is how long a session does what it does. A short wait is told as it was in the
// sample: it may have ended since.
func (p page) since(l activity.Lock, age time.Duration) string {
	d := time.Duration(l.SinceMS) * time.Millisecond
	if d >= 10*time.Second {
		d += age
	}
	return measure.Elapsed(d)
}

func plainUnless(keep bool, r look.Role) look.Role {
	if keep {
		return r
	}
	return look.Plain
}

func depths(nodes []activity.Node) []int {
	out := make([]int, len(nodes))
	for i, n := range nodes {
		out[i] = n.Depth
	}
	return out
}

// flat is a query on one line.
func flat(sql string) string { return strings.Join(strings.Fields(sql), " ") }

// lockOf says what a session holds or waits for.
func (p page) lockOf(l activity.Lock, role look.Role, w int) string {
	on := ""
	if l.Relation != "" && w >= 90 {
		on = " on " + strings.TrimPrefix(l.Relation, "public.")
	}
	switch {
	case l.Granted && l.Relation == "": // a snapshot, a row, an advisory key
		return p.Text(role, "in the way")
	case l.Granted:
		return p.Text(role, "holds "+l.Mode.String()+on)
	case l.Relation == "":
		return p.Text(role, "waits")
	}
	return p.Text(role, "waits "+l.Mode.String()+on)
}

// wasInTheWay names who the last try gave up behind.
func (p page) wasInTheWay(last state.Try, w int) []string {
	out := []string{p.Plain("between two tries: belay waits for no lock now. In the way of the last try:")}
	for _, b := range last.Blockers {
		out = append(out,
			p.Marked(look.Attention, p.Marks.Look, p.blocker(b)+p.Plain(", "+measure.Age(p.now.Sub(last.At))), w)...)
	}
	return out
}

// blocker names a session as the journal kept it.
func (p page) blocker(b journal.Blocker) string {
	who := b.Application
	if who == "" {
		who = b.User
	}
	s := p.Text(look.Attention, strings.TrimSpace("pid "+itoa(b.PID)+" "+who))
	if b.State != "" {
		s += p.Plain(", " + b.State)
	}
	if b.AgeMS > 0 {
		s += " " + p.Text(look.Attention, measure.Elapsed(time.Duration(b.AgeMS)*time.Millisecond))
	}
	return s
}

// blockersText names sessions in a sentence.
func blockersText(b []journal.Blocker) string {
	var parts []string
	for i, x := range b {
		if i == most {
			parts = append(parts, fmt.Sprintf("%d more", len(b)-most))
			break
		}
		s := "pid " + itoa(x.PID)
		if x.Application != "" {
			s += " " + x.Application
		}
		if x.Count > 1 {
			s += fmt.Sprintf(" %d times", x.Count)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// ours reports whether a session is this run's own.
func ours(run *state.Run) func(activity.Lock) bool {
	return func(l activity.Lock) bool {
		if u := run.InHand(); u != nil && u.Intent.BackendPID == l.PID {
			return true
		}
		return run.ID != "" && strings.HasPrefix(l.Application, "belay/"+Short(run.ID))
	}
}

// inTheWay are the pids of who stands in the way now, or stood there last.
func inTheWay(run *state.Run, f *Facts) []int {
	var out []int
	if f != nil && f.Heart != nil {
		for _, b := range f.Heart.Blockers {
			out = append(out, b.PID)
		}
	}
	if u := run.InHand(); u != nil && len(out) == 0 && len(u.Tries) > 0 {
		for _, b := range u.Tries[len(u.Tries)-1].Blockers {
			out = append(out, b.PID)
		}
	}
	return slices.DeleteFunc(out, func(pid int) bool { return pid == 0 })
}
