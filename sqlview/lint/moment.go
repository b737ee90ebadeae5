package lint

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/lock"
	"belay/sqlview/measure"
)

// lasting is from when on a transaction is in the way for more than a moment.
const lasting = time.Second

// Blockers lists the sessions that hold a lock which the statement would wait
// for now, and have for over a second, oldest first. Nil where nobody was asked.
func (s Stmt) Blockers() []activity.Lock {
	if s.pass.Moment == nil {
		return nil
	}
	var wants []activity.Want
	for _, l := range s.Effect().Locks {
		if s.Existed(l.Relation) {
			wants = append(wants, activity.Want{Relation: l.Relation, Mode: l.Mode})
		}
	}
	return longLived(s.pass.Moment.Blockers(wants))
}

// Older lists what a concurrent build that began now would wait for: every
// transaction with a snapshot, of whatever table, and who has written to this
// one. Transactions of under a second are left out.
func (s Stmt) Older() []activity.Lock {
	m := s.pass.Moment
	if m == nil {
		return nil
	}
	var hidden []int
	for _, t := range m.Transactions {
		if !t.HoldsBack() {
			hidden = append(hidden, t.PID)
		}
	}
	older := m.Older(hidden...)
	seen := append([]int{}, hidden...)
	for _, l := range older {
		seen = append(seen, l.PID)
	}
	for _, l := range s.Effect().Locks {
		older = append(older, m.Blockers([]activity.Want{{Relation: l.Relation, Mode: lock.Share}}, seen...)...)
	}
	return longLived(older)
}

func longLived(sessions []activity.Lock) []activity.Lock {
	var out []activity.Lock
	for _, l := range sessions {
		if time.Duration(l.SinceMS)*time.Millisecond >= lasting {
			out = append(out, l)
		}
	}
	return out
}

// shown is how many sessions or queries a hazard names.
const shown = 3

// Sessions names sessions as a hazard shows them: "pid 881 (worker, idle in
// transaction for 12 min)", at most three of them.
func Sessions(all []activity.Lock) string {
	var names []string
	for _, l := range all[:min(len(all), shown)] {
		name := fmt.Sprintf("pid %d", l.PID)
		if l.PID == 0 {
			name = "prepared transaction " + l.Application
		}
		names = append(names, fmt.Sprintf("%s (%s)", name, about(l)))
	}
	if more := len(all) - shown; more > 0 {
		names = append(names, Count(more, "more session"))
	}
	return strings.Join(names, ", ")
}

func about(l activity.Lock) string {
	var parts []string
	if l.Application != "" && l.PID != 0 {
		parts = append(parts, l.Application)
	}
	if l.User != "" {
		parts = append(parts, "user "+l.User)
	}
	age := "for " + measure.MS(l.SinceMS)
	if l.State != "" {
		age = l.State + ", its transaction is " + measure.MS(l.SinceMS) + " old"
	}
	return strings.Join(append(parts, age), ", ")
}

// Standbys lists the replicas that replay locks, which subscribers do not.
func (p *Pass) Standbys() []activity.Replica {
	if p.Moment == nil {
		return nil
	}
	var out []activity.Replica
	for _, r := range p.Moment.Replicas {
		if !r.Logical {
			out = append(out, r)
		}
	}
	return out
}

// Written estimates how many bytes the statement writes anew: what it rewrites
// with all indexes, what it rebuilds, and the index it builds. ok is false where
// it writes nothing of that kind, or the size is not known.
func (s Stmt) Written() (bytes int64, ok bool) {
	e := s.Effect()
	for _, name := range e.Rewrites {
		if r := s.Catalog().Seen(name); r != nil && r.Size != nil {
			bytes += r.Size.Bytes
		}
	}
	for _, name := range e.Rebuilds {
		if r := s.Catalog().Seen(name); r != nil && r.Size != nil && len(e.Rewrites) == 0 {
			bytes += r.Size.Bytes
		}
	}
	return bytes + s.built(), bytes+s.built() > 0
}

// entryBytes is what an index entry takes on a bigint, with its share of the
// page: measured as 22 on 15; wider keys take more.
const entryBytes = 22

// built estimates a new index by its table's rows.
func (s Stmt) built() int64 {
	i := s.Node.GetIndexStmt()
	if i == nil {
		return 0
	}
	var bytes int64
	for _, name := range append([]string{s.Name(i.Relation)}, s.Catalog().Descendants(s.Name(i.Relation))...) {
		if r := s.Catalog().Seen(name); r != nil && !r.CreatedHere && r.Size != nil && r.Size.Rows > 0 {
			bytes += int64(r.Size.Rows) * entryBytes
		}
	}
	return bytes
}
