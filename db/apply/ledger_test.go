package apply_test

import (
	"errors"
	"testing"

	"belay/db/apply"
	"belay/db/dbtest"
	"belay/db/ledger"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

const ledgerRun = "7f3a0001-0000-4000-8000-000000000001"

// kept is a shop with a ledger in which the executor's run is open.
func kept(t testing.TB) (*dbtest.DB, *apply.Executor, *record) {
	t.Helper()
	d := shop(t)
	if _, err := ledger.Create(t.Context(), d.Conn(t)); err != nil {
		t.Fatal(err)
	}
	if err := ledger.OpenRun(t.Context(), d.Conn(t), ledger.Run{
		ID: ledgerRun, Identity: "1/2", Owner: "op1@a", State: "running",
	}); err != nil {
		t.Fatal(err)
	}
	x, rec := executor(t, d.DSN)
	x.Ledger = &ledger.Claim{Run: ledgerRun, Epoch: 1, Files: map[string]ledger.File{
		"7": {
			Identity: "1/2", Tool: "golang-migrate", Version: "7", Name: "7_x.up.sql", SHA256: "f11e", Normalized: "n0",
			Environment: "local", By: "op1",
		},
	}}
	return d, x, rec
}

func marks(t testing.TB, d *dbtest.DB) map[string]ledger.Mark {
	t.Helper()
	m, err := ledger.Marks(t.Context(), d.Conn(t), ledgerRun)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func takeOver(t testing.TB, d *dbtest.DB) {
	t.Helper()
	d.Exec(t, `UPDATE belay.run SET epoch = epoch + 1, owner = 'op2@b'`)
}

// concurrently builds an index of t outside a transaction.
func concurrently() apply.Unit {
	u := unit(apply.Statement{SQL: `CREATE INDEX CONCURRENTLY t_a ON t (a)`, Kind: "CREATE INDEX", Concurrent: true,
		Index: apply.Index{Name: "t_a", Table: "public.t"},
		Effect: effect.Effect{Known: true, Duration: effect.Slow,
			Locks: []effect.On{{Relation: "public.t", Mode: lock.ShareUpdateExclusive}}}})
	u.Wrap = apply.OneByOne
	return u
}

// The mark and the file's hash are committed with the effect, by the session's
// own role: the unit's needs no right on the ledger.
func TestMarkIsCommittedWithTheEffect(t *testing.T) {
	t.Parallel()
	d, x, _ := kept(t)
	owner, _ := d.Role(t, "owner", "")
	d.Exec(t, `ALTER TABLE t OWNER TO `+owner+`; ALTER TABLE schema_migrations OWNER TO `+owner)
	u := unit(addColumn())
	u.Role = owner
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	if m := marks(t, d)["7"]; m.State != ledger.Applied || m.SHA256 != "f11e" || m.Epoch != 1 || m.Attempt != 1 {
		t.Errorf("mark %+v", m)
	}
	files, err := ledger.Files(t.Context(), d.Conn(t), "1/2", "golang-migrate")
	if err != nil || len(files) != 1 || files[0].SHA256 != "f11e" || files[0].By != "op1" ||
		files[0].AppliedAt.IsZero() {
		t.Errorf("files %+v: %v", files, err)
	}
	if _, err := x.Trio.Executor.Exec(t.Context(), `SELECT 1 FROM belay.run`); err != nil {
		t.Errorf("the session's role was not given back: %v", err)
	}
}

func TestFailedUnitLeavesNoMark(t *testing.T) {
	t.Parallel()
	d, x, _ := kept(t)
	want(t, x.Run(t.Context(), unit(addColumn(), addColumn())), apply.NotApplied, apply.StatementError)
	if m := marks(t, d); len(m) != 0 || d.Count(t, `belay.applied_file`) != 0 {
		t.Errorf("marks %v", m)
	}
	untouched(t, d)
}

// Whoever was taken over sends nothing: not at the start, and not between two tries.
func TestFenceStopsWhoWasTakenOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		unit apply.Unit
		when apply.EventKind
	}{
		{"before", unit(addColumn()), apply.AttemptStarted},
		{"between two tries", unit(addColumn()), apply.AttemptEnded},
		{"before CONCURRENTLY", concurrently(), apply.AttemptStarted},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, x, rec := kept(t)
			release := func() {}
			if c.when == apply.AttemptEnded {
				_, release = d.Blocker(t, `LOCK TABLE t IN ACCESS SHARE MODE`)
			}
			done := false
			rec.hook = func(e apply.Event) error {
				if e.Kind == c.when && !done {
					done = true
					takeOver(t, d)
					release()
				}
				return nil
			}
			got := x.Run(t.Context(), c.unit)
			want(t, got, apply.NotApplied, apply.TakenOver)
			var taken *ledger.TakenOverError
			if !errors.As(got.Err, &taken) || taken.Owner != "op2@b" || got.Hint() == "" {
				t.Errorf("error %v", got.Err)
			}
			if n := d.Count(t, `pg_class WHERE relname = 't_a'`); n != 0 {
				t.Error("the index was built")
			}
			untouched(t, d)
		})
	}
}

// A take-over that is under way is waited for, as any lock is; one that was given
// up changes nothing.
func TestFenceWaitsForATakeOver(t *testing.T) {
	t.Parallel()
	d, x, rec := kept(t)
	_, release := d.Blocker(t, `UPDATE belay.run SET epoch = 2, owner = 'op2@b'`)
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.AttemptEnded {
			release()
		}
		return nil
	}
	got := x.Run(t.Context(), unit(addColumn()))
	// The blocker's transaction is rolled back: the run is still ours.
	want(t, got, apply.Applied, apply.Done)
	if got.Attempts < 2 {
		t.Error("the first attempt did not meet the take-over")
	}
}

// What cannot be in a transaction has a committed intent with its hash before it
// is sent, and a mark of the whole with the history row.
func TestIntentIsCommittedBeforeConcurrently(t *testing.T) {
	t.Parallel()
	d, x, rec := kept(t)
	var before map[string]ledger.Mark
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun {
			before = marks(t, d)
		}
		return nil
	}
	want(t, x.Run(t.Context(), concurrently()), apply.Applied, apply.Done)
	if m := before["7/1"]; len(before) != 1 || m.State != ledger.Intent || len(m.SHA256) != 64 {
		t.Errorf("before the statement: %+v", before)
	}
	if m := marks(t, d)["7"]; m.State != ledger.Applied {
		t.Errorf("afterwards: %+v", m)
	}
}

// Without the run's row nobody knows whose it is.
func TestRunThatTheLedgerLost(t *testing.T) {
	t.Parallel()
	d, x, _ := kept(t)
	d.Exec(t, `DELETE FROM belay.run`)
	got := x.Run(t.Context(), unit(addColumn()))
	want(t, got, apply.NotApplied, apply.TakenOver)
	var taken *ledger.TakenOverError
	if !errors.As(got.Err, &taken) || taken.Owner != "" {
		t.Errorf("error %v", got.Err)
	}
	untouched(t, d)
}
