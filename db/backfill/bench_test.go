package backfill_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/scratch"

	"github.com/jackc/pgx/v5"
)

// The measurements are run by hand, each by one command; B stands for
// BELAY_BENCH=1 go test ./db/backfill -v -timeout 60m -run:
//
//	B TestBenchThroughput               speed, CPU and heap against one UPDATE, five pairs
//	BELAY_BENCH_TIME=50ms B …           the same at the default batch time
//	BELAY_BENCH_VACUUM=1 B …            the same with VACUUM of ours
//	BELAY_BENCH_ROWS=10000000 BELAY_BENCH_PAIRS=1 B …
//	B TestBenchForeground               400 statements/s on 16 connections
//	B TestBenchPause                    from the word to nothing open
//	BELAY_BENCH_ROWS=10000000 B TestBenchResume
//	BELAY_BENCH_ROWS=10000000 B TestBenchMemory
//	go test ./db/backfill -run TestProgressFollowsTheRank -v    progress error by kind of key
//	go test ./db/backfill -run 'TestStorm|TestServerCrash' -v   every row once
//	go test ./db/backfill -run 'TestFourWriters|TestVerify' -v  writers beside it
//	go test ./db/backfill -run 'TestDeadlocks|TestLockedRow' -v deadlocks and lock timeouts
//
// BELAY_BENCH_ROWS (1000000), BELAY_BENCH_PAIRS (5), BELAY_BENCH_TIME (100ms),
// BELAY_BENCH_VACUUM (off), BELAY_BENCH_DIR (the usual place of a cluster) and
// BELAY_BENCH_START (0s, before the foreground's idle lead of 5 s) change what is
// measured. Against pgroll: build it apart, run it on a copy made by
// (*bench).fresh, and compare rows a second.

func benchEnv(t *testing.T) (rows, pairs int, target time.Duration, vacuum bool) {
	t.Helper()
	if os.Getenv("BELAY_BENCH") == "" {
		t.Skip("set BELAY_BENCH=1 to measure")
	}
	number := func(name string, usual int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return usual
	}
	target, err := time.ParseDuration(os.Getenv("BELAY_BENCH_TIME"))
	if err != nil {
		target = 100 * time.Millisecond
	}
	return number("BELAY_BENCH_ROWS", 1_000_000), number("BELAY_BENCH_PAIRS", 5), target,
		os.Getenv("BELAY_BENCH_VACUUM") != ""
}

type bench struct {
	*scratch.Cluster
	rows  int
	admin *pgx.Conn
}

func newBench(t *testing.T, rows int) *bench {
	t.Helper()
	c := dbtest.NewCluster(t,
		scratch.Options{Durable: true, Dir: os.Getenv("BELAY_BENCH_DIR"), Settings: map[string]string{
			"shared_buffers": "1GB", "min_wal_size": "4GB", "max_wal_size": "8GB", "checkpoint_timeout": "1h"}})
	b := &bench{Cluster: c, rows: rows, admin: dbtest.Connect(t, c.SocketDSN(""))}
	b.exec(t, `CREATE DATABASE base`)
	base := dbtest.Connect(t, c.SocketDSN("base"))
	for _, sql := range []string{
		`CREATE TABLE t (id bigint PRIMARY KEY, email text, amount bigint, created_at timestamptz, payload text, newcol bigint)`,
		fmt.Sprintf(`INSERT INTO t SELECT i, 'user' || i || '@example.com', i %% 1000, '2020-01-01'::timestamptz + i * interval '1 s', repeat(md5(i::text), 3)
			FROM generate_series(1, %d) i`, rows),
		`CREATE INDEX ON t (created_at)`, `VACUUM ANALYZE t`,
		// A server that has been up has WAL files to write over. Making a new one
		// holds up every commit, and is none of a backfill's doing.
		fmt.Sprintf(`CREATE TABLE wal AS SELECT repeat(md5(i::text), 30) FROM generate_series(1, %d) i`,
			min(rows, 3_000_000)*3/2), `DROP TABLE wal`,
	} {
		if _, err := base.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	_ = base.Close(t.Context())
	return b
}

func (b *bench) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := b.admin.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// fresh is a copy of the files, so that no run finds the free space of another.
func (b *bench) fresh(t *testing.T, name string) string {
	t.Helper()
	strategy := ""
	if b.Major() >= 15 {
		strategy = " STRATEGY FILE_COPY"
	}
	b.exec(t, `CREATE DATABASE `+name+` TEMPLATE base`+strategy)
	b.exec(t, `CHECKPOINT`)
	return b.DSN(name)
}

func (b *bench) drop(t *testing.T, name string) { b.exec(t, `DROP DATABASE `+name+` WITH (FORCE)`) }

// cpu is the seconds a backend of this machine has used; /proc counts in
// hundredths.
func cpu(t *testing.T, pid int) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / 100
}

type measured struct {
	seconds, cpu, longest float64
	growth                float64
}

func (b *bench) single(t *testing.T, name string) measured {
	t.Helper()
	c := dbtest.Connect(t, b.fresh(t, name))
	defer b.drop(t, name)
	pid := int(c.PgConn().PID())
	before, began := cpu(t, pid), time.Now()
	if _, err := c.Exec(t.Context(), `UPDATE t SET newcol = amount * 100`); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began).Seconds()
	return measured{seconds: took, cpu: cpu(t, pid) - before, longest: took, growth: heapGrowth(t, c)}
}

func heapGrowth(t *testing.T, c *pgx.Conn) (x float64) {
	t.Helper()
	if err := c.QueryRow(t.Context(),
		`SELECT pg_relation_size('t')::float8 / (relpages * 8192.0) FROM pg_class WHERE oid = 't'::regclass`).Scan(
		&x,
	); err != nil {
		t.Fatal(err)
	}
	return x
}

func (b *bench) batched(t *testing.T, name string, target time.Duration,
	vacuum bool) (m measured, res backfill.Result) {
	t.Helper()
	dsn := b.fresh(t, name)
	defer b.drop(t, name)
	d := &dbtest.DB{Name: name, DSN: dsn, SocketDSN: b.SocketDSN(name)}
	createLedger(t, d)
	s := &stand{DB: d, dsn: dsn, conn: connect(t, dsn)}
	c := d.Conn(t)
	o := s.options(t,
		s.plan(t, backfill.Spec{Relation: "t", Set: "newcol = amount * 100", BatchTime: target, Vacuum: vacuum}))
	pid, before, began := 0, 0.0, time.Time{}
	o.Tell = func(e backfill.Event) {
		switch e.Kind {
		case backfill.Started:
			if err := c.QueryRow(t.Context(),
				`SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'belay/%/backfill'`).Scan(
				&pid,
			); err != nil {
				t.Fatal(err)
			}
			before, began = cpu(t, pid), time.Now()
		case backfill.Committed:
			m.longest = max(m.longest, e.Took.Seconds())
		case backfill.LeafPassed:
			m.seconds, m.cpu = time.Since(began).Seconds(), cpu(t, pid)-before
			m.growth = heapGrowth(t, c)
		}
	}
	res = run(t, o)
	_ = s.conn.Close()
	return m, res
}

// TestBenchThroughput compares with one single UPDATE, A B A B, each on a fresh
// copy.
func TestBenchThroughput(t *testing.T) {
	rows, pairs, target, vacuum := benchEnv(t)
	b := newBench(t, rows)
	var speed, work []float64
	for i := range pairs {
		a := b.single(t, fmt.Sprint("a", i))
		m, res := b.batched(t, fmt.Sprint("b", i), target, vacuum)
		speed, work = append(speed, a.seconds/m.seconds), append(work, m.cpu/a.cpu)
		t.Logf("pair %d: single %.1f s (%.0f rows/s, CPU %.2f s, heap %.2fx); batches %.1f s (%.0f rows/s, CPU %.2f "+
			"s, heap %.2fx, %d batches, longest %.0f ms): speed %.2f, CPU %.2f",
			i+1, a.seconds, float64(rows)/a.seconds, a.cpu, a.growth, m.seconds, float64(rows)/m.seconds, m.cpu,
			m.growth, res.Batches, m.longest*1000, speed[i], work[i])
	}
	slices.Sort(speed)
	slices.Sort(work)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("median of %d pairs at %s, %d rows, vacuum %v: speed %.2f, CPU %.2f of the single UPDATE; Go heap in use "+
		"%.1f MB",
		pairs, target, rows, vacuum, speed[len(speed)/2], work[len(work)/2], float64(mem.HeapInuse)/1e6)
}

// TestBenchResume measures the first batch of a resume, which no table size may
// change.
func TestBenchResume(t *testing.T) {
	rows, _, _, _ := benchEnv(t)
	b := newBench(t, rows)
	dsn := b.fresh(t, "resume")
	d := &dbtest.DB{Name: "resume", DSN: dsn, SocketDSN: b.SocketDSN("resume")}
	createLedger(t, d)
	s := &stand{DB: d, dsn: dsn, conn: connect(t, dsn)}
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "newcol = amount * 100", MaxRows: 500}))
	o.ID = backfill.NewID()
	for range 5 {
		var first time.Duration
		began := time.Now()
		o.Plan = s.plan(t, o.Plan.Spec)
		o.Control = &backfill.Control{}
		o.Tell = func(e backfill.Event) {
			if e.Kind == backfill.Committed && first == 0 {
				first = time.Since(began)
				o.Control.Pause("op1")
			}
		}
		_, _ = backfill.Run(bounded(t), o)
		t.Logf("%d rows: plan and first batch committed after %s", rows, first)
	}
}

// TestBenchPause measures from the word to nothing of it being open.
func TestBenchPause(t *testing.T) {
	rows, _, target, _ := benchEnv(t)
	b := newBench(t, rows)
	dsn := b.fresh(t, "pause")
	d := &dbtest.DB{Name: "pause", DSN: dsn, SocketDSN: b.SocketDSN("pause")}
	createLedger(t, d)
	s := &stand{DB: d, dsn: dsn, conn: connect(t, dsn)}
	look := d.Conn(t)
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "newcol = amount * 100", BatchTime: target}))
	o.ID, o.StopOnPause = backfill.NewID(), false
	running := s.start(t, o)
	for range 20 {
		dbtest.WaitFor(t, "batches", func() bool {
			return running.ctl.Snapshot().Rate > 0 || running.ctl.Snapshot().State == backfill.Done
		})
		if running.ctl.Snapshot().State == backfill.Done {
			break
		}
		began := time.Now()
		running.ctl.Pause("op1")
		for open := true; open; {
			err := look.QueryRow(t.Context(),
				`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'belay/%/backfill')
				OR EXISTS (SELECT FROM pg_locks WHERE relation = 't'::regclass AND mode = 'RowExclusiveLock')`).Scan(&open)
			if err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("nothing open after %s; goal %s", time.Since(began).Round(time.Millisecond), 2*target)
		running.ctl.Resume()
		dbtest.WaitFor(t, "the resume", running.state(backfill.Running))
	}
	running.wait(t)
}

// TestBenchMemory measures the resident size of this process from the first
// hundredth of the rows to the last.
func TestBenchMemory(t *testing.T) {
	rows, _, target, vacuum := benchEnv(t)
	b := newBench(t, rows)
	dsn := b.fresh(t, "memory")
	d := &dbtest.DB{Name: "memory", DSN: dsn, SocketDSN: b.SocketDSN("memory")}
	createLedger(t, d)
	s := &stand{DB: d, dsn: dsn, conn: connect(t, dsn)}
	o := s.options(t,
		s.plan(t, backfill.Spec{Relation: "t", Set: "newcol = amount * 100", BatchTime: target, Vacuum: vacuum}))
	var done int64
	least, most := 1e9, 0.0
	o.Tell = func(e backfill.Event) {
		if done += e.Rows; e.Kind == backfill.Committed && done > int64(rows/100) {
			mb := resident(t)
			least, most = min(least, mb), max(most, mb)
		}
	}
	run(t, o)
	t.Logf("%d rows: resident %.1f to %.1f MB from 1 %% to 100 %%; goal within 5 MB of the middle", rows, least, most)
}

// resident is VmRSS of this process in MB.
func resident(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb / 1024
}
