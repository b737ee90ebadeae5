package throttle

import (
	"context"
	"fmt"
	"strconv"
)

// Waiters counts the sessions that wait behind us.
var Waiters = add(Signal{
	Name: "waiters",
	Doc: "Sessions that wait for a lock of the backfill's own session (pg_blocking_pids of every session that waits " +
		"for a lock). A batch holds its row locks until it commits, so smaller batches shorten every such wait. " +
		"The limit is how many may wait.",
	Default: "0",
	Over:    Halve,
	Check: func(limit string) error {
		if n, err := strconv.Atoi(limit); err != nil || n < 0 {
			return fmt.Errorf("%q is no number", limit)
		}
		return nil
	},
	Sample: sampleWaiters,
})

// Only sessions that wait for a lock are asked for their blockers: each such
// question stops the lock manager for a moment.
const waitersSQL = `SELECT pg_catalog.count(*), coalesce(pg_catalog.min(a.pid), 0),
	coalesce((pg_catalog.array_agg(a.application_name::text ORDER BY a.pid))[1], '')
	FROM pg_catalog.pg_stat_activity a
	WHERE a.wait_event_type = 'Lock' AND a.datname = pg_catalog.current_database() AND a.pid <> $1::int
	AND $1::int = ANY (pg_catalog.pg_blocking_pids(a.pid))`

func sampleWaiters(ctx context.Context, in Input) (Reading, error) {
	if in.PID == 0 {
		return Reading{What: "waiting for us", Value: "0", Limit: in.Limit}, nil
	}
	var n int64
	var pid int
	var application string
	if err := in.DB.QueryRow(ctx, waitersSQL, in.PID).Scan(&n, &pid, &application); err != nil {
		return Reading{}, err
	}
	r := Reading{What: "waiting for us", Value: strconv.FormatInt(n, 10), Limit: in.Limit, Over: n > count(in.Limit)}
	if n > 0 {
		r.Note = fmt.Sprintf("PID %d (%s)", pid, application)
	}
	return r, nil
}
