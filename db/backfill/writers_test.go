package backfill_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"

	"github.com/jackc/pgx/v5"
)

// write inserts, updates, deletes and moves rows until stop is closed.
func write(ctx context.Context, c *pgx.Conn, rng *rand.Rand, stop <-chan struct{}) (n int, err error) {
	for {
		select {
		case <-stop:
			return n, nil
		default:
		}
		sql := []string{
			`INSERT INTO t (amount) SELECT $1 FROM generate_series(1, 3)`,
			`UPDATE t SET amount = $1 WHERE id IN (SELECT id FROM t WHERE id > gen_random_uuid() ORDER BY id LIMIT 2)`,
			`DELETE FROM t WHERE $1 >= 0 AND id = (SELECT id FROM t WHERE id > gen_random_uuid() ORDER BY id LIMIT 1)`,
			`UPDATE t SET id = gen_random_uuid(), amount = amount + $1 WHERE id = (SELECT id FROM t WHERE id > gen_random_uuid() ORDER BY id LIMIT 1)`,
			`WITH a AS (INSERT INTO t (amount) VALUES ($1) RETURNING id) UPDATE t SET amount = 7 WHERE id = (SELECT id FROM t WHERE id < gen_random_uuid() LIMIT 1)`,
		}[rng.IntN(5)]
		tx, err := c.Begin(ctx)
		if err != nil {
			return n, err
		}
		for range 1 + rng.IntN(3) {
			if _, err := tx.Exec(ctx, sql, rng.IntN(1000)); err != nil {
				break // the victim of a deadlock: rolled back below
			}
		}
		if tx.Commit(ctx) == nil {
			n++
		} else {
			_ = tx.Rollback(ctx)
		}
	}
}

// Four writers, random keys, and the sync trigger: no row differs at the end.
func TestFourWriters(t *testing.T) {
	_, rng := stormSize(t, 0, 0)
	s := newStand(t, `CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), amount int, cents bigint);
		INSERT INTO t (amount) SELECT i FROM generate_series(1, 20000) i; ANALYZE t`)
	spec := backfill.Spec{Relation: "t", Set: "cents = amount * 100", MaxRows: 200}
	sync4 := make(chan struct{})
	var work sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 4 {
		c, own := s.Conn(t), rand.New(rand.NewPCG(rng.Uint64(), 1))
		work.Go(func() {
			n, err := write(bounded(t), c, own, sync4)
			mu.Lock()
			defer mu.Unlock()
			if total += n; err != nil {
				t.Error(err)
			}
		})
	}
	trigger, err := s.plan(t, spec).SyncTrigger()
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range trigger.Create {
		s.Exec(t, sql)
	}
	res, err := backfill.Run(bounded(t), s.options(t, s.plan(t, spec)))
	close(sync4)
	work.Wait()
	if err != nil {
		t.Fatal(err)
	}
	v, err := backfill.Verify(bounded(t), s.conn, s.plan(t, spec))
	t.Logf("%d transactions beside %d batches; %+v", total, res.Batches, v)
	if n := s.Count(t, "t WHERE cents IS DISTINCT FROM amount * 100"); err != nil || n != 0 || v.Left != 0 ||
		total == 0 {
		t.Errorf("%d rows differ, verify %+v: %v", n, v, err)
	}
	if res.Verified.Left != 0 || res.Verified.Swept != 0 {
		t.Errorf("the trigger left something to sweep: %+v", res.Verified)
	}
}

// A row that commits behind the cursor is missed by the pass, and swept.
func TestSweepFindsWhatThePassMissed(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 1, b int); INSERT INTO t SELECT i FROM generate_series(10, 3000) i`)
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "b = a * 2", MaxRows: 500}))
	late := s.Conn(t)
	if _, err := late.Exec(bounded(t), `BEGIN; INSERT INTO t SELECT i FROM generate_series(1, 6) i`); err != nil {
		t.Fatal(err)
	}
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.LeafPassed {
			if _, err := late.Exec(bounded(t), `COMMIT`); err != nil {
				t.Error(err)
			}
			s.Exec(t,
				`UPDATE t SET a = 5 WHERE id = 1000; UPDATE t SET id = -id WHERE id = 2000; INSERT INTO t VALUES (9999)`)
		}
	}
	res := run(t, o)
	if res.Verified.Swept != 8 || res.Verified.Left != 0 || res.Rows != 2991+8 ||
		s.Count(t, "t WHERE b IS DISTINCT FROM a * 2") != 0 {
		t.Errorf("result %+v", res)
	}
}

// What the sweep finds in one place is as large as a batch, however much was missed
// there, and stops with a pause between two of them.
func TestSweepOfManyRowsGoesByBatches(t *testing.T) {
	for name, table := range map[string]string{
		"by key":   `CREATE TABLE t (id text PRIMARY KEY, a int DEFAULT 1, b int); INSERT INTO t SELECT '' UNION ALL SELECT i::text FROM generate_series(1, 200) i`,
		"by place": `CREATE TABLE t (id text, a int DEFAULT 1, b int); INSERT INTO t SELECT i::text FROM generate_series(0, 200) i`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, table)
			if name == "by place" {
				byPlace(t, s)
			}
			o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "b = a * 2", MaxRows: 500}))
			o.Tell = func(e backfill.Event) {
				if e.Kind == backfill.LeafPassed {
					s.Exec(t, `INSERT INTO t SELECT 'x' || i FROM generate_series(1, 6000) i`)
				}
			}
			res := run(t, o)
			if res.Verified.Swept != 6000 || res.Verified.Left != 0 || res.Verified.Rows != 6201 ||
				s.Count(t, "t WHERE b IS DISTINCT FROM a * 2") != 0 {
				t.Errorf("result %+v", res)
			}
			if res.Batches < 12 {
				t.Errorf("only %d batches", res.Batches)
			}
		})
	}
}

// The last key is the empty text: the verify comes to its end.
func TestVerifyOfAnEmptyKey(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (id text PRIMARY KEY, b int); INSERT INTO t VALUES ('')`)
	if res := s.fill(t, backfill.Spec{Relation: "t", Set: "b = 1"}); res.Rows != 1 || res.Verified.Rows != 1 {
		t.Errorf("result %+v", res)
	}
}

func TestVerifyFindsPlantedMisses(t *testing.T) {
	dbtest.LongAlone(t)
	for name, table := range map[string]string{
		"by key":   `CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 1, b varchar(3), ok bool DEFAULT true)`,
		"by place": `CREATE TABLE t (id int, a int DEFAULT 1, b varchar(3), ok bool DEFAULT true)`,
		"partitions": `CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 1, b varchar(3), ok bool DEFAULT true) PARTITION BY HASH (id);
			CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, table+`; INSERT INTO t SELECT i, i % 50 FROM generate_series(1, 20000) i`)
			if name == "by place" {
				byPlace(t, s)
			}
			spec := backfill.Spec{Relation: "t", Set: "b = a || '.'"}
			if res := s.fill(t, spec); res.Rows != 20000 || res.Verified.Rows != 20000 || res.Verified.Left != 0 {
				t.Errorf("result %+v", res)
			}
			s.Exec(t,
				`UPDATE t SET b = NULL WHERE id IN (1, 2, 777, 20000); UPDATE t SET b = '9' WHERE id IN (5, 10000); INSERT INTO t VALUES (30000, 3, 'x')`)
			v, err := backfill.Verify(bounded(t), s.conn, s.plan(t, spec))
			if err != nil || v.Left != 7 || v.Rows != 20001 {
				t.Errorf("verify %+v: %v", v, err)
			}
			guarded := spec
			guarded.Where = "b IS NULL"
			v, err = backfill.Verify(bounded(t), s.conn, s.plan(t, guarded))
			if err != nil || v.Left != 4 || v.Differ != 3 {
				t.Errorf("verify behind a guard %+v: %v", v, err)
			}
			if res := s.fill(t, guarded); res.Rows != 4 || res.Verified.Left != 0 || res.Verified.Differ != 3 {
				t.Errorf("the guarded backfill %+v", res)
			}
		})
	}
}

// What a trigger made of the rows is not said to be the application's.
func TestTriggerThatKeepsTheRows(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (id int PRIMARY KEY, b int DEFAULT 3, c int DEFAULT 0);
		INSERT INTO t SELECT i FROM generate_series(1, 10) i;
		CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
		CREATE TRIGGER kept BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep();
		CREATE TRIGGER after AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep()`)
	v := s.fill(t, backfill.Spec{Relation: "t", Set: "b = 1", Where: "c = 0"}).Verified
	if v.Differ != 10 || !strings.HasSuffix(v.String(), "or they are as trigger kept makes them: look at a few") {
		t.Errorf("%+v: %s", v, v)
	}
}

// Rows that stay as the guard finds them neither hang it nor count as left.
func TestGuardThatStaysTrue(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t SELECT i, CASE WHEN i % 4 <> 0 THEN i END FROM generate_series(1, 2000) i`)
	res := s.fill(t, backfill.Spec{Relation: "t", Set: "b = a + 1", Where: "b IS NULL"})
	if res.Rows != 2000 || res.Verified.Left != 0 || res.Verified.Impossible != "" {
		t.Errorf("result %+v", res)
	}
	res = s.fill(t, backfill.Spec{Relation: "t", Set: "b = 100 + (random() * 9)::int", Where: "b IS NULL"})
	if res.Rows != 500 || res.Verified.Left != 0 ||
		dbtest.QueryVal[int64](t, s.DB, `SELECT count(*) FROM t WHERE b IS NULL`) != 0 {
		t.Errorf("result %+v", res)
	}
	if got := fmt.Sprint(s.fill(t, backfill.Spec{
		Relation: "t", Set: "b = b + 1", Where: "a IS NULL",
	}).Rows); got != "500" {
		t.Errorf("%s rows", got)
	}
}

// Rows that are left keep it open: whoever goes on fills them, and only a reason
// makes it done with them.
func TestRowsLeftKeepItOpen(t *testing.T) {
	const table = `CREATE TABLE t (id int PRIMARY KEY, s text); INSERT INTO t SELECT i FROM generate_series(1, 200) i;
		CREATE FUNCTION empty() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id % 8 = 0 THEN NEW.s := NULL; END IF; RETURN NEW; END';
		CREATE TRIGGER empty BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION empty()`
	s := newStand(t, table)
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "s = 'x'", Where: "s IS NULL"}))
	o.ID = backfill.NewID()
	state := func() string {
		return dbtest.QueryVal[string](t, s.DB, `SELECT state || ': ' || reason FROM belay.backfill`)
	}
	for range 2 {
		if res := run(t, o); res.Verified.Left != 25 ||
			state() != "passed: 25 rows left that the statement would change" {
			t.Errorf("result %+v, the ledger says %s", res, state())
		}
	}
	s.Exec(t, `DROP TRIGGER empty ON t; INSERT INTO t VALUES (999)`)
	if res := run(t, o); res.Verified.Left != 0 || res.Verified.Swept != 26 || s.Count(t, "t WHERE s = 'x'") != 201 ||
		state() != "done: 0 rows left of 201" {
		t.Errorf("result %+v, the ledger says %s", res, state())
	}
	if err := backfill.Accept(bounded(t), s.Conn(t), o.ID, "late"); err == nil {
		t.Error("what is done is accepted")
	}
	s = newStand(t, table)
	o = s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "s = 'x'", Where: "s IS NULL"}))
	o.ID = backfill.NewID()
	run(t, o)
	if err := backfill.Accept(bounded(t), s.Conn(t), o.ID, "they go next week"); err != nil {
		t.Fatal(err)
	}
	if got := dbtest.QueryVal[string](t, s.DB,
		`SELECT state || ': ' || reason FROM belay.backfill`); got != "done: 25 rows left that the statement would "+
		"change; accepted: they go next week" {
		t.Errorf("the ledger says %s", got)
	}
}
