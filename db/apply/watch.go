package apply

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/sqlview/lock"
)

// sight is what one look at our own session showed.
type sight struct {
	// waits is true while the session waits for a lock, on is the relation's oid,
	// snapshot is true where it waits for the end of another's transaction.
	waits    bool
	on       string
	snapshot bool
	blockers []Blocker
	// progress and tools are looked for only while a CONCURRENTLY runs.
	progress *Progress
	tools    []Blocker
	// rests is true where the build's session runs nothing any more.
	rests bool
	queue int
	cost  time.Duration
	err   error
}

// watch looks at our session on the monitor connection, one look at a time. Where
// that was lost it comes back with the next look.
type watch struct {
	conn *db.Shared
	pid  string
	lim  Limits
	out  chan sight
	busy bool
	// start is when the attempt began; no look comes before next.
	start, next time.Time
	slow        time.Duration
	// build is set while a CONCURRENTLY runs, with the tool's keys.
	build bool
	keys  []int64
}

func newWatch(x *Executor, pid uint32, lim Limits) *watch {
	return &watch{conn: x.Trio.Monitor, pid: strconv.Itoa(int(pid)), lim: lim, out: make(chan sight, 1)}
}

// lookLimit bounds one look, the wait for the monitor included.
const lookLimit = 3 * time.Second

// ask lends the monitor for one look. It is never cut short by a stop: that would
// cost the connection.
func (w *watch) ask(ctx context.Context, f func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookLimit)
	defer cancel()
	return w.conn.Lend(ctx, lookLimit, func(c *db.Conn) error { return f(ctx, c.Conn) })
}

// attempt sets the clock for a new attempt: its first look comes in the middle
// of the lock wait, when the blockers can be seen.
func (w *watch) attempt(start time.Time, rung time.Duration) {
	w.start, w.next, w.slow = start, start.Add(rung/2), 0
}

// begin starts a look in the background; its sight arrives on out.
func (w *watch) begin(ctx context.Context) {
	if w.busy {
		return
	}
	w.busy = true
	go func() {
		s, err := w.look(ctx)
		s.err = err
		w.out <- s
	}()
}

// arrived takes note of a sight and sets the time of the next look: four a
// second while a short hold lasts, then one a Sample, and rarer where a look is
// dear.
func (w *watch) arrived(s sight) {
	w.busy = false
	gap := 250 * time.Millisecond
	if w.build || time.Since(w.start) > 2*time.Second {
		gap = w.lim.Sample
	}
	if s.err != nil || s.cost > 50*time.Millisecond {
		w.slow = min(max(2*w.slow, 2*gap), 16*time.Second)
	}
	w.next = time.Now().Add(max(gap, w.slow))
}

// wait returns once no look is under way, with the last one's sight.
func (w *watch) wait() sight {
	if !w.busy {
		return sight{}
	}
	w.busy = false
	return <-w.out
}

// A file may hold tens of thousands of locks and hardly anybody waits: who waits is
// sorted out once, so that locks are never held against locks.
const queueSQL = `with l as materialized (
	select pid, locktype, database, relation, transactionid, mode, granted from pg_catalog.pg_locks
	where locktype in ('relation', 'transactionid', 'tuple', 'virtualxid', 'page', 'extend', 'object') and (not granted or pid = $1::int4)),
w as materialized (select * from l where not granted),
h as materialized (select * from l where granted and pid = $1::int4 and (
	locktype = 'relation' and relation in (select w.relation from w where w.locktype = 'relation')
	or locktype = 'transactionid'))
select 'self', pid, coalesce(relation::int8, 0), mode, locktype from w where pid = $1::int4
union all
select 'relation', w.pid, w.relation::int8, w.mode, h.mode from h join w
	on w.relation = h.relation and w.database = h.database and w.pid <> h.pid
	where h.locktype = 'relation' and w.locktype = 'relation'
union all
select 'transaction', w.pid, 0, w.mode, h.mode from h join w on w.transactionid = h.transactionid and w.pid <> h.pid
	where h.locktype = 'transactionid'`

// look asks who waits behind us and, while we wait, for whom.
func (w *watch) look(ctx context.Context) (s sight, err error) {
	err = w.ask(ctx, func(ctx context.Context, c *pgx.Conn) (err error) {
		s, err = w.lookAt(ctx, c)
		return err
	})
	return s, err
}

func (w *watch) lookAt(ctx context.Context, c *pgx.Conn) (sight, error) {
	start := time.Now()
	rows, err := ask(ctx, c, queueSQL, w.pid)
	if err != nil {
		return sight{}, err
	}
	s := sight{queue: queue(rows)}
	for _, row := range rows {
		if row[0] == "self" {
			s.waits, s.on, s.snapshot = true, row[2], row[4] == "virtualxid"
		}
	}
	if s.waits {
		s.blockers, err = blockers(ctx, c, w.pid, s.on)
	}
	if err == nil && w.build {
		err = w.lookAtBuild(ctx, c, &s)
	}
	s.cost = time.Since(start)
	return s, err
}

// queue counts the sessions that wait because of what we hold. On a relation
// where one waiter conflicts with our lock, all waiters count: the others stand
// behind that one.
func queue(rows [][]string) int {
	stuck := map[string]bool{}
	for _, r := range rows {
		if r[0] == "relation" && lock.FromPgLocks(r[3]).Conflicts(lock.FromPgLocks(r[4])) {
			stuck[r[2]] = true
		}
	}
	pids := map[string]bool{}
	for _, r := range rows {
		if r[0] == "transaction" || (r[0] == "relation" && stuck[r[2]]) {
			pids[r[1]] = true
		}
	}
	return len(pids)
}

// stayed lists those of the blockers that are still in the same transaction.
func (w *watch) stayed(ctx context.Context, seen []Blocker) (still []Blocker, err error) {
	err = w.ask(ctx, func(ctx context.Context, c *pgx.Conn) (err error) {
		still, err = stayed(ctx, c, seen)
		return err
	})
	return still, err
}
