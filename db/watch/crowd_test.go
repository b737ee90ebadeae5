package watch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"
	"belay/db/watch"
	"belay/sqlview/activity"
)

// crowd is how many sessions wait in a pile-up; 400 in the long form.
func crowd() int {
	if dbtest.Long() {
		return 400
	}
	return 40
}

// pileUp is a server of its own with a table that an idle transaction holds, an ALTER
// TABLE behind it, and a crowd behind that one.
func pileUp(t testing.TB, slots string) (d *dbtest.DB, holder, alter int) {
	t.Helper()
	c := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"max_connections": slots}})
	d = dbtest.In(t, c, "shop")
	d.Exec(t, orders)
	pid, _ := d.Blocker(t, "SELECT count(*) FROM orders")
	d.Waiters(t, 1, "migrator", "ALTER TABLE orders ADD COLUMN a int")
	alter = dbtest.QueryVal[int](t, d, "SELECT pid FROM pg_stat_activity WHERE application_name = 'migrator'")
	d.Waiters(t, crowd(), "web", "UPDATE orders SET note = 'x' WHERE id = 1")
	return d, int(pid), alter
}

// TestPileUp: everybody is seen behind whom the server says, and what the sample costs
// is said: the processor's time of the server's backend and of our own process.
func TestPileUp(t *testing.T) {
	d, holder, alter := pileUp(t, "450")
	c := session(t, d.DSN, db.Session{
		Kind: db.Monitor, Settings: []db.Setting{db.MilliSeconds("statement_timeout", 30_000)},
	})
	w := watch.New(c)
	var s activity.Sample
	for range 8 { // by then all of its statements are prepared
		s = sample(t, w, "public.orders")
	}
	if h, a := of(s, holder)[0], of(s, alter)[0]; len(a.Blocks) != crowd() || len(h.Blocks) != 1 {
		t.Errorf("the ALTER holds up %d, its holder %d", len(a.Blocks), len(h.Blocks))
	}
	tree := s.Tree()
	if len(tree) != crowd()+2 || tree[0].Children != crowd()+1 || tree[2].Depth != 2 {
		t.Errorf("%d in the tree", len(tree))
	}
	const n = 20
	server, ours := processor(t, c.PgConn().PID()), processor(t, uint32(os.Getpid()))
	for range n {
		sample(t, w, "public.orders")
	}
	t.Logf("a sample of %d waiters takes %s of the server's processor and %s of ours", crowd(),
		(processor(t, c.PgConn().PID())-server)/n, (processor(t, uint32(os.Getpid()))-ours)/n)
}

// processor is what the threads of a process have used of a processor.
func processor(t testing.TB, pid uint32) (sum time.Duration) {
	t.Helper()
	all, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if len(all) == 0 {
		t.Skip("this kernel does not count a process's time")
	}
	for _, name := range all {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // a thread that has ended
		}
		if f := strings.Fields(string(b)); len(f) > 0 {
			ns, _ := strconv.ParseInt(f[0], 10, 64)
			sum += time.Duration(ns)
		}
	}
	return sum
}

// TestBehindWhom holds what a sample says against pg_blocking_pids for each waiter,
// in a queue of many modes, with some that hold what is in the way of others.
func TestBehindWhom(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, orders)
	d.Exec(t, "CREATE TABLE other (x int)")
	w := watcher(t, d.DSN)
	d.Blocker(t, "SELECT count(*) FROM orders; LOCK TABLE other IN SHARE MODE")
	d.Blocker(t, "UPDATE orders SET note = 'x' WHERE id = 1")
	for i, sql := range []string{
		"BEGIN; LOCK TABLE other IN SHARE MODE; INSERT INTO other VALUES (1)",
		"BEGIN; LOCK TABLE orders IN SHARE MODE",
		"ALTER TABLE orders ADD COLUMN a int",
		"BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE",
		"SELECT count(*) FROM orders", "SELECT count(*) FROM orders -- again",
		"ALTER TABLE orders ADD COLUMN b int", "VACUUM orders",
		"BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE",
		"INSERT INTO other VALUES (2)", "INSERT INTO other VALUES (3)",
	} {
		d.Waiters(t, 1, fmt.Sprintf("w%d", i), sql)
	}
	s := sample(t, w, "public.orders")
	waiting := 0
	for _, l := range s.Locks {
		if l.Granted {
			continue
		}
		waiting++
		want := dbtest.QueryCol[int](t, d,
			"SELECT DISTINCT p FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) p ORDER BY 1", int32(l.PID))
		got := slices.Sorted(slices.Values(l.BlockedBy))
		if !slices.Equal(got, want) {
			t.Errorf("%s (%s) waits for %v, the server says %v", l.Application, l.Query, got, want)
		}
	}
	if waiting != 11 {
		t.Errorf("%d wait", waiting)
	}
}
