// Package watch samples what happens on a server: who holds which lock, who
// waits for whom, how large and how busy tables are, what builds run. It reads
// catalogs and statistics only and waits for nobody's table lock.
package watch

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"

	"belay/db"
	"belay/sqlview/activity"
	"belay/sqlview/lock"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/*.sql
var files embed.FS

// queries are read with the first question: most calls of belay ask none.
var queries = sync.OnceValue(func() *template.Template {
	own := template.FuncMap{"clashes": clashes, "others": func() string { return db.OthersSQL }}
	return template.Must(template.New("").Funcs(db.SQLFuncs).Funcs(own).ParseFS(files, "sql/*.sql"))
})

func sql(name string, major int) string {
	var b strings.Builder
	if err := queries().ExecuteTemplate(&b, name+".sql", major); err != nil {
		panic(err) // an embedded file is wrong: every test would see it
	}
	return b.String()
}

// clashes are rows of SQL: a mode as pg_locks spells it, and those that clash with it.
func clashes() string {
	var rows []string
	for m := lock.AccessShare; m <= lock.AccessExclusive; m++ {
		var held []string
		for o := lock.AccessShare; o <= lock.AccessExclusive; o++ {
			if m.Conflicts(o) {
				held = append(held, o.PgLocks())
			}
		}
		rows = append(rows, fmt.Sprintf("  ('%s', '{%s}'::text[])", m.PgLocks(), strings.Join(held, ",")))
	}
	return strings.Join(rows, ",\n")
}

// The pace of sampling: never more than once a second, slower where a sample
// is dear to the server.
const (
	fastest = time.Second
	slowest = 16 * time.Second
	dear    = 50 * time.Millisecond
	// judged is how many samples are looked at.
	judged = 3
)

// Watcher samples on one monitor connection. It belongs to one goroutine.
type Watcher struct {
	conn     *db.Conn
	interval time.Duration
	rates    rates
	// costs are what the latest samples took of the server's time.
	costs []time.Duration
	ready preparing
	// opened and good are of our own clock: the age of what we know.
	opened, good time.Time
}

// New watches through a connection that nobody else uses meanwhile.
func New(c *db.Conn) *Watcher {
	return &Watcher{conn: c, interval: fastest, opened: time.Now()}
}

// Use continues on another connection, after the first was lost.
func (w *Watcher) Use(c *db.Conn) {
	if w.conn != c {
		w.conn, w.ready = c, preparing{}
	}
}

// Interval is how long to wait before the next sample: a second, doubled up to
// 16 s while the cheapest of the last three took over 50 ms of the server's
// time, and halved again once one did not. One slow sample on a busy machine
// changes nothing.
func (w *Watcher) Interval() time.Duration { return w.interval }

// StaleError is a sample that failed. Nothing old is given in its place.
type StaleError struct {
	// Age is how long ago the last good sample was; since New where there was none.
	Age time.Duration
	// Never is true where no sample was good so far.
	Never bool
	Err   error
}

// Error says how old the last good sample is.
func (e *StaleError) Error() string {
	if e.Never {
		return fmt.Sprintf("no sample yet: %v", e.Err)
	}
	return fmt.Sprintf("no sample for %s: %v", e.Age.Round(100*time.Millisecond), e.Err)
}

// Unwrap gives the cause.
func (e *StaleError) Unwrap() error { return e.Err }

// Sample reads one moment in one round trip: all locks on the relations
// ("schema.name") and their partitions, all waiters of the database with their
// blockers, sizes and traffic of the relations, builds and replicas. A relation
// that does not exist is left out. An error is a *StaleError; the connection
// may then have to be replaced (Use).
func (w *Watcher) Sample(ctx context.Context, relations []string) (activity.Sample, error) {
	began := time.Now()
	s, cost, counters, err := w.read(ctx, relations)
	if err != nil {
		cost = time.Since(began) // the server did not say
	}
	w.pace(cost)
	if err != nil {
		since, never := w.good, w.good.IsZero()
		if never {
			since = w.opened
		}
		return activity.Sample{}, &StaleError{Age: time.Since(since), Never: never, Err: err}
	}
	w.good = time.Now()
	s.CostMS = cost.Milliseconds()
	w.rates.apply(&s, counters)
	activity.Link(s.Locks)
	return s, nil
}

// pace judges by the cheapest of the last samples: that is what asking costs,
// the rest is a machine that has much else to do.
func (w *Watcher) pace(cost time.Duration) {
	w.costs = append(w.costs, cost)
	w.costs = w.costs[max(0, len(w.costs)-judged):]
	switch {
	case slices.Min(w.costs) <= dear:
		w.interval = max(w.interval/2, fastest)
	case len(w.costs) == judged:
		w.interval = min(2*w.interval, slowest)
	}
}

// The statements of one batch are one implicit transaction, over when the last
// answer is sent: nothing stays open.
// The cost is the time between the first and the last of them by the server's
// clock: neither the network nor our own process is in it.
func (w *Watcher) read(ctx context.Context,
	relations []string) (activity.Sample, time.Duration, map[string]counter, error) {
	var s activity.Sample
	if relations == nil {
		relations = []string{}
	}
	w.ready.next(ctx, w.conn)
	var batch pgx.Batch
	for _, name := range statements {
		if name == "locks" || name == "tables" {
			batch.Queue(w.ready.query(name, w.conn), relations)
		} else {
			batch.Queue(w.ready.query(name, w.conn))
		}
	}
	batch.Queue("SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint, " +
		"pg_catalog.pg_backend_pid()")
	sent := time.Now()
	results := w.conn.SendBatch(ctx, &batch)
	counters, err := scan(results, &s)
	var end int64
	var pid int
	if err == nil {
		err = results.QueryRow().Scan(&end, &pid)
	}
	err = closed(results, err)
	w.ready.learn(err, pid == int(w.conn.PgConn().PID()) && time.Since(sent) < nearby)
	return s, time.UnixMicro(end).Sub(s.At), counters, err
}

// nearby is how soon a sample is answered where one round trip more is not noticed.
const nearby = 100 * time.Millisecond

// statements are those of a sample, in the order of their answers.
var statements = []string{"sessions", "locks", "tables", "progress", "replicas", "slots", "transactions"}

// closed ends a batch. After an error its own is the same once more.
func closed(r pgx.BatchResults, err error) error {
	if end := r.Close(); err == nil {
		return end
	}
	return err
}

func scan(r pgx.BatchResults, s *activity.Sample) (map[string]counter, error) {
	var at int64
	x := &s.Sessions
	err := r.QueryRow().Scan(&at, &x.Total, &x.Max, &x.Active, &x.IdleInTransaction, &x.Waiting, &x.OldestTransactionMS)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	s.At = time.UnixMicro(at).UTC()
	locks, err := rows(r, "locks", scanLock)
	if err != nil {
		return nil, err
	}
	s.Locks = queued(locks)
	counters := map[string]counter{}
	if s.Tables, err = rows(r, "tables", scanTable(counters)); err != nil {
		return nil, err
	}
	if s.Progress, err = rows(r, "progress", scanProgress); err != nil {
		return nil, err
	}
	if s.Replicas, err = rows(r, "replicas", scanReplica); err != nil {
		return nil, err
	}
	if s.Slots, err = rows(r, "slots", scanSlot); err != nil {
		return nil, err
	}
	s.Transactions, err = rows(r, "transactions", scanTransaction)
	return counters, err
}

func rows[T any](r pgx.BatchResults, name string, one func(pgx.CollectableRow) (T, error)) ([]T, error) {
	got, err := r.Query()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out, err := pgx.CollectRows(got, one)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}
