package backfill

import (
	"context"
	"strings"
	"time"

	"belay/db"
	"belay/db/throttle"
)

// refused tells that a range does not go through, so that the watch looks for
// whom it waits and the screen says so.
func (w *watch) refused(tries int, why string) {
	w.mu.Lock()
	w.tries = tries
	if w.trying.Since.IsZero() || tries == 1 {
		w.trying.Since = time.Now()
	}
	v := throttle.Verdict{Signal: "retry", Action: throttle.Wait, Since: w.trying.Since,
		Reading: throttle.Reading{What: why, Note: w.behind}}
	w.mu.Unlock()
	if tries >= manyTries {
		w.ctl.publish(func(s *Snapshot) { s.Waiting = &v })
	}
}

// blockers names whom the batch was last seen waiting for; "" = nobody was.
func (w *watch) blockers() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.behind
}

const behindSQL = `SELECT pg_catalog.string_agg('PID ' || a.pid || ' (' || coalesce(a.usename, '') || ', '
  || coalesce(a.application_name, '') || ', ' || coalesce(a.state, '') || ', '
  || coalesce(extract(epoch FROM pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.xact_start))::text, '?') || ' s)', ', ')
FROM pg_catalog.pg_stat_activity a WHERE a.pid = ANY (pg_catalog.pg_blocking_pids($1::int))`

func (w *watch) lookBehind(ctx context.Context, c *db.Conn) {
	w.mu.Lock()
	pid := w.pid
	w.mu.Unlock()
	var who *string
	if pid == 0 || c.QueryRow(ctx, behindSQL, pid).Scan(&who) != nil || who == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behind = strings.TrimSpace(*who)
}
