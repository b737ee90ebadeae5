package backfill

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
)

// At 20 places of each table the progress is compared with the true rank.
func TestProgressFollowsTheRank(t *testing.T) {
	dbtest.LongAlone(t)
	const rows = 20000
	for _, c := range []struct{ name, table string }{
		{
			"uniform",
			`CREATE TABLE t (id bigint PRIMARY KEY, n int); INSERT INTO t SELECT i FROM generate_series(1, %d) i`,
		},
		{
			"skewed",
			`CREATE TABLE t (id bigint PRIMARY KEY, n int); INSERT INTO t SELECT CASE WHEN i %% 10 = 0 THEN i * 1000000::bigint ELSE i END FROM generate_series(1, %d) i`,
		},
		{
			"gapped",
			`CREATE TABLE t (id bigint PRIMARY KEY, n int); INSERT INTO t SELECT i * 7 + (i / 4000) * 1000000000::bigint FROM generate_series(1, %d) i`,
		},
		{
			"uuid",
			`CREATE TABLE t (id uuid PRIMARY KEY, n int); INSERT INTO t SELECT md5(i::text)::uuid FROM generate_series(1, %d) i`,
		},
		{
			"text",
			`CREATE TABLE t (id text PRIMARY KEY, n int); INSERT INTO t SELECT md5(i::text) FROM generate_series(1, %d) i`,
		},
		{
			"timestamptz",
			`CREATE TABLE t (id timestamptz PRIMARY KEY, n int); INSERT INTO t SELECT '2020-01-01'::timestamptz + i * i * interval '1 ms' FROM generate_series(1, %d) i`,
		},
		{
			"composite of few",
			`CREATE TABLE t (a int, b int, n int, PRIMARY KEY (a, b)); INSERT INTO t SELECT CASE WHEN i %% 3 = 0 THEN 7 ELSE i %% 5 END, i FROM generate_series(1, %d) i`,
		},
		{
			"composite of many",
			`CREATE TABLE t (a int, b int, n int, PRIMARY KEY (a, b)); INSERT INTO t SELECT i %% 1500, i FROM generate_series(1, %d) i`,
		},
		{"grown since",
			`CREATE TABLE t (id bigint PRIMARY KEY, n int) WITH (autovacuum_enabled = off); INSERT INTO t SELECT i FROM generate_series(1, 12000) i;
			ANALYZE t; INSERT INTO t SELECT i FROM generate_series(12001, %d) i`},
		{
			"never analyzed",
			`CREATE TABLE t (id bigint PRIMARY KEY, n int) WITH (autovacuum_enabled = off); INSERT INTO t SELECT i FROM generate_series(1, %d) i; VACUUM t`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.New(t)
			for _, sql := range splitSQL(fmt.Sprintf(c.table, rows)) {
				d.Exec(t, sql)
			}
			if c.name != "grown since" && c.name != "never analyzed" {
				d.Exec(t, `ANALYZE t`)
			}
			if worst := worstProgress(t, d, rows); worst > 2 {
				t.Errorf("off by %.1f points", worst)
			} else {
				t.Logf("off by %.2f points at most", worst)
			}
		})
	}
}

func splitSQL(text string) (all []string) {
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && text[end] != ';' {
			end++
		}
		all = append(all, text[at:end])
		at = end + 1
	}
	return all
}

func worstProgress(t *testing.T, d *dbtest.DB, rows int) (worst float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cfg, err := db.ParseConfig(d.DSN, "$DATABASE_URL")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(ctx, cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p, err := Prepare(ctx, c, Spec{Relation: "t", Set: "n = 1"})
	if err != nil {
		t.Fatal(err)
	}
	q := newRangeSQL(p, p.Leaves[0])
	upper, err := freeze(ctx, c, q)
	if err != nil {
		t.Fatal(err)
	}
	pr := newProgress(p.Leaves[0], Row{Upper: upper})
	w := &walker{q: q, c: c, end: upper, rows: rows / 20}
	last := 0.0
	for n := 1; ; n++ {
		hi, ok, err := w.next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return worst
		}
		w.lo = hi
		pr.moved(hi, w.rows)
		if err := pr.sample(ctx, c); err != nil {
			t.Fatal(err)
		}
		if pr.share < last || pr.share > 1 {
			t.Errorf("progress goes from %.3f to %.3f", last, pr.share)
		}
		last = pr.share
		worst = max(worst, 100*math.Abs(pr.share-float64(n)/20))
	}
}

// No time is named before 1 % or 30 s; then the range holds the truth, and a
// pause makes it longer.
func TestETA(t *testing.T) {
	var e eta
	at := time.Unix(0, 0)
	step := func(seconds int, share float64) (low, high time.Duration) {
		at = at.Add(time.Duration(seconds) * time.Second)
		return e.sample(at, share)
	}
	step(0, 0)
	if low, _ := step(2, 0.005); low != 0 {
		t.Error("a time is named after 2 s")
	}
	if low, high := step(2, 0.01); low > 396*time.Second || high < 396*time.Second {
		t.Errorf("left %s to %s at 1 %% after 4 s, want about 396 s", low, high)
	}
	if low, high := step(16, 0.05); low > 380*time.Second || high < 380*time.Second {
		t.Errorf("left %s to %s at 5 %% after 20 s, want about 380 s", low, high)
	}
	for s := 21; s <= 100; s++ {
		step(1, float64(s)/400)
	}
	low, high := step(1, 101.0/400)
	if low > 299*time.Second || high < 299*time.Second || high > 2*low {
		t.Errorf("left %s to %s, want about 299 s", low, high)
	}
	step(300, 101.0/400)
	_, after := step(1, 102.0/400)
	if after < 2*high {
		t.Errorf("a pause of 300 s makes %s of %s", after, high)
	}
}

// What is slow has a time too, once 30 s have passed.
func TestETABelowOnePercent(t *testing.T) {
	var e eta
	at := time.Unix(0, 0)
	e.sample(at, 0)
	if low, _ := e.sample(at.Add(29*time.Second), 0.0029); low != 0 {
		t.Error("a time is named at 0.3 % after 29 s")
	}
	low, high := e.sample(at.Add(31*time.Second), 0.0031)
	if left := 9969 * time.Second; low > left || high < left {
		t.Errorf("left %s to %s, want about %s", low, high, left)
	}
}

// The size settles where a batch takes its time, and falls at once when the
// server gets slow.
func TestSizeFollowsTime(t *testing.T) {
	s := newSizer(StartRows, DefaultMaxRows)
	perRow := 10 * time.Microsecond
	target := 50 * time.Millisecond
	batch := func() {
		s.took(measured{
			keys: s.rows, took: time.Duration(s.rows)*perRow + time.Millisecond, commit: time.Millisecond / 2,
		}, target)
	}
	for range 20 {
		batch()
	}
	if s.rows < 4000 || s.rows > 5100 {
		t.Errorf("%d rows for 50 ms at 10 µs", s.rows)
	}
	perRow *= 10
	was := s.rows
	batch()
	if s.rows > was/9 {
		t.Errorf("%d rows after a batch ten times too long, was %d", s.rows, was)
	}
	for range 20 {
		batch()
	}
	if s.rows < 350 || s.rows > 520 {
		t.Errorf("%d rows for 50 ms at 100 µs", s.rows)
	}
	s = newSizer(StartRows, DefaultMaxRows)
	for range 40 {
		s.took(measured{
			keys: s.rows, took: time.Duration(s.rows)*time.Microsecond*20 + 30*time.Millisecond,
			commit: 25 * time.Millisecond,
		}, target)
	}
	if !s.commitBound() || s.rows < 2500 {
		t.Errorf("%d rows where COMMIT takes 25 ms", s.rows)
	}
}

// A screen that is paused between two samples must not show an old share.
func TestShareGoesOnBetweenSamples(t *testing.T) {
	w := &watch{
		leafs: leafWork{
			weights:  []float64{600, 600},
			progress: progress{leaf: Leaf{Rows: 600, Key: Key{Index: "t_pkey"}}, share: 0.25},
		},
	}
	w.moved(nil, 150) // a quarter of its rows
	if got := w.share(); got != 0.25 {
		t.Errorf("share %.3f, want a half of the first of two leaves", got)
	}
	w.moved(nil, 6000)
	if got := w.share(); got != 0.5 {
		t.Errorf("share %.3f, want no more than the leaf in hand", got)
	}
}
