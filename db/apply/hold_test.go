package apply_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/db/apply"
	"belay/db/dbtest"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

// Units that look instant and are not. Each is undone within lock_timeout +
// hold budget, with nothing left.
var deceivers = []struct {
	name, setup string
	statements  []apply.Statement
}{
	{"event trigger at the end", slowEvent("ddl_command_end"), one(addColumn())},
	{"event trigger at the start", slowEvent("ddl_command_start"), one(addColumn())},
	{"event trigger on drop", slowEvent("sql_drop"), one(instant("ALTER TABLE", `ALTER TABLE t DROP COLUMN a`))},
	{
		"event trigger on rewrite", slowEvent("table_rewrite"),
		one(instant("ALTER TABLE", `ALTER TABLE t ALTER a TYPE bigint`)),
	},
	{"DO that sleeps", "", one(opaque("DO", `DO $$ BEGIN PERFORM pg_sleep(60); END $$`))},
	{"DO that loops", "", one(opaque("DO", `DO $$ BEGIN LOOP END LOOP; END $$`))},
	{
		"DO that alters, then sleeps", "",
		one(opaque("DO", `DO $$ BEGIN ALTER TABLE t ADD note text; PERFORM pg_sleep(60); END $$`)),
	},
	{"function that scans", slowFunction, one(opaque("SELECT", `SELECT count(slow(a)) FROM t`))},
	{"CALL", `CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT pg_sleep(60)'`, one(opaque("CALL", `CALL p()`))},
	{
		"default that calls a function", slowFunction,
		one(instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN note int DEFAULT slow(1)`)),
	},
	{
		"generated column", slowFunction,
		one(instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN note int GENERATED ALWAYS AS (slow(a)) STORED`)),
	},
	{"check", slowFunction, one(instant("ALTER TABLE", `ALTER TABLE t ADD CHECK (slow(a) > 0)`))},
	{
		"type by a function", slowFunction,
		one(instant("ALTER TABLE", `ALTER TABLE t ALTER a TYPE bigint USING slow(a)`)),
	},
	{"index on a function", slowFunction, one(instant("CREATE INDEX", `CREATE INDEX i ON t (slow(a))`))},
	{"foreign key with a slow trigger",
		`CREATE TABLE u (id bigint PRIMARY KEY); INSERT INTO u SELECT g FROM generate_series(1, 1000) g;` +
			slowFunction + `; CREATE VIEW v AS SELECT slow(1)`, one(instant("SELECT", `SELECT * FROM v`))},
	{"row trigger",
		slowFunction +
			`; CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM slow(1); RETURN NEW; END';
		CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tr()`, one(instant("UPDATE", `UPDATE t SET a = 1`))},
	{"deferred constraint at COMMIT",
		slowFunction +
			`; CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM slow(1); RETURN NULL; END';
		CREATE CONSTRAINT TRIGGER tr AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tr()`,
		one(instant("UPDATE", `UPDATE t SET a = 1 WHERE id = 1`))},
	{
		"materialized view", slowFunction,
		one(instant("CREATE MATERIALIZED VIEW", `CREATE MATERIALIZED VIEW m AS SELECT slow(a) FROM t`)),
	},
	{"many quick ones", "", quick(40)},
	{"the second of two", "", []apply.Statement{addColumn(), opaque("SELECT", `SELECT pg_sleep(60)`)}},
	{"history table with a trigger",
		slowFunction +
			`; CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM slow(1); RETURN NEW; END';
		CREATE TRIGGER tr BEFORE INSERT ON schema_migrations FOR EACH ROW EXECUTE FUNCTION tr()`, one(addColumn())},
}

func one(s apply.Statement) []apply.Statement { return []apply.Statement{s} }

// quick is n statements, each far below the budget and together far above it.
func quick(n int) []apply.Statement {
	out := []apply.Statement{addColumn()}
	for range n {
		out = append(out, opaque("SELECT", `SELECT pg_sleep(0.1)`))
	}
	return out
}

const slowFunction = `CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN $1; END'`

func slowEvent(event string) string {
	return `CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); END';
		CREATE EVENT TRIGGER ev ON ` + event + ` EXECUTE FUNCTION ev()`
}

func TestHoldBudget(t *testing.T) {
	t.Parallel()
	if len(deceivers) < 20 {
		t.Fatalf("%d variants", len(deceivers))
	}
	var mu sync.Mutex
	var worst time.Duration
	t.Cleanup(func() {
		t.Logf("longest hold %s with lock_timeout 300ms and budget 1s", worst)
		// lock_timeout + 1.1 s, and a second and a half for a busy machine.
		if worst > 2900*time.Millisecond {
			t.Errorf("held for %s", worst)
		}
	})
	for _, c := range dbtest.OneIn(3, deceivers) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := shop(t)
			if c.setup != "" {
				d.Exec(t, c.setup)
			}
			x, _ := executor(t, d.DSN)
			got := x.Run(t.Context(), unit(c.statements...))
			want(t, got, apply.NotApplied, apply.HoldExceeded)
			if !got.Unchanged() || !strings.Contains(got.Err.Error(), "took longer than judged") {
				t.Errorf("left %q, error %v", got.Left, got.Err)
			}
			mu.Lock()
			worst = max(worst, got.Held)
			mu.Unlock()
			t.Logf("held %s", got.Held)
			untouched(t, d)
			if n := d.Count(t,
				`pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped`); n != 2 {
				t.Errorf("t has %d columns", n)
			}
		})
	}
}

func TestAcceptedHoldIsUndonePastIt(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	u := unit(addColumn(), opaque("SELECT", `SELECT pg_sleep(1.6)`))
	u.Hold = 10 * time.Second
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	d.Exec(t, `ALTER TABLE t DROP COLUMN note; DELETE FROM schema_migrations`)
	u.Hold = 1200 * time.Millisecond
	got := x.Run(t.Context(), u)
	want(t, got, apply.NotApplied, apply.HoldExceeded)
	if !strings.Contains(got.Err.Error(), "longer than the accepted 1.2s") {
		t.Errorf("error %v", got.Err)
	}
	untouched(t, d)
}

// A strong lock may come late in a file: what sets the server's own clock for it (17 and
// later) has a deadline of its own, not what is left of BEGIN's.
func TestStrongLockAfterLongWork(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	x.Limits.Grace = time.Second
	update := instant("UPDATE", `UPDATE t SET a = a + 1 WHERE pg_sleep(1.5) IS NOT NULL AND id = 1`)
	update.Effect.Locks = []effect.On{{Relation: "public.t", Mode: lock.RowExclusive}}
	u := unit(update, addColumn())
	u.Hold = time.Minute
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
}

// Statements that lock nothing of the application's may together take longer
// than the budget.
func TestManyHarmlessStatements(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	x.Limits.HoldBudget = 400 * time.Millisecond
	var all []apply.Statement
	for i := range 8 {
		all = append(all,
			apply.Statement{SQL: fmt.Sprintf(`CREATE TABLE new_%d AS SELECT pg_sleep(0.1)::text`, i),
				Kind:   "CREATE TABLE AS",
				Effect: effect.Effect{Known: true, Transactional: true, Duration: effect.Instant}})
	}
	want(t, x.Run(t.Context(), unit(all...)), apply.Applied, apply.Done)
}

// crowd starts n sessions that want to read t and waits until they queue.
func crowd(t testing.TB, d *dbtest.DB, n int) (done func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	for range n {
		conn := d.Conn(t)
		go func() {
			_, _ = conn.Exec(ctx, `SELECT count(*) FROM t`)
			ended <- struct{}{}
		}()
	}
	return func() {
		for range n {
			<-ended
		}
		cancel()
	}
}

func TestQueueLimitCancels(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	x.Limits.QueueLimit, x.Limits.Sample = 5, 100*time.Millisecond
	var done func()
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun && e.Line == 2 {
			done = crowd(t, d, 6)
		}
		return nil
	}
	// The hold was accepted, so only the queue can end it.
	u := unit(instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN note text`), opaque("SELECT", `SELECT pg_sleep(60)`))
	u.Hold, u.Queue = 2*time.Minute, 2
	got := x.Run(t.Context(), u)
	done()
	want(t, got, apply.NotApplied, apply.QueueLimit)
	if !strings.Contains(got.Err.Error(), "sessions waited behind our locks, the limit is 5") {
		t.Errorf("error %v", got.Err)
	}
	untouched(t, d)
	if got.Held > 30*time.Second {
		t.Errorf("held for %s", got.Held)
	}
}

// With an accepted hold the breaker stands at twice the queue that was named.
func TestQueueThatWasExpectedIsBorne(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	x.Limits.QueueLimit, x.Limits.Sample = 2, 50*time.Millisecond
	var done func()
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun && e.Line == 2 {
			done = crowd(t, d, 4)
		}
		return nil
	}
	u := unit(apply.Statement{SQL: `LOCK TABLE t`, Kind: "LOCK TABLE",
		Effect: effect.Effect{Known: true, Transactional: true,
			Locks: []effect.On{{Relation: "public.t", Mode: lock.AccessExclusive}}}},
		opaque("SELECT", `SELECT pg_sleep(1)`))
	u.Hold, u.Queue = time.Minute, 4
	got := x.Run(t.Context(), u)
	done()
	want(t, got, apply.Applied, apply.Done)
	if len(rec.of(apply.Queued)) == 0 {
		t.Error("the queue was not seen")
	}
}
