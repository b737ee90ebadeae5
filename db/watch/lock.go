package watch

import (
	"cmp"
	"slices"

	"belay/db"
	"belay/sqlview/activity"
	"belay/sqlview/lock"

	"github.com/jackc/pgx/v5"
)

// asking is a lock with its place in the queue for it.
type asking struct {
	activity.Lock
	// first is who came first of those that wait for the object in this mode, and for
	// whom the server was asked; 0 = it was asked for this session itself.
	// object is the same for all that wait for the same lock; 0 = it waits for none.
	first, object int
}

func scanLock(r pgx.CollectableRow) (asking, error) {
	var l asking
	var mode string
	var by []int32
	err := r.Scan(&l.PID, &l.Application, &l.User, &l.BackendType, &l.State, &l.SinceMS,
		&mode, &l.Relation, &l.Granted, &l.Query, &by, &l.Wraparound, &l.first, &l.object)
	l.Mode = lock.FromPgLocks(mode)
	l.Query = db.ShownQuery(l.Query)
	for _, p := range by {
		if !slices.Contains(l.BlockedBy, int(p)) {
			l.BlockedBy = append(l.BlockedBy, int(p))
		}
	}
	return l, err
}

// queued completes for whom the sessions of a queue wait: those that came later wait for
// the same ones as the first that wants the same, and for those between that want what
// is in their way.
func queued(all []asking) []activity.Lock {
	first, queues := map[int][]int{}, map[int][]*asking{}
	for i := range all {
		if l := &all[i]; !l.Granted && l.object != 0 {
			queues[l.object] = append(queues[l.object], l)
			if l.first == l.PID {
				first[l.PID] = l.BlockedBy
			}
		}
	}
	for _, q := range queues {
		slices.SortStableFunc(q, func(a, b *asking) int {
			return cmp.Or(cmp.Compare(b.SinceMS, a.SinceMS), cmp.Compare(a.PID, b.PID))
		})
		for i, l := range q {
			if l.first != 0 && l.first != l.PID {
				l.BlockedBy = behindFirst(l, first[l.first], q[:i])
			}
		}
	}
	out := make([]activity.Lock, len(all))
	for i, l := range all {
		out[i] = l.Lock
	}
	return out
}

// behindFirst is for whom a session waits that is not the first of its kind.
func behindFirst(l *asking, known []int, ahead []*asking) []int {
	out := slices.DeleteFunc(slices.Clone(known), func(p int) bool { return p == l.PID })
	after := false
	for _, w := range ahead {
		after = after || w.PID == l.first
		if after && w.Mode.Conflicts(l.Mode) && !slices.Contains(known, w.PID) {
			out = append(out, w.PID)
		}
	}
	return out
}
