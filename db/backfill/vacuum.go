package backfill

import (
	"context"
	"strings"
	"time"

	"belay/db"
	"belay/sqlview/measure"
)

// vacuum works on the table between batches.
type vacuum struct {
	*book
	ctl *Control
	// rows were changed since the last VACUUM of ours.
	rows int64
	// explained is true once it was said why there is none.
	explained bool
}

const (
	// vacuumShare: one VACUUM for every tenth of the rows keeps a table within
	// 1.3 times its size, where none doubles it.
	vacuumShare = 10
	vacuumLeast = 1000
	vacuumPoll  = 200 * time.Millisecond
)

// vacuumIfDue vacuums the leaf where that was allowed, a tenth of its rows has
// changed since, and it would help.
func (r *runner) vacuumIfDue(ctx context.Context) error {
	if !r.p.Spec.Vacuum || r.vacuum.rows < max(r.q.leaf.Rows/vacuumShare, vacuumLeast) {
		return nil
	}
	r.vacuum.rows = 0
	why, err := r.vacuum.useless(ctx, r.q.leaf)
	if err != nil {
		r.s.undo(ctx)
		return r.retry(ctx, err)
	}
	if why != "" {
		if !r.vacuum.explained {
			r.o.Tell(Event{Kind: Noted, Leaf: r.row.Leaf, Message: "no VACUUM: " + why})
		}
		r.vacuum.explained = true
		return nil
	}
	r.vacuum.explained = false
	r.phase(Vacuuming)
	defer r.phase(Batches)
	begun := time.Now()
	ended := r.vacuum.now(ctx, r.q.leaf)
	r.o.Tell(Event{Kind: Vacuumed, Leaf: r.row.Leaf, Took: time.Since(begun), Message: ended})
	return context.Cause(ctx)
}

const uselessSQL = `SELECT coalesce(
	(SELECT 'another VACUUM works on it, PID ' || pid FROM pg_catalog.pg_stat_progress_vacuum WHERE relid = $1::bigint::oid LIMIT 1),
	(SELECT 'PID ' || pid || ' (' || application_name || ') has an old snapshot' FROM pg_catalog.pg_stat_activity
	  WHERE backend_xmin IS NOT NULL AND pid <> pg_catalog.pg_backend_pid() AND xact_start < pg_catalog.clock_timestamp() - interval '1 minute'
	  AND datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) LIMIT 1),
	(SELECT 'prepared transaction ' || gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database() LIMIT 1),
	(SELECT 'slot ' || slot_name || ' holds xmin' FROM pg_catalog.pg_replication_slots WHERE xmin IS NOT NULL AND NOT active LIMIT 1), '')`

// useless says why a VACUUM would remove nothing or be in the way; "" = it
// would help.
func (v *vacuum) useless(ctx context.Context, l Leaf) (why string, err error) {
	err = v.s.exec.As(ctx, "", func() error {
		return v.s.exec.QueryRow(ctx, uselessSQL, int64(l.OID)).Scan(&why)
	})
	return why, err
}

func (v *vacuum) sql(l Leaf) string {
	options := []string{"TRUNCATE false", "SKIP_LOCKED"}
	if v.s.exec.ServerMajor() >= 13 {
		options = append(options, "PARALLEL 0")
	}
	return "VACUUM (" + strings.Join(options, ", ") + ") " + l.Name
}

// now vacuums a leaf on the escape connection and cancels it as soon as anyone
// waits behind it. It says how it ended; none of that stops the backfill.
func (v *vacuum) now(ctx context.Context, l Leaf) string {
	_, nice := v.ctl.pace(v.p.Spec)
	delay, limit := "1", "2000"
	if nice > 0 {
		delay, limit = "2", "1000"
	}
	c, err := db.Connect(ctx, v.s.cfg, db.Session{Kind: db.Escape, Run: v.s.run, Settings: []db.Setting{
		{Name: "statement_timeout", Want: "0"}, {Name: "vacuum_cost_delay", Want: delay},
		{Name: "vacuum_cost_limit", Want: limit}}})
	if err != nil {
		return "not vacuumed: " + message(err)
	}
	defer func() { _ = c.Close() }()
	ended := make(chan error, 1)
	go func() {
		// Its own context: it is ended by a cancel request, which the server answers.
		long := context.WithoutCancel(ctx)
		ended <- as(long, c, v.s.role, func() error {
			_, err := c.Exec(long, v.sql(l))
			return err
		})
	}()
	why := ""
	for poll := time.NewTicker(vacuumPoll); ; {
		select {
		case err := <-ended:
			poll.Stop()
			return vacuumEnd(err, why)
		case <-poll.C:
		case <-ctx.Done():
		case <-v.ctl.wait():
		}
		if why = v.stop(ctx, int(c.PgConn().PID())); why != "" {
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
			if c.PgConn().CancelRequest(limited) != nil {
				_ = c.PgConn().Conn().Close()
			}
			cancel()
			poll.Stop()
			return vacuumEnd(<-ended, why)
		}
	}
}

// stop says why the VACUUM should end now; "" = it may go on.
func (v *vacuum) stop(ctx context.Context, pid int) string {
	if ctx.Err() != nil {
		return "the backfill is stopped"
	}
	if by, paused := v.ctl.pausing(); paused {
		return "paused by " + by
	}
	var n int64
	err := v.s.exec.QueryRow(ctx,
		`SELECT pg_catalog.count(*) FROM (SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l WHERE NOT l.granted) w
		WHERE $1::int = ANY (pg_catalog.pg_blocking_pids(w.pid))`, pid).Scan(&n)
	switch {
	case err != nil:
		return "it could not be watched"
	case n > 0:
		return measure.Plural(int(n), "session") + " waited behind it"
	}
	return ""
}

func vacuumEnd(err error, why string) string {
	switch {
	case why != "" && err != nil:
		return "VACUUM canceled: " + why
	case err != nil:
		return "VACUUM ended: " + message(err)
	}
	return "vacuumed"
}
