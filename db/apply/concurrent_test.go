package apply_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"belay/db/apply"
	"belay/db/dbtest"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

func createIndex(sql, name string) apply.Statement {
	return apply.Statement{SQL: sql, Kind: "CREATE INDEX", Concurrent: true,
		Index: apply.Index{Name: name, Table: "public.t"},
		Effect: effect.Effect{
			Known: true, Duration: effect.Slow,
			Locks: []effect.On{{Relation: "public.t", Mode: lock.ShareUpdateExclusive}},
		}}
}

func byOne(statements ...apply.Statement) apply.Unit {
	u := unit(statements...)
	u.Wrap = apply.OneByOne
	return u
}

const newIndex = `CREATE INDEX CONCURRENTLY t_a ON t (a)`

func invalidNames(t testing.TB, d *dbtest.DB) string {
	t.Helper()
	return strings.Join(dbtest.QueryCol[string](t, d,
		`SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`), ",")
}

func TestConcurrentlyBuilds(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	var dirty string
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun && e.Statement == 0 {
			dirty = version(t, d)
		}
		return nil
	}
	got := x.Run(t.Context(),
		byOne(createIndex(newIndex, "t_a"), instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN note text`)))
	want(t, got, apply.Applied, apply.Done)
	if dirty != "7 dirty" || version(t, d) != "7" || !hasColumn(t, d, "note") || invalidNames(t, d) != "" ||
		got.StatementsApplied != 2 {
		t.Errorf("while building %q, then %q, stood %d", dirty, version(t, d), got.StatementsApplied)
	}
	// The same unit again: everything is found, nothing is built.
	got = x.Run(t.Context(), byOne(createIndex(newIndex, "t_a")))
	want(t, got, apply.Applied, apply.Already)
	if len(rec.of(apply.IndexFound)) != 1 {
		t.Error("the index was not found")
	}
}

// CONCURRENTLY waits for an old snapshot far longer than any lock_timeout, says
// for whom, and ends well.
func TestConcurrentlyWaitsForAnOldSnapshot(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	x.Limits.Sample = 50 * time.Millisecond
	pid, release := d.Blocker(t,
		`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM schema_migrations`)
	waits := 0
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.SnapshotWait {
			if waits++; waits == 8 { // 400 ms: over every lock_timeout in force
				release()
			}
		}
		return nil
	}
	u := byOne(createIndex(newIndex, "t_a"))
	u.Begin, u.Record = nil, nil
	got := x.Run(t.Context(), u)
	want(t, got, apply.Applied, apply.Done)
	seen := rec.of(apply.SnapshotWait)
	if len(seen) == 0 || seen[0].Blockers[0].PID != int(pid) {
		t.Fatalf("waits %+v", seen)
	}
	phase := ""
	for _, e := range rec.of(apply.BuildProgress) {
		phase += e.Progress.Phase + "; "
	}
	if !strings.Contains(phase, "waiting for old snapshots") {
		t.Errorf("phases %s", phase)
	}
}

func TestConcurrentlyStoppedLeavesAnInvalidIndexAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reason apply.Reason
	}{{"stop", apply.Canceled}, {"deadline", apply.Deadline}, {"cancel from outside", apply.CanceledByOther}} {
		t.Run(c.name, func(t *testing.T) {
			d := shop(t)
			x, rec := executor(t, d.DSN)
			x.Limits.Sample = 50 * time.Millisecond
			_, release := d.Blocker(t,
				`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM schema_migrations`)
			defer release()
			if c.name == "deadline" {
				x.Limits.ConcurrentDeadline = 700 * time.Millisecond
			}
			done := false
			rec.hook = func(e apply.Event) error {
				if e.Kind == apply.SnapshotWait && !done {
					switch c.name {
					case "stop":
						x.Stop(errors.New("c"))
					case "cancel from outside":
						d.Exec(t, `SELECT pg_cancel_backend($1)`, int32(x.Trio.Executor.PgConn().PID()))
					}
					done = c.name != "deadline"
				}
				return nil
			}
			u := byOne(createIndex(newIndex, "t_a"))
			u.Begin, u.Record = nil, nil
			got := x.Run(t.Context(), u)
			want(t, got, apply.NotApplied, c.reason)
			if len(got.Invalid) != 1 || got.Invalid[0].Name != "t_a" || got.Unchanged() || invalidNames(t, d) != "t_a" {
				t.Fatalf("invalid %+v, left %q", got.Invalid, got.Left)
			}
			release()
			// It stands in the way of the next run, IF NOT EXISTS or not.
			next := byOne(createIndex(`CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a)`, "t_a"))
			again := x.Run(t.Context(), next)
			want(t, again, apply.NotApplied, apply.IndexInvalid)
			if !again.Unchanged() || version(t, d) != "" {
				t.Errorf("left %q, version %q", again.Left, version(t, d))
			}
			want(t, x.DropInvalid(t.Context(), again.Invalid[0]), apply.Applied, apply.Done)
			want(t, x.Run(t.Context(), next), apply.Applied, apply.Done)
			if invalidNames(t, d) != "" || version(t, d) != "7" {
				t.Errorf("invalid %q, version %q", invalidNames(t, d), version(t, d))
			}
		})
	}
}

func TestUniqueConcurrentlyOverDuplicates(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.Exec(t, `UPDATE t SET a = 1`)
	x, _ := executor(t, d.DSN)
	u := byOne(createIndex(`CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)`, "t_a"))
	got := x.Run(t.Context(), u)
	want(t, got, apply.NotApplied, apply.StatementError)
	var f *apply.Failure
	if !errors.As(got.Err, &f) || f.Code != "23505" || len(got.Invalid) != 1 || !got.Invalid[0].Unique {
		t.Errorf("error %v, invalid %+v", got.Err, got.Invalid)
	}
	if version(t, d) != "7 dirty" || !strings.Contains(strings.Join(got.Left, "; "), "dirty") {
		t.Errorf("version %q, left %q", version(t, d), got.Left)
	}
}

// Where nothing was done the history table is as it was before.
func TestBeginIsTakenBackWhereNothingWasDone(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	u := byOne(createIndex(`CREATE INDEX CONCURRENTLY t_a ON t (nosuch)`, "t_a"))
	u.Unbegin = u.Begin[:1]
	got := x.Run(t.Context(), u)
	want(t, got, apply.NotApplied, apply.StatementError)
	if !got.Unchanged() || version(t, d) != "" {
		t.Errorf("left %q, version %q", got.Left, version(t, d))
	}
}

func TestAnotherIndexOfTheNameIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.Exec(t, `CREATE INDEX t_a ON t (id, a)`)
	x, _ := executor(t, d.DSN)
	got := x.Run(t.Context(), byOne(createIndex(`CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a)`, "t_a")))
	want(t, got, apply.NotApplied, apply.IndexDiffers)
	if !strings.Contains(got.Err.Error(), "(id, a)") || !got.Unchanged() {
		t.Errorf("error %v", got.Err)
	}
}

func TestStopsAtTheFirstThatFails(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	got := x.Run(t.Context(), byOne(addColumn(), createIndex(newIndex, "t_a"),
		instant("ALTER TABLE", `ALTER TABLE nosuch ADD COLUMN x int`),
		instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN other text`)))
	want(t, got, apply.NotApplied, apply.StatementError)
	if got.StatementsApplied != 2 || !hasColumn(t, d, "note") || hasColumn(t, d, "other") ||
		!strings.Contains(got.Left[0], "2 of 4 statements") {
		t.Errorf("stood %d, left %q", got.StatementsApplied, got.Left)
	}
	// After the table was made, the rest runs from where it stood.
	d.Exec(t, `CREATE TABLE nosuch ()`)
	u := byOne(addColumn(), createIndex(newIndex, "t_a"),
		instant("ALTER TABLE", `ALTER TABLE nosuch ADD COLUMN x int`),
		instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN other text`))
	u.From = got.StatementsApplied
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	if !hasColumn(t, d, "other") || version(t, d) != "7" {
		t.Errorf("version %q", version(t, d))
	}
}

func TestDropIndexAndReindexConcurrently(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.Exec(t, `CREATE INDEX t_a ON t (a)`)
	x, _ := executor(t, d.DSN)
	weak := effect.Effect{
		Known: true, Duration: effect.Slow, Locks: []effect.On{{Relation: "public.t", Mode: lock.ShareUpdateExclusive}},
	}
	u := byOne(apply.Statement{SQL: `REINDEX TABLE CONCURRENTLY t`, Kind: "REINDEX", Concurrent: true, Effect: weak},
		apply.Statement{SQL: `VACUUM (TRUNCATE false) t`, Kind: "VACUUM", Effect: weak},
		apply.Statement{
			SQL: `DROP INDEX CONCURRENTLY t_a`, Kind: "DROP INDEX", Concurrent: true, Index: apply.Index{Name: "t_a"},
			Effect: weak,
		})
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	if d.Count(t, `pg_class WHERE relname = 't_a'`) != 0 || version(t, d) != "7" {
		t.Errorf("version %q", version(t, d))
	}
}

// VACUUM FULL has no transaction of ours and blocks everyone: it gets the rung,
// the hold budget and the ladder.
func TestStrongStatementOutsideATransaction(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, rec := executor(t, d.DSN)
	strong := effect.Effect{
		Known: true, Duration: effect.Slow, Locks: []effect.On{{Relation: "public.t", Mode: lock.AccessExclusive}},
	}
	u := byOne(apply.Statement{SQL: `VACUUM FULL t`, Kind: "VACUUM", Effect: strong})
	u.Hold = 30 * time.Second
	_, release := d.Blocker(t, `SELECT count(*) FROM t`)
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.AttemptEnded && e.Code == "55P03" {
			release()
		}
		return nil
	}
	got := x.Run(t.Context(), u)
	want(t, got, apply.Applied, apply.Done)
	if len(got.Blockers) != 1 || version(t, d) != "7" {
		t.Errorf("blockers %+v, version %q", got.Blockers, version(t, d))
	}
}

// Without CONCURRENTLY too IF NOT EXISTS succeeds over what a failed build left,
// and a partition's leftover spoils its parent's index: nothing is committed.
func TestNoSuccessOverAnInvalidIndex(t *testing.T) {
	t.Parallel()
	const failed = `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '%s'::regclass`
	for _, c := range []struct {
		name, setup, sql, broken string
		drops                    bool // what stands in the way may be dropped
	}{
		{
			name: "plain", setup: `CREATE INDEX t_a ON t (a)`, sql: `CREATE INDEX IF NOT EXISTS t_a ON t (a)`,
			broken: "t_a", drops: true,
		},
		{
			name: "own transaction", setup: `CREATE INDEX t_a ON t (a)`,
			sql: `BEGIN; CREATE INDEX IF NOT EXISTS t_a ON t (a); COMMIT`, broken: "t_a", drops: true,
		},
		{
			name: "one by one", setup: `CREATE INDEX t_a ON t (a)`,
			sql: `VACUUM t; CREATE INDEX IF NOT EXISTS t_a ON t (a)`, broken: "t_a", drops: true,
		},
		{
			name: "partition", setup: parts + `; CREATE INDEX p1_d ON p1 (d)`, sql: `CREATE INDEX p_d ON p (d)`,
			broken: "p1_d", drops: true,
		},
		{
			name: "parent", setup: parts + `; CREATE INDEX p_d ON ONLY p (d)`,
			sql: `CREATE INDEX IF NOT EXISTS p_d ON p (d)`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := shop(t)
			d.Exec(t, c.setup)
			if c.broken != "" {
				d.Exec(t, strings.ReplaceAll(failed, "%s", c.broken))
			}
			x, _ := executor(t, d.DSN)
			x.Limits.HoldBudget = 20 * time.Second
			u := judged(t, x, c.sql)
			u.Wrap = apply.WrapOf(u.Statements, false)
			got := x.Run(t.Context(), u)
			want(t, got, apply.NotApplied, apply.IndexInvalid)
			if v := version(t, d); v == "7" || got.Hint() == "" || (len(got.Invalid) == 1) != c.drops {
				t.Errorf("version %q, hint %q, invalid %+v", v, got.Hint(), got.Invalid)
			}
			if !c.drops {
				return
			}
			want(t, x.DropInvalid(t.Context(), got.Invalid[0]), apply.Applied, apply.Done)
			u.From = got.StatementsApplied
			want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
			if invalidNames(t, d) != "" || version(t, d) != "7" {
				t.Errorf("invalid %q, version %q", invalidNames(t, d), version(t, d))
			}
		})
	}
	// ONLY asks for an index that is INVALID until its parts are attached.
	d := shop(t)
	d.Exec(t, parts)
	x, _ := executor(t, d.DSN)
	want(t, x.Run(t.Context(), fromText(t, `CREATE INDEX p_d ON ONLY p (d)`)), apply.Applied, apply.Done)
}
