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
	give := 2
	if s := p.run.Sample; s != nil && s.Sessions.Waiting == 0 && p.run.Opened == nil {
		give = 4 // that nobody waits is less than what needs an answer
	}
	return look.Panel{
		Name: "waits", Title: "who waits for whom", State: p.waitingState(), Lines: p.waitingLines,
		Give: give, Min: 2, Right: true, Grow: p.boxed || p.run.Sample != nil,
		Wide: p.treed(),
	}
}

// treed reports whether there is a tree to draw: it needs the width of both columns.
func (p page) treed() bool { return len(planted(p.run, p.f)) > 0 || p.before() != nil }

// before is the tree of a moment ago that is shown while nobody waits; nil = none is.
func (p page) before() []activity.Row {
	if was := p.caught(); was != nil {
		return was
	}
	return p.held()
}

// treeHeldFor is how long who waited is still shown, where nobody waits now: a wait of
// a moment would be there in one sample, and gone before it is read.
const treeHeldFor = 5 * time.Second

// held is who waited a moment ago, where nothing of belay's is tried and nobody waits now.
// nil = nobody did.
func (p page) held() []activity.Row {
	if p.run.InHand() != nil || p.run.Finished != nil || !p.run.Alive || len(planted(p.run, p.f)) > 0 ||
		p.run.SampleAt.Sub(p.f.heldAt) > treeHeldFor || p.now.Sub(p.run.SampleAt) > staleAfter {
		return nil
	}
	return p.f.held
}

// planted is the tree of the sample; nil = there is none.
func planted(run *state.Run, f *Facts) []activity.Row {
	if run.Sample == nil || f == nil {
		return nil
	}
	return f.Tree
}

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
	role, as := look.Plain, ""
	if s.Sessions.Waiting > 0 {
		role = look.Attention
	}
	if p.caught() != nil {
		as = p.Text(look.Attention, "as of the try at "+p.clockAt(p.f.caughtAt)) + p.Plain("; now ")
	} else if p.held() != nil {
		as = p.Text(look.Stale, "as of "+p.clockAt(p.f.heldAt)) + p.Plain("; now ")
	}
	return as + p.Text(role, fmt.Sprintf("%d waiting", s.Sessions.Waiting)) + "  " + p.Plain(measure.Age(age))
}

// caught is who waited for whom in a try, where nobody waits now and the last try met the
// same sessions: between two tries, which is most of the time. nil = it is not shown.
func (p page) caught() []activity.Row {
	last, ok := lastTry(p.run)
	if !ok || p.run.Finished != nil || len(planted(p.run, p.f)) > 0 || p.f.caughtIn != tried(p.run).Number {
		return nil
	}
	for _, b := range last.Blockers {
		if !slices.ContainsFunc(p.f.caught, func(r activity.Row) bool { return slices.Contains(r.PIDs, b.PID) }) {
			return nil
		}
	}
	return p.f.caught
}

func (p page) waitingLines(w int) []string {
	s := p.run.Sample
	if s == nil {
		return nil
	}
	age, rows := p.sampleAge(), planted(p.run, p.f)
	if was := p.before(); was != nil {
		return p.steady(p.Table(treeColumns, p.treeRows(was, 0, w), w))
	}
	var out []string
	if last, ok := lastTry(p.run); ok && p.between(last, rows) {
		out = p.wasInTheWay(last, w)
	}
	if len(rows) > 0 {
		out = append(out, p.Table(treeColumns, p.treeRows(rows, age, w), w)...)
	}
	switch {
	case len(out) > 0:
	case age > staleAfter:
		out = []string{p.Text(look.Stale, "nobody waited for a lock "+measure.Age(age))}
	default:
		out = []string{p.Text(look.OK, "nobody waits for a lock")}
	}
	return p.steady(out)
}

// steady keeps the height that the tree had in the newest samples while a unit is tried:
// what grows and shrinks with each try would move all below it, and that is most of what
// a line to this terminal would have to carry.
func (p page) steady(out []string) []string {
	if p.run.InHand() == nil || p.run.Finished != nil || !p.boxed {
		return out
	}
	for n := p.f.Tallest(); n > 0 && len(out) < n+1; { // the heads are a line too
		out = append(out, "")
	}
	return out
}

// sampleAge is how old the sample is; 0 where none comes any more.
func (p page) sampleAge() time.Duration {
	if p.run.Sample == nil || p.run.Finished != nil || !p.run.Alive {
		return 0
	}
	return max(p.now.Sub(p.run.SampleAt), 0)
}

// between reports whether nobody who stood in the way of the last try is in the tree:
// belay waits for nothing now, or the sample is older than this try. Others may wait for
// each other meanwhile.
func (p page) between(last state.Try, rows []activity.Row) bool {
	if u := p.run.InHand(); u == nil {
		return false
	}
	return !slices.ContainsFunc(rows, func(r activity.Row) bool {
		return slices.ContainsFunc(last.Blockers, func(b journal.Blocker) bool {
			return slices.Contains(r.PIDs, b.PID)
		})
	})
}

var treeColumns = []look.Column{{Head: "session", Least: 14}, {Head: "does", Least: 6}, {Head: "since"}, {Head: "lock"}}

// treeRows are the sessions with the branches of the tree before them.
func (p page) treeRows(all []activity.Row, age time.Duration, w int) [][]string {
	mine := ours(p.run)
	var rows [][]string
	at := depths(all)
	for i, n := range all {
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
		case len(n.PIDs) > 1:
			who = fmt.Sprintf("%dx %s", len(n.PIDs), name(l))
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
			p.Branch(at, i) + p.Text(role, who), p.Text(plainUnless(role == look.Accent, role), flat(does)),
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

func depths(all []activity.Row) []int {
	out := make([]int, len(all))
	for i, n := range all {
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

// wasInTheWay names who the last try gave up behind, and when: an age would go on each
// second.
func (p page) wasInTheWay(last state.Try, w int) []string {
	out := []string{p.Plain("in the way of the last try, at " + p.clockAt(last.At) + ":")}
	for _, b := range last.Blockers {
		out = append(out, p.Marked(look.Attention, p.Marks.Look, p.blocker(b), w)...)
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
		for _, b := range lasting(f.Heart.Blockers) {
			out = append(out, b.PID)
		}
	}
	if u := tried(run); u != nil && len(out) == 0 {
		for _, b := range u.Tries[len(u.Tries)-1].Blockers {
			out = append(out, b.PID)
		}
	}
	return slices.DeleteFunc(out, func(pid int) bool { return pid == 0 })
}
