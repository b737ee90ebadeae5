package backfill_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"belay/db/backfill"
	"belay/db/dbtest"
)

// foreground sends statements at a fixed rate on 16 connections and measures
// from when each was due.
type foreground struct {
	mu    sync.Mutex
	ms    []float64
	stop  chan struct{}
	group sync.WaitGroup
}

func startForeground(t *testing.T, dsn string, rows, perSecond int) *foreground {
	f := &foreground{stop: make(chan struct{})}
	due := make(chan time.Time, 100_000)
	for range 16 {
		c := dbtest.Connect(t, dsn)
		f.group.Go(func() {
			for at := range due {
				sql := `SELECT amount FROM t WHERE id = $1`
				if rand.IntN(2) == 0 {
					sql = `UPDATE t SET amount = amount + 1 WHERE id = $1`
				}
				if _, err := c.Exec(t.Context(), sql, 1+rand.IntN(rows)); err != nil {
					t.Error(err)
				}
				f.mu.Lock()
				f.ms = append(f.ms, float64(time.Since(at).Microseconds())/1000)
				f.mu.Unlock()
			}
		})
	}
	f.group.Go(func() {
		defer close(due)
		each := time.Second / time.Duration(perSecond)
		for next := time.Now(); ; next = next.Add(each) {
			select {
			case <-f.stop:
				return
			case <-time.After(time.Until(next)):
				due <- next
			}
		}
	})
	return f
}

// take returns p50, p99, p99.9 and the worst since the last call, in ms.
func (f *foreground) take() (n int, p [4]float64, over1s int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(f.ms)
	n = len(f.ms)
	for i, q := range []float64{0.5, 0.99, 0.999, 1} {
		if n > 0 {
			p[i] = f.ms[min(int(q*float64(n)), n-1)]
		}
	}
	for _, v := range f.ms {
		if v > 1000 {
			over1s++
		}
	}
	f.ms = nil
	return n, p, over1s
}

// TestBenchForeground measures what the application feels: 400 statements a
// second on 16 connections, half of them writes.
func TestBenchForeground(t *testing.T) {
	rows, _, _, vacuum := benchEnv(t)
	target := backfill.DefaultBatchTime
	if d, err := time.ParseDuration(os.Getenv("BELAY_BENCH_TIME")); err == nil {
		target = d
	}
	b := newBench(t, rows)
	dsn := b.fresh(t, "fg")
	d := &dbtest.DB{Name: "fg", DSN: dsn, SocketDSN: b.SocketDSN("fg")}
	createLedger(t, d)
	s := &stand{DB: d, dsn: dsn, conn: connect(t, dsn)}
	f := startForeground(t, dsn, rows, 400)
	// A longer start lets the kernel's write-back of the grown heap, 30 s after its
	// first page, fall into the run.
	if d, err := time.ParseDuration(os.Getenv("BELAY_BENCH_START")); err == nil {
		time.Sleep(d)
		f.take()
	}
	time.Sleep(5 * time.Second) // the idle lead is a measurement of its own
	n, idle, _ := f.take()
	t.Logf("idle: %d statements, p50 %.1f p99 %.1f p99.9 %.1f max %.1f ms", n, idle[0], idle[1], idle[2], idle[3])
	began := time.Now()
	res := run(t,
		s.options(t,
			s.plan(t, backfill.Spec{Relation: "t", Set: "newcol = amount * 100", BatchTime: target, Vacuum: vacuum})))
	n, busy, over := f.take()
	close(f.stop)
	f.group.Wait()
	t.Logf("batches of %s: %d rows in %.1f s; %d statements, p50 %.1f p99 %.1f p99.9 %.1f max %.1f ms, %d over 1 s; "+
		"goal p99 %.1f ms",
		target, res.Rows, time.Since(began).Seconds(), n, busy[0], busy[1], busy[2], busy[3], over, max(2*idle[1], 20))
}
