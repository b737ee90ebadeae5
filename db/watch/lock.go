package watch

import (
	"slices"

	"belay/db"
	"belay/sqlview/activity"
	"belay/sqlview/lock"

	"github.com/jackc/pgx/v5"
)

func scanLock(r pgx.CollectableRow) (activity.Lock, error) {
	var l activity.Lock
	var mode string
	var by []int32
	err := r.Scan(&l.PID, &l.Application, &l.User, &l.BackendType, &l.State, &l.SinceMS,
		&mode, &l.Relation, &l.Granted, &l.Query, &by, &l.Wraparound)
	l.Mode = lock.FromPgLocks(mode)
	l.Query = db.ShownQuery(l.Query)
	for _, p := range by {
		if !slices.Contains(l.BlockedBy, int(p)) {
			l.BlockedBy = append(l.BlockedBy, int(p))
		}
	}
	return l, err
}

// link fills Blocks, the other direction of BlockedBy.
func link(locks []activity.Lock) {
	waiters := map[int][]int{}
	for _, l := range locks {
		for _, p := range l.BlockedBy {
			if !slices.Contains(waiters[p], l.PID) {
				waiters[p] = append(waiters[p], l.PID)
			}
		}
	}
	for i := range locks {
		locks[i].Blocks = waiters[locks[i].PID]
		if locks[i].Blocks == nil {
			locks[i].Blocks = []int{} // a list in JSON too
		}
	}
}
