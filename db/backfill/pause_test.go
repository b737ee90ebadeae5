package backfill_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/throttle"
)

// background runs a backfill that waits where it is paused.
type background struct {
	ctl    *backfill.Control
	cancel context.CancelCauseFunc
	done   chan struct{}
	res    backfill.Result
	err    error

	mu     sync.Mutex
	events []backfill.Event
}

func (s *stand) start(t testing.TB, o backfill.Options) *background {
	t.Helper()
	ctx, cancel := context.WithCancelCause(bounded(t))
	b := &background{ctl: o.Control, cancel: cancel, done: make(chan struct{})}
	tell := o.Tell
	o.StopOnPause = false
	o.Tell = func(e backfill.Event) {
		b.mu.Lock()
		b.events = append(b.events, e)
		b.mu.Unlock()
		if tell != nil {
			tell(e)
		}
	}
	go func() {
		defer close(b.done)
		b.res, b.err = backfill.Run(ctx, o)
	}()
	t.Cleanup(func() { cancel(nil); <-b.done })
	return b
}

func (b *background) wait(t testing.TB) backfill.Result {
	t.Helper()
	<-b.done
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.res
}

func (b *background) told(kind backfill.EventKind, part string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.Kind == kind && strings.Contains(e.Message, part) {
			return true
		}
	}
	return false
}

func (b *background) state(s backfill.State) func() bool {
	return func() bool { return b.ctl.Snapshot().State == s }
}

const increments = `CREATE TABLE t (id bigint PRIMARY KEY, n int DEFAULT 0); INSERT INTO t SELECT i FROM generate_series(1, 5000) i`

func increment() backfill.Spec {
	return backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 100}
}

// ours counts what a backfill has open in the database.
func (s *stand) ours(t testing.TB) int64 {
	t.Helper()
	return dbtest.QueryVal[int64](t, s.DB, `SELECT count(*) FROM pg_stat_activity a WHERE datname = current_database()
		AND application_name LIKE 'belay/________/%'`) +
		dbtest.QueryVal[int64](t, s.DB,
			`SELECT count(*) FROM pg_locks l WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		OR relation = 't'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
}

func TestPauseLeavesNothingOpen(t *testing.T) {
	s := newStand(t, increments)
	o := s.options(t, s.plan(t, increment()))
	batches := 0
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			if batches++; batches == 3 {
				o.Control.Pause("op1")
			}
		}
	}
	b := s.start(t, o)
	dbtest.WaitFor(t, "the pause", b.state(backfill.Paused))
	dbtest.WaitFor(t, "nothing of it to be open", func() bool { return s.ours(t) == 0 })
	snap := b.ctl.Snapshot()
	if snap.Rows != s.Count(t, "t WHERE n = 1") || snap.Rows < 3 || snap.Rows > 300 || snap.PausedBy != "op1" ||
		snap.PausedSince.IsZero() || snap.Batches != 3 {
		t.Errorf("paused after three batches: %+v", snap)
	}
	if got := dbtest.QueryVal[string](t, s.DB,
		`SELECT state || ': ' || reason FROM belay.backfill`); got != "paused: paused by op1" {
		t.Errorf("the ledger says %q", got)
	}
	b.ctl.Resume()
	res := b.wait(t)
	if res.Rows != 5000 || s.Count(t, "t WHERE n = 1") != 5000 {
		t.Errorf("result %+v", res)
	}
	took := dbtest.QueryVal[int64](t, s.DB,
		`SELECT (extract(epoch FROM updated - started) * 1000)::bigint - paused_ms FROM belay.backfill`)
	if res.Took <= 0 || res.Took.Milliseconds()-took > 1 {
		t.Errorf("it took %s, by the ledger %d ms", res.Took, took)
	}
	if snap := b.ctl.Snapshot(); snap.State != backfill.Done || snap.Progress != 1 || snap.Rows != 5000 {
		t.Errorf("at the end %+v", snap)
	}
}

// Another host goes on with what is paused; the first then stays out of it.
func TestResumedElsewhere(t *testing.T) {
	s := newStand(t, increments)
	o := s.options(t, s.plan(t, increment()))
	o.ID = backfill.NewID()
	once := sync.OnceFunc(func() { o.Control.Pause("op1") })
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			once()
		}
	}
	b := s.start(t, o)
	dbtest.WaitFor(t, "the pause", b.state(backfill.Paused))
	other := s.options(t, s.plan(t, increment()))
	other.ID, other.Run.Owner = o.ID, "op2@bastion-2"
	stop := 0
	other.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			if stop++; stop == 2 {
				other.Control.Pause("op2")
			}
		}
	}
	var paused *backfill.PausedError
	if _, err := backfill.Run(bounded(t), other); !errors.As(err, &paused) {
		t.Fatal(err)
	}
	// Its sessions go a moment after it; until then it is refused as held.
	dbtest.WaitFor(t, "the other runner's sessions to end", func() bool {
		return s.Count(t,
			"pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'belay/"+other.Run.Short()+
				"/%'") == 0
	})
	b.ctl.Resume()
	<-b.done
	var moved *backfill.MovedError
	if !errors.As(b.err, &moved) || !strings.Contains(b.err.Error(), "op2@bastion-2") {
		t.Errorf("the first runner: %v", b.err)
	}
	third := s.options(t, s.plan(t, increment()))
	third.ID = o.ID
	if res := run(t, third); res.Rows != 5000 || s.Count(t, "t WHERE n = 1") != 5000 {
		t.Errorf("result %+v", res)
	}
}

func TestResumeMustMatch(t *testing.T) {
	s := newStand(t,
		increments+
			`; CREATE UNIQUE INDEX other ON t (id, n) WHERE false; ALTER TABLE t ADD u uuid NOT NULL DEFAULT gen_random_uuid(); CREATE UNIQUE INDEX u ON t (u)`)
	o := s.options(t, s.plan(t, increment()))
	o.ID = backfill.NewID()
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Committed {
			o.Control.Pause("op1")
		}
	}
	var paused *backfill.PausedError
	if _, err := backfill.Run(bounded(t), o); !errors.As(err, &paused) || paused.By != "op1" {
		t.Fatal(err)
	}
	attempt := func(spec backfill.Spec, id string) error {
		x := s.options(t, s.plan(t, spec))
		x.ID = id
		_, err := backfill.Run(bounded(t), x)
		return err
	}
	var mismatch *backfill.MismatchError
	if err := attempt(backfill.Spec{Relation: "t", Set: "n = n + 2"}, o.ID); !errors.As(err, &mismatch) ||
		mismatch.What != "statement" {
		t.Errorf("another statement: %v", err)
	}
	if err := attempt(backfill.Spec{Relation: "t", Set: "n = n + 1", Key: []string{"u"}}, o.ID); !errors.As(err,
		&mismatch) || !strings.Contains(mismatch.What, "key") {
		t.Errorf("another key: %v", err)
	}
	var open *backfill.OpenError
	if err := attempt(increment(), backfill.NewID()); !errors.As(err, &open) || open.Row.ID != o.ID {
		t.Errorf("the same work under a new id: %v", err)
	}
	s.Exec(t,
		`CREATE TABLE copy (LIKE t INCLUDING ALL); INSERT INTO copy SELECT * FROM t; ALTER TABLE t RENAME TO old; ALTER TABLE copy RENAME TO t`)
	if err := attempt(increment(), o.ID); !errors.As(err, &mismatch) || !strings.Contains(mismatch.What, "leaf") {
		t.Errorf("another table of the same name: %v", err)
	}
	s.Exec(t, `DROP TABLE t; ALTER TABLE old RENAME TO t`)
	if err := attempt(increment(), o.ID); err != nil {
		t.Error(err)
	}
	if err := attempt(increment(), o.ID); !errors.As(err, &mismatch) {
		t.Errorf("one that is done: %v", err)
	}
	if n := s.Count(t, "t WHERE n = 1"); n != 5000 {
		t.Errorf("%d rows are 1", n)
	}
}

// A context that ends undoes the batch in hand, writes the pause, and a second
// runner does the rest.
func TestStopped(t *testing.T) {
	s := newStand(t, increments)
	o := s.options(t, s.plan(t, increment()))
	o.ID = backfill.NewID()
	why := errors.New("the terminal is gone")
	ctx, cancel := context.WithCancelCause(bounded(t))
	_, release := s.Blocker(t, `SELECT 1 FROM t WHERE id = 250 FOR UPDATE`)
	o.Tell = func(e backfill.Event) {
		if e.Kind == backfill.Retrying {
			cancel(why)
		}
	}
	if _, err := backfill.Run(ctx, o); !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
	if got := dbtest.QueryVal[string](t, s.DB,
		`SELECT state || ': ' || reason FROM belay.backfill`); got != "paused: stopped: the terminal is gone" {
		t.Errorf("the ledger says %q", got)
	}
	release()
	o.Tell = nil
	if res := run(t, o); res.Rows != 5000 || s.Count(t, "t WHERE n = 1") != 5000 {
		t.Errorf("result %+v", res)
	}
}

// The second press cancels the batch that hangs; the server undoes it.
func TestCancelBatch(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0); INSERT INTO t SELECT generate_series(1, 300);
		CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql AS 'BEGIN IF i = 150 AND EXISTS (SELECT FROM hang) THEN PERFORM pg_sleep(60); END IF; RETURN i; END';
		CREATE TABLE hang AS SELECT 1`)
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1 + 0 * slow(id)", MaxRows: 100}))
	b := s.start(t, o)
	dbtest.WaitFor(t, "the batch to hang", func() bool {
		return dbtest.QueryVal[int64](t, s.DB,
			`SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`) == 1
	})
	b.ctl.CancelBatch("op1")
	dbtest.WaitFor(t, "the pause", b.state(backfill.Paused))
	if n := s.Count(t, "t WHERE n = 1"); n != b.ctl.Snapshot().Rows || n >= 150 ||
		n != s.Count(t, "t WHERE n = 1 AND id < 150") {
		t.Errorf("%d rows changed, want those of the batches before it", n)
	}
	s.Exec(t, `TRUNCATE hang`)
	b.ctl.Resume()
	b.wait(t)
	if n := s.Count(t, "t WHERE n = 1"); n != 300 {
		t.Errorf("%d rows are 1", n)
	}
}

// A throttle signal stops it between batches, with the reason on the screen.
func TestThrottled(t *testing.T) {
	s := newStand(t, increments+`; CREATE TABLE brake AS SELECT 1 AS n`)
	o := s.options(t, s.plan(t, increment()))
	o.Throttle = throttle.Settings{"sql": `SELECT n FROM brake`}
	b := s.start(t, o)
	dbtest.WaitFor(t, "the wait", func() bool { w := b.ctl.Snapshot().Waiting; return w != nil && w.Signal == "sql" })
	if snap := b.ctl.Snapshot(); snap.Waiting.Reason() != "the team's query 1 > 0" || snap.Waiting.Since.IsZero() ||
		snap.Rows != 0 {
		t.Errorf("waiting %+v", snap.Waiting)
	}
	s.Exec(t, `DROP TABLE brake`)
	dbtest.WaitFor(t, "the signal that cannot be read", func() bool {
		w := b.ctl.Snapshot().Waiting
		return w != nil && strings.HasPrefix(w.Reason(), "cannot read sql")
	})
	s.Exec(t, `CREATE TABLE brake AS SELECT 0 AS n`)
	if res := b.wait(t); res.Rows != 5000 || !b.told(backfill.Waited, "the team's query") {
		t.Errorf("result %+v", res)
	}
}

func TestPaceChangesLive(t *testing.T) {
	var c backfill.Control
	for in, want := range map[time.Duration]time.Duration{
		0: 50 * time.Millisecond, 1: 10 * time.Millisecond, time.Hour: time.Second,
		70 * time.Millisecond: 70 * time.Millisecond,
	} {
		if got := c.SetBatchTime(in); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}
