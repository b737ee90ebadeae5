package backfill_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"belay/db/backfill"
	"belay/db/dbtest"
)

// slow makes a table whose rows take a time each: all the same, but for one.
func slow(rows, each, one, alone string) string {
	return `CREATE TABLE t (id bigint PRIMARY KEY, s text); INSERT INTO t SELECT i FROM generate_series(1, ` + rows +
		`) i;
		CREATE TABLE toxic AS SELECT ` + one + `::bigint AS id, ` + alone + `::float8 AS seconds;
		CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
			PERFORM pg_sleep(coalesce((SELECT seconds FROM toxic WHERE id = NEW.id), ` + each + `)); RETURN NEW; END';
		CREATE TRIGGER slow BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION slow()`
}

// batchesOf runs it and gives the rows of each batch and what was said.
func batchesOf(t *testing.T, o backfill.Options) (res backfill.Result, rows []int64, said []string) {
	t.Helper()
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			rows = append(rows, e.Rows)
		} else if e.Message != "" {
			said = append(said, string(e.Kind)+": "+e.Message)
		}
	}
	return run(t, o), rows, said
}

func tells(said []string, part string) (n int) {
	for _, s := range said {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

// Rows that take longer than a batch should go one by one, none is undone and
// tried again, and that the target is missed is said once.
// Case: backfill-slow-rows.
func TestRowsLongerThanTheBatch(t *testing.T) {
	t.Parallel()
	s := newStand(t, slow("8", "0.08", "0", "0"))
	res, rows, said := batchesOf(t,
		s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "s = 'x'", Where: "s IS NULL"})))
	if res.Rows != 8 || len(rows) != 8 || tells(said, "retrying") != 0 {
		t.Errorf("result %+v in batches of %v: %q", res, rows, said)
	}
	if tells(said, "not 50ms: one row takes that long") != 1 {
		t.Errorf("said %q", said)
	}
}

// Rows of 5 ms settle near the target of 50 ms, also where each comes from a
// subquery, and the verify reads no more of them at once.
func TestSlowRowsSettleNearTheTarget(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]backfill.Spec{
		"a trigger": {Relation: "t", Set: "s = 'x'", Where: "s IS NULL"},
		"a subquery": {
			Relation: "u", Set: "s = (SELECT 'x' || count(*) FROM (SELECT pg_sleep(0.005 * (u.id > 0)::int)) x)",
			Where: "s IS NULL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t,
				slow("100", "0.005", "0", "0")+
					`; CREATE TABLE u AS SELECT id, s FROM t; ALTER TABLE u ADD PRIMARY KEY (id)`)
			o := s.options(t, s.plan(t, spec))
			o.RowLimit = time.Minute
			res, rows, said := batchesOf(t, o)
			if res.Rows != 100 || tells(said, "undone") != 0 {
				t.Errorf("result %+v: %q", res, said)
			}
			for _, n := range rows {
				if n > 12 {
					t.Errorf("%d rows of 5 ms in one batch of 50 ms: %v", n, rows)
				}
			}
		})
	}
}

// One row among fast ones that takes longer than it may pauses the backfill,
// which names it; mended, it goes on.
func TestOneRowOverTheLimit(t *testing.T) {
	t.Parallel()
	s := newStand(t, slow("300", "0", "77", "30"))
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "s = 'x'", BatchTime: backfill.MinBatchTime}))
	o.RowLimit = time.Second
	b := s.start(t, o)
	dbtest.WaitFor(t, "the pause", b.state(backfill.Paused))
	snap := b.ctl.Snapshot()
	if p := snap.Problem; p == nil || strings.Join(p.Key, ",") != "77" || p.SQLState != "57014" {
		t.Fatalf("problem %+v: %s", snap.Problem, snap.Reason)
	}
	if !strings.HasPrefix(snap.Reason, "row (id) = (77): this row alone takes over 1s: see what its triggers") {
		t.Errorf("reason %q", snap.Reason)
	}
	if snap.Rows != 76 || s.Count(t, "t WHERE s = 'x' AND id < 77") != 76 {
		t.Errorf("%d rows done, 76 stand before it", snap.Rows)
	}
	dbtest.WaitFor(t, "nothing of it to be open", func() bool { return s.ours(t) == 0 })
	s.Exec(t, `UPDATE toxic SET seconds = 0`)
	b.ctl.Resume()
	if res := b.wait(t); res.Rows != 300 || s.Count(t, "t WHERE s = 'x'") != 300 {
		t.Errorf("result %+v", res)
	}
}

// One row that takes longer than a batch may, and not longer than a row, is done
// alone, after few tries, and the rows behind it go fast again.
func TestOneSlowRowAmongFastOnes(t *testing.T) {
	t.Parallel()
	s := newStand(t, slow("3000", "0", "1500", "0.5"))
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "s = 'x'", BatchTime: backfill.MinBatchTime}))
	o.RowLimit = time.Second
	res, rows, said := batchesOf(t, o)
	if res.Rows != 3000 || tells(said, "undone") > 5 || tells(said, "undone") == 0 {
		t.Errorf("result %+v: %q", res, said)
	}
	if last := rows[max(len(rows)-10, 0):]; slices.Max(last) < 10 {
		t.Errorf("batches behind it: %v", rows)
	}
}

// A row that somebody holds is waited for, however slow the others are.
func TestLockedRowIsNoSlowRow(t *testing.T) {
	t.Parallel()
	s := newStand(t, slow("30", "0.01", "0", "0"))
	pid, release := s.Blocker(t, `SELECT 1 FROM t WHERE id = 17 FOR UPDATE`)
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "s = 'x'", BatchTime: backfill.MinBatchTime}))
	o.RowLimit = time.Second
	waits := 0
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Retrying && e.SQLState == "55P03" {
			if waits++; waits == 3 {
				release()
			}
		}
	}
	if res := run(t, o); res.Rows != 30 || waits < 3 {
		t.Errorf("result %+v after %d waits for PID %d", res, waits, pid)
	}
}
