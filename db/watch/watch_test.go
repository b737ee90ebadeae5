package watch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/sqlview/lock"
)

const orders = "CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT g, 'n' FROM " +
	"generate_series(1, 1000) g; ANALYZE orders"

func TestWhoWaitsForWhom(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	w := watcher(t, d.DSN)
	holder, release := d.Blocker(t, "SELECT count(*) FROM orders -- "+strings.Repeat("x", 2000))
	alter, _ := start(t, d, "belay/7f3c9a21/run", "ALTER TABLE orders ADD COLUMN a int")
	reader, _ := start(t, d, "shop-api", "SELECT * FROM orders WHERE id = 1")
	s := sample(t, w, "public.orders")

	h, a, r := of(s, int(holder))[0], of(s, alter)[0], of(s, reader)[0]
	if h.Mode != lock.AccessShare || !h.Granted || h.Application != "blocker" || h.State != "idle in transaction" ||
		h.Relation != "public.orders" || h.SinceMS < 0 || h.User == "" || h.BackendType != "client backend" ||
		len(h.Query) != 1000 {
		t.Errorf("holder %+v", h)
	}
	if a.Mode != lock.AccessExclusive || a.Granted || !slices.Equal(a.BlockedBy, []int{int(holder)}) ||
		!slices.Equal(a.Blocks, []int{reader}) ||
		a.SinceMS < 0 || a.SinceMS > patience.Milliseconds() || a.Application != "belay/7f3c9a21/run" {
		t.Errorf("alter %+v", a)
	}
	if r.Mode != lock.AccessShare || r.Granted || !slices.Equal(r.BlockedBy, []int{alter}) || len(r.Blocks) != 0 ||
		r.Blocks == nil {
		t.Errorf("reader %+v", r)
	}
	if !slices.Contains(h.Blocks, alter) {
		t.Errorf("holder blocks %v", h.Blocks)
	}
	if s.Sessions.Waiting < 2 || s.Sessions.IdleInTransaction < 1 || s.Sessions.Total < 3 || s.Sessions.Max != 200 ||
		s.Sessions.OldestTransactionMS < 0 {
		t.Errorf("sessions %+v", s.Sessions)
	}
	b := s.Blockers([]activity.Want{{Relation: "public.orders", Mode: lock.AccessExclusive}}, alter)
	if len(b) != 1 || b[0].PID != int(holder) {
		t.Errorf("blockers %+v", b)
	}
	var depths []int
	for _, n := range s.Tree() {
		if n.Lock.PID == int(holder) || n.Lock.PID == alter || n.Lock.PID == reader {
			depths = append(depths, n.Depth)
		}
	}
	if !slices.Equal(depths, []int{0, 1, 2}) {
		t.Errorf("tree %v", depths)
	}
	release()
}

func TestWaitersElsewhereAndForRows(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	d.Exec(t, "CREATE TABLE other (x int)")
	w := watcher(t, d.DSN)
	a, _ := d.Blocker(t, "LOCK TABLE other IN SHARE MODE")
	waitsForTable, _ := start(t, d, "writer", "INSERT INTO other VALUES (1)")
	b, _ := d.Blocker(t, "UPDATE orders SET note = 'x' WHERE id = 1")
	waitsForRow, _ := start(t, d, "updater", "UPDATE orders SET note = 'y' WHERE id = 1")
	c, _ := d.Blocker(t, "SELECT pg_advisory_lock(7)")
	waitsForKey, _ := start(t, d, "tool", "SELECT pg_advisory_lock(7)")
	s := sample(t, w) // no relation asked for: waiters come all the same
	for _, x := range []struct {
		waiter, holder int
		relation       string
	}{{waitsForTable, int(a), "public.other"}, {waitsForRow, int(b), "public.orders"}, {waitsForKey, int(c), ""}} {
		l := of(s, x.waiter)
		if len(l) != 1 || l[0].Relation != x.relation || l[0].Granted ||
			!slices.Equal(l[0].BlockedBy, []int{x.holder}) {
			t.Errorf("waiter of %q: %+v", x.relation, l)
		}
		h := of(s, x.holder)
		if len(h) == 0 || !slices.Equal(h[0].Blocks, []int{x.waiter}) || !h[0].Granted ||
			h[0].Application != "blocker" {
			t.Errorf("holder of %q: %+v", x.relation, h)
		}
	}
}

func TestLocksOfPartitions(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE events (at date, x int) PARTITION BY RANGE (at);
		CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
		INSERT INTO events SELECT '2026-05-05', g FROM generate_series(1, 10000) g; ANALYZE events`)
	pid, _ := d.Blocker(t, "SELECT count(*) FROM events_1")
	s := sample(t, watcher(t, d.DSN), "public.events")
	if l := of(s, int(pid)); len(l) != 1 || l[0].Relation != "public.events_1" {
		t.Errorf("got %+v", l)
	}
	if len(s.Tables) != 1 || s.Tables[0].Relation != "public.events" || s.Tables[0].Rows < 10000 ||
		s.Tables[0].Bytes < 100_000 {
		t.Errorf("the sum of the partitions: %+v", s.Tables)
	}
}

func TestSizesWaitForNobody(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	w := watcher(t, d.DSN)
	d.Blocker(t, "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
	s := sample(t, w, "public.orders", "public.nowhere")
	if len(s.Tables) != 1 || s.Tables[0].Rows != 1000 || s.Tables[0].Bytes < 2*8192 ||
		s.Tables[0].ReadsPerSecond != -1 {
		t.Errorf("got %+v", s.Tables)
	}
}

func TestRates(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	w := watcher(t, d.DSN)
	first := sample(t, w, "public.orders")
	if first.Tables[0].ReadsPerSecond != -1 || first.Tables[0].WritesPerSecond != -1 {
		t.Errorf("one sample has no rate: %+v", first.Tables[0])
	}
	before := counts(t, d)
	d.Exec(t, "UPDATE orders SET note = 'x' WHERE id <= 500")
	d.Exec(t, "SELECT count(*) FROM orders")
	dbtest.WaitFor(t, "the statistics to arrive", func() bool { return counts(t, d) >= before+500 })
	s := sample(t, w, "public.orders")
	seconds := s.At.Sub(first.At).Seconds()
	if n := s.Tables[0].WritesPerSecond * seconds; n < 499 || n > 1501 { // the INSERT may arrive as late
		t.Errorf("%v writes", n)
	}
	if n := s.Tables[0].ReadsPerSecond * seconds; n < 1.9 {
		t.Errorf("%v reads", n)
	}
	d.Exec(t, "SELECT pg_stat_reset_single_table_counters('orders'::regclass)")
	dbtest.WaitFor(t, "counters that were reset to be no rate", func() bool {
		return sample(t, w, "public.orders").Tables[0].WritesPerSecond == -1
	})
}

func counts(t *testing.T, d *dbtest.DB) int64 {
	t.Helper()
	return dbtest.QueryVal[int64](t, d,
		"SELECT (n_tup_upd + n_tup_ins)::bigint FROM pg_stat_user_tables WHERE relname = 'orders'")
}

func TestARoleWithoutRights(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	_, dsn := d.Role(t, "plain", "")
	holder, _ := d.Blocker(t, "SELECT * FROM orders")
	alter, _ := start(t, d, "migrator", "ALTER TABLE orders ADD COLUMN a int")
	s := sample(t, watcher(t, dsn), "public.orders")
	h, a := of(s, int(holder)), of(s, alter)
	if len(h) != 1 || h[0].Application != "blocker" || h[0].Query != "" || h[0].State != "" || h[0].SinceMS != -1 {
		t.Errorf("holder %+v", h)
	}
	if len(a) != 1 || !slices.Equal(a[0].BlockedBy, []int{int(holder)}) || a[0].Query != "" {
		t.Errorf("alter %+v", a)
	}
	if d.Cluster().Major() >= 14 && a[0].SinceMS < 0 {
		t.Errorf("pg_locks tells everybody how long: %+v", a[0])
	}
	if len(s.Tables) != 1 || s.Tables[0].Rows != 1000 {
		t.Errorf("tables %+v", s.Tables)
	}
}

func TestProgressOfAnIndexBuild(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	if d.Cluster().Major() < 12 {
		t.Skip("the view is there from 12 on")
	}
	d.Blocker(t, "UPDATE orders SET note = 'x' WHERE id = 1")
	pid, _ := start(t, d, "builder", "CREATE INDEX CONCURRENTLY orders_note ON orders (note)")
	s := sample(t, watcher(t, d.DSN), "public.orders")
	if len(s.Progress) != 1 {
		t.Fatalf("got %+v", s.Progress)
	}
	p := s.Progress[0]
	if p.PID != pid || p.Command != "CREATE INDEX CONCURRENTLY" || p.Relation != "public.orders" ||
		!strings.HasPrefix(p.Phase, "waiting for writers") || p.Total < 1 || p.Unit != "sessions" {
		t.Errorf("got %+v", p)
	}
}

// A role that may not read all statistics is told of another's build that there is one.
func TestProgressOfAnotherRole(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	if d.Cluster().Major() < 12 {
		t.Skip("the view is there from 12 on")
	}
	d.Blocker(t, "UPDATE orders SET note = 'x' WHERE id = 1")
	pid, _ := start(t, d, "builder", "CREATE INDEX CONCURRENTLY orders_note ON orders (note)")
	_, lesser := d.Role(t, "lesser", "")
	s := sample(t, watcher(t, lesser), "public.orders")
	if len(s.Progress) != 1 || s.Progress[0].PID != pid || !strings.Contains(s.Progress[0].Phase, "not shown") {
		t.Errorf("got %+v", s.Progress)
	}
}

func TestPreparedTransactionAndReplica(t *testing.T) {
	c := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"max_prepared_transactions": "5"}})
	d := dbtest.In(t, c, "shop")
	d.Exec(t, orders)
	if c.Major() < 12 {
		t.Skip("standbys are made from 12 on")
	}
	standby, err := c.Standby(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	conn := d.Conn(t)
	for _, sql := range []string{
		"BEGIN", "UPDATE orders SET note = 'p' WHERE id = 1", "PREPARE TRANSACTION 'forgotten'",
	} {
		if _, err := conn.Exec(bounded(t), sql); err != nil {
			t.Fatal(err)
		}
	}
	alter, cancel := start(t, d, "migrator", "ALTER TABLE orders ADD COLUMN a int")
	w := watcher(t, d.DSN)
	s := sample(t, w, "public.orders")
	p := of(s, 0)
	if len(p) != 1 || p[0].Application != "forgotten" || p[0].BackendType != "prepared transaction" ||
		p[0].User == "" || p[0].SinceMS < 0 || !slices.Equal(p[0].Blocks, []int{alter}) {
		t.Errorf("got %+v", p)
	}
	dbtest.WaitFor(t, "the standby", func() bool {
		r := sample(t, w).Replicas
		return len(r) == 1 && r[0].State == "streaming" && r[0].LagBytes >= 0
	})
	if s := sample(t, watcher(t, standby.DSN("shop")), "public.orders"); len(s.Tables) != 1 || len(s.Replicas) != 0 {
		t.Errorf("on the standby: %+v", s)
	}
	cancel()
	if _, err := conn.Exec(bounded(t), "ROLLBACK PREPARED 'forgotten'"); err != nil {
		t.Error(err)
	}
}

func TestAFailedSampleIsNoSample(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	c := session(t, d.DSN, db.Session{Kind: db.Monitor, Run: "7f3c9a21"})
	w := watch.New(c)
	d.Exec(t, "SELECT pg_terminate_backend($1::int)", int32(c.PgConn().PID()))
	d.WaitForGone(t, c.PgConn().PID())
	got, err := w.Sample(bounded(t), []string{"public.orders"})
	var stale *watch.StaleError
	if !errors.As(err, &stale) || !stale.Never || got.Tables != nil || !got.At.IsZero() {
		t.Fatalf("got %+v, %v", got, err)
	}
	w.Use(session(t, d.DSN, db.Session{
		Kind: db.Monitor, Run: "7f3c9a21", Settings: []db.Setting{db.MilliSeconds("statement_timeout", 30_000)},
	}))
	sample(t, w, "public.orders")
	w.Use(c)
	if _, err = w.Sample(bounded(t), nil); !errors.As(err, &stale) || stale.Never || stale.Age <= 0 {
		t.Errorf("got %v", err)
	}
}

// What a sample costs is the server's time: a slow way to it is not in it.
func TestACostIsTheServers(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	p := dbtest.NewProxy(t, d.DSN)
	w := watcher(t, p.DSN)
	if w.Interval() != time.Second {
		t.Errorf("interval %s", w.Interval())
	}
	const held = 3 * time.Second
	p.Hook(func(m dbtest.Message) dbtest.Action {
		if m.Type == dbtest.Sync {
			time.Sleep(held)
		}
		return dbtest.Pass
	})
	if s := sample(t, w, "public.orders"); s.CostMS >= held.Milliseconds() {
		t.Errorf("%d ms", s.CostMS)
	}
}

func TestNothingStaysOpen(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	c := session(t, d.DSN, db.Session{
		Kind: db.Monitor, Settings: []db.Setting{db.MilliSeconds("statement_timeout", 30_000)},
	})
	sample(t, watch.New(c), "public.orders")
	if c.PgConn().TxStatus() != 'I' {
		t.Errorf("transaction status %c", c.PgConn().TxStatus())
	}
	if n := d.Count(t,
		fmt.Sprintf("pg_stat_activity WHERE pid = %d AND state = 'idle' AND xact_start IS NULL",
			c.PgConn().PID())); n != 1 {
		t.Error("the monitor's session is not idle")
	}
}

func TestGhosts(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	_, plain := d.Role(t, "plain", "")
	mine := session(t, d.DSN, db.Session{Kind: db.Monitor, Run: "7f3c9a21"})
	session(t, d.DSN, db.Session{Kind: db.Escape, Run: "7f3c9a21"})
	session(t, d.DSN, db.Session{Kind: db.Executor, Run: "7f3c9a22", Step: "run"})
	if g, err := watch.Ghosts(bounded(t), mine, "7f3c9a21"); err != nil || len(g) != 0 {
		t.Errorf("got %+v, %v", g, err)
	}
	holder, _ := d.Blocker(t, "SELECT * FROM orders")
	pid, _ := start(t, d, "belay/7f3c9a21/run", "ALTER TABLE orders ADD COLUMN a int")
	if holder == 0 {
		t.Fatal("no holder")
	}
	for _, c := range []*db.Conn{mine, session(t, plain, db.Session{Kind: db.Monitor})} {
		g, err := watch.Ghosts(bounded(t), c, "7f3c9a21")
		if err != nil || len(g) != 1 || g[0].PID != pid || g[0].Step() != "run" ||
			g[0].Application != "belay/7f3c9a21/run" {
			t.Fatalf("got %+v, %v", g, err)
		}
		if c == mine &&
			(g[0].Wait != "Lock/relation" || g[0].State != "active" || g[0].BackendStart.IsZero() ||
				!strings.HasPrefix(g[0].Query, "ALTER") || g[0].TransactionMS < 0) {
			t.Errorf("got %+v", g[0])
		}
		if c != mine && (g[0].Query != "" || g[0].State != "" || g[0].TransactionMS != -1) {
			t.Errorf("a plain role: %+v", g[0])
		}
	}
}

// TestManyWaiters is the cost of a queue: 60 sessions behind one ALTER.
func TestManyWaiters(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	w := watcher(t, d.DSN)
	d.Blocker(t, "SELECT * FROM orders")
	alter, _ := start(t, d, "migrator", "ALTER TABLE orders ADD COLUMN a int")
	for i := range 60 {
		start(t, d, fmt.Sprintf("app%d", i), "SELECT * FROM orders WHERE id = 1")
	}
	s := sample(t, w, "public.orders")
	a := of(s, alter)
	if len(a) != 1 || len(a[0].Blocks) != 60 || s.Sessions.Waiting < 61 {
		t.Errorf("got %d, %+v", len(a), s.Sessions)
	}
	t.Logf("a sample of 60 waiters cost %d ms", s.CostMS)
}

// A relation is found by its name, wherever the dots in it stand.
func TestNamesWithDots(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t,
		`CREATE SCHEMA "a.b"; CREATE SCHEMA "A ""s"; CREATE TABLE "a.b"."c.d" (i int); CREATE TABLE "A ""s"."t é" (i int); CREATE TABLE ".x" (i int);
		CREATE TABLE other (i int)`)
	names := []string{`A "s.t é`, `a.b.c.d`, `public..x`}
	s := sample(t, watcher(t, d.DSN), append(names, "public.gone", "other")...)
	var got []string
	for _, table := range s.Tables {
		got = append(got, table.Relation)
	}
	slices.Sort(got)
	if !slices.Equal(got, names) {
		t.Errorf("found %q, want %q", got, names)
	}
}
