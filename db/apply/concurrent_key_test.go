package apply_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"belay/db/apply"
	"belay/db/dbtest"
)

// advisory are the advisory locks of a test's own database.
const advisory = `pg_locks WHERE locktype = 'advisory' AND granted
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// A teammate's tool that waits for its key must not end our build, nor wait for it.
func TestToolKeysAreReleasedAroundConcurrently(t *testing.T) {
	t.Parallel()
	const key = 4097083626
	d := shop(t)
	x, rec := executor(t, d.DSN)
	x.Limits.Sample = 50 * time.Millisecond
	if _, err := x.Trio.Executor.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, key); err != nil {
		t.Fatal(err)
	}
	tool := d.Conn(t)
	got := make(chan error, 1)
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.KeysReleased {
			_, err := tool.Exec(context.Background(), `SELECT pg_advisory_lock($1)`, key)
			go func() {
				time.Sleep(300 * time.Millisecond) // the tool works a while
				_, _ = tool.Exec(context.Background(), `SELECT pg_advisory_unlock($1)`, key)
				got <- err
			}()
		}
		return nil
	}
	u := byOne(createIndex(newIndex, "t_a"))
	u.Keys = []int64{key}
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	if err := <-got; err != nil {
		t.Errorf("the tool: %v", err)
	}
	if len(rec.of(apply.KeysTaken)) != 1 || d.Count(t, advisory) != 1 {
		t.Error("the key is not ours again")
	}
}

// A session that is lost while it takes the tool's key again leaves an index that
// stands: the unit goes on behind it.
func TestSessionIsLostBetweenBuildAndToolKey(t *testing.T) {
	t.Parallel()
	const key = 78
	d := shop(t)
	x, rec := executor(t, d.DSN)
	x.Limits.Sample = 50 * time.Millisecond
	pid := x.Trio.Executor.PgConn().PID()
	if _, err := x.Trio.Executor.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, key); err != nil {
		t.Fatal(err)
	}
	tool := d.Conn(t)
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.KeysReleased {
			_, err := tool.Exec(context.Background(), `SELECT pg_advisory_lock($1)`, key)
			return err
		}
		return nil
	}
	u := byOne(createIndex(newIndex, "t_a"))
	u.Keys = []int64{key}
	ran := make(chan apply.Result)
	go func() { ran <- x.Run(context.WithoutCancel(t.Context()), u) }()
	dbtest.WaitFor(t, "the tries for the key", func() bool {
		return d.Count(t,
			fmt.Sprintf(`pg_stat_activity WHERE pid = %d AND query LIKE '%%pg_try_advisory_lock%%'`, pid)) == 1
	})
	d.Exec(t, `SELECT pg_terminate_backend($1)`, int32(pid))
	got := <-ran
	want(t, got, apply.NotApplied, apply.ConnectionLost)
	again, _ := executor(t, d.DSN)
	p, err := apply.Probe(t.Context(), again.Trio.Executor, u, got.Trace)
	if err != nil || p.Outcome != apply.NotApplied || p.From != 1 {
		t.Errorf("the database says %s, from statement %d: %v", p.Outcome, p.From, err)
	}
}

func TestToolThatWaitsDuringABuildIsNamed(t *testing.T) {
	t.Parallel()
	const key = 77
	d := shop(t)
	x, rec := executor(t, d.DSN)
	x.Limits.Sample = 50 * time.Millisecond
	_, release := d.Blocker(t,
		`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM schema_migrations`)
	holder, tool := d.Conn(t), d.Conn(t)
	waits := make(chan error, 1)
	rec.hook = func(e apply.Event) error {
		switch e.Kind {
		case apply.KeysReleased:
			if _, err := holder.Exec(context.Background(), `SELECT pg_advisory_lock($1)`, key); err != nil {
				return err
			}
			go func() {
				_, err := tool.Exec(context.Background(), `SELECT pg_advisory_lock($1)`, key)
				_, _ = tool.Exec(context.Background(), `SELECT pg_advisory_unlock($1)`, key)
				waits <- err
			}()
		case apply.ToolWaits:
			if e.Blockers[0].PID != int(tool.PgConn().PID()) {
				t.Errorf("waiter %+v", e.Blockers)
			}
			_, _ = holder.Exec(context.Background(), `SELECT pg_advisory_unlock($1)`, key)
			release()
		}
		return nil
	}
	if _, err := x.Trio.Executor.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, key); err != nil {
		t.Fatal(err)
	}
	u := byOne(createIndex(newIndex, "t_a"))
	u.Keys = []int64{key}
	want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
	if err := <-waits; err != nil || len(rec.of(apply.ToolWaits)) == 0 {
		t.Errorf("tool %v, named %d times", err, len(rec.of(apply.ToolWaits)))
	}
}
