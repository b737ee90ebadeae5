package demo

import (
	"context"
	"fmt"
	"time"

	"belay/sqlview/measure"
	"belay/steps/demo/lane"
)

// queueSQL is who waits for a lock, and who is waited for, the one in front first.
const queueSQL = `WITH w AS (SELECT pid, pg_catalog.pg_blocking_pids(pid) AS behind
	FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() AND wait_event_type = 'Lock')
SELECT a.pid, a.application_name, coalesce(a.state, ''), pg_catalog.left(a.query, 60),
	coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::bigint, 0), w.pid IS NOT NULL
FROM pg_catalog.pg_stat_activity a LEFT JOIN w ON w.pid = a.pid
WHERE w.pid IS NOT NULL OR a.pid IN (SELECT pg_catalog.unnest(behind) FROM w)
ORDER BY w.pid IS NOT NULL, a.xact_start`

// watchQueue keeps State.Queue until ctx ends; the result is closed then.
func (d *Demo) watchQueue(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer d.change(func(s *lane.State) { s.Queue = nil })
		look, err := d.open(ctx, migrator, "demo")
		if err != nil {
			return
		}
		defer look.close()
		for {
			queue, err := d.queue(ctx, look)
			if err != nil {
				return
			}
			d.change(func(s *lane.State) { s.Queue = queue })
			if pause(ctx, 250*time.Millisecond) != nil {
				return
			}
		}
	}()
	return done
}

// queue is one look. The shop's own sessions are one line.
func (d *Demo) queue(ctx context.Context, look *session) ([]lane.Waiter, error) {
	rows, err := look.conn.Query(ctx, queueSQL)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []lane.Waiter
	shop := 0
	for rows.Next() {
		var pid, ms int64
		var name, state, query string
		var waits bool
		if err := rows.Scan(&pid, &name, &state, &query, &ms, &waits); err != nil {
			return nil, err
		}
		if name == "shop" {
			shop++
			continue
		}
		w := lane.Waiter{
			Who: fmt.Sprintf("PID %d %s", pid, name), What: state + " " + measure.MS(ms) + ", in the way", Bad: true,
		}
		if waits {
			w.What = "waits " + measure.MS(ms) + ": " + query
		}
		out = append(out, w)
	}
	if shop > 0 {
		t := d.traffic.meter.read(time.Now())
		out = append(out, lane.Waiter{
			Who:  measure.Plural(shop, "session") + " of the shop",
			What: fmt.Sprintf("wait, %s without an answer", measure.Plural(t.Waiting, "request")),
		})
	}
	return out, rows.Err()
}
