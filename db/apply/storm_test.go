package apply_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"belay/db/apply"
	"belay/db/dbtest"
)

// How many random runs are made, in the short form and in the long one.
// BELAY_STORM_SEEDS=1000 makes more, BELAY_SEED=n plays one again.
const (
	stormSeeds     = 3
	stormSeedsLong = 200
)

// A fault at a random moment, of a random kind, beside a blocker or not: what is
// said must be true, what is unknown must be found out, and what is not applied
// must apply afterwards, once.
func TestStorm(t *testing.T) {
	t.Parallel()
	first, count := uint64(1), stormSeeds
	if dbtest.Long() {
		count = stormSeedsLong
	}
	if s := os.Getenv("BELAY_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, count = n, 1
	} else if s := os.Getenv("BELAY_STORM_SEEDS"); s != "" {
		count, _ = strconv.Atoi(s)
	}
	d := dbtest.New(t)
	d.Exec(t, historyTable)
	p := dbtest.NewProxy(t, d.DSN)
	said := map[apply.Outcome]int{}
	for seed := first; seed < first+uint64(count); seed++ {
		if !t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { said[storm(t, d, p, seed)]++ }) {
			t.Fatalf("play it again with BELAY_SEED=%d", seed)
		}
	}
	t.Logf("%d runs: %v", count, said)
}

func storm(t *testing.T, d *dbtest.DB, p *dbtest.Proxy, seed uint64) apply.Outcome {
	rnd := rand.New(rand.NewPCG(seed, 0))
	d.Exec(t, `DROP TABLE IF EXISTS t; CREATE TABLE t (id bigint PRIMARY KEY, a int); DELETE FROM schema_migrations`)
	x, _ := executor(t, p.DSN)
	x.Limits.FirstRung = 30 * time.Millisecond
	// Not idempotent: applied twice, it shows.
	u := unit(instant("INSERT", `INSERT INTO t (id) SELECT coalesce(max(id), 0) + 1 FROM t`), addColumn(),
		instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN other text DEFAULT 'x'`))
	if rnd.IntN(2) == 0 {
		_, release := d.Blocker(t, `SELECT count(*) FROM t`)
		defer release()
		time.AfterFunc(time.Duration(rnd.IntN(80))*time.Millisecond, release)
	}
	pid := x.Trio.Executor.PgConn().PID()
	fault, after := rnd.IntN(4), time.Duration(rnd.IntN(60_000))*time.Microsecond
	done := make(chan struct{})
	timer := time.AfterFunc(after, func() { defer close(done); strike(t, d, p, x, pid, fault) })
	got := x.Run(t.Context(), u)
	if !timer.Stop() {
		<-done
	}
	_ = x.Trio.Close()
	d.WaitForGone(t, pid)
	rows := d.Count(t, `t`)
	if (got.Outcome == apply.Applied && rows != 1) || (got.Outcome == apply.NotApplied && rows != 0) {
		t.Fatalf("said %s (%s, %v), rows %d", got.Outcome, got.Reason, got.Err, rows)
	}
	e := probe(t, d, u, got.Trace)
	if (e.Outcome == apply.Applied) != (rows == 1) || e.Outcome == apply.Unknown {
		t.Fatalf("the probe says %s (%s), rows %d", e.Outcome, e.Why, rows)
	}
	if e.Outcome == apply.NotApplied {
		x, _ := executor(t, d.DSN)
		want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
		_ = x.Trio.Close()
	}
	if n := d.Count(t, `t`); n != 1 || version(t, d) != "7" {
		t.Fatalf("%d rows, version %q", n, version(t, d))
	}
	return got.Outcome
}

// strike makes one fault.
func strike(t testing.TB, d *dbtest.DB, p *dbtest.Proxy, x *apply.Executor, pid uint32, fault int) {
	switch fault {
	case 0:
		p.CutAll()
	case 1:
		d.Exec(t, `SELECT pg_terminate_backend($1)`, int32(pid))
	case 2:
		d.Exec(t, `SELECT pg_cancel_backend($1)`, int32(pid))
	default:
		x.Stop(errors.New("c"))
	}
}
