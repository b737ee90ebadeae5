package backfill_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/db"
	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/scratch"
)

// BELAY_STORM is how many faults a storm injects; BELAY_SEED replays one.
func stormSize(t *testing.T, short, long int) (kills int, rng *rand.Rand) {
	t.Helper()
	if kills = short; dbtest.Long() {
		kills = long
	}
	if n, err := strconv.Atoi(os.Getenv("BELAY_STORM")); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("BELAY_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("BELAY_SEED=%d BELAY_STORM=%d", seed, kills)
	return kills, rand.New(rand.NewPCG(seed, 0))
}

var errDropped = errors.New("the runner was dropped")

// storm injects one fault after another, each at a random message of any of the
// backfill's connections.
type storm struct {
	t     *testing.T
	s     *stand
	proxy *dbtest.Proxy

	mu        sync.Mutex
	rng       *rand.Rand
	left      int
	countdown int
	counts    map[string]int
	cancel    context.CancelCauseFunc
	panics    bool
}

// A batch is about 35 messages, so that faults fall into every part of it.
const messagesBetween = 120

func (st *storm) hook(m dbtest.Message) dbtest.Action {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.left == 0 || m.Type == dbtest.Cancel {
		return dbtest.Pass
	}
	if st.countdown--; st.countdown > 0 {
		return dbtest.Pass
	}
	st.countdown = 1 + st.rng.IntN(messagesBetween)
	st.left--
	kind := []string{"cut before", "cut after", "cut reply", "terminate", "cancel", "panic"}[st.rng.IntN(6)]
	st.counts[kind]++
	switch kind {
	case "cut before":
		return dbtest.CutBefore
	case "cut after":
		return dbtest.CutAfter
	case "cut reply":
		return dbtest.CutReply
	case "terminate":
		st.terminate()
	case "cancel":
		if st.cancel != nil {
			st.cancel(errDropped)
		}
	case "panic":
		st.panics = true
	}
	return dbtest.Pass
}

func (st *storm) terminate() {
	st.s.Exec(st.t, `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE 'belay/%/backfill'`)
}

func (st *storm) tell(backfill.Event) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.panics {
		st.panics = false
		panic(errDropped)
	}
}

// ride runs one runner until it ends, is dropped or panics.
func (st *storm) ride(o backfill.Options) (res backfill.Result, err error) {
	ctx, cancel := context.WithCancelCause(bounded(st.t))
	defer cancel(nil)
	st.mu.Lock()
	st.cancel, st.panics = cancel, false
	st.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = p.(error)
		}
	}()
	o.Tell = st.tell
	return backfill.Run(ctx, o)
}

// until starts runner after runner until one comes to the end.
func (st *storm) until(o backfill.Options) backfill.Result {
	st.t.Helper()
	for {
		o.Control = &backfill.Control{}
		res, err := st.ride(o)
		if err == nil {
			return res
		}
		var held *backfill.HeldError
		var refused *db.ConnectError
		switch {
		case errors.Is(err, errDropped), errors.As(err, &refused),
			!db.Decided(err) && db.Classify(err) == db.Unknown && !isOurs(err):
		case errors.As(err, &held): // the session of the runner before is ending
		case db.Classify(err) == db.AdminShutdown:
		default:
			st.t.Fatalf("the runner ended with %v", err)
		}
	}
}

// isOurs is true for a decision of belay's own, which no fault may cause.
func isOurs(err error) bool {
	var moved *backfill.MovedError
	var mismatch *backfill.MismatchError
	var paused *backfill.PausedError
	var open *backfill.OpenError
	return errors.As(err, &moved) || errors.As(err, &mismatch) || errors.As(err, &paused) || errors.As(err, &open)
}

// Whatever is cut, terminated or dropped, and wherever: every row gets exactly
// one n + 1.
func TestStormEveryRowOnce(t *testing.T) {
	kills, rng := stormSize(t, 12, 60)
	rows := 2000 + kills*400
	s := newStand(t, fmt.Sprintf(`CREATE TABLE t (id uuid PRIMARY KEY, n int DEFAULT 0);
		INSERT INTO t SELECT gen_random_uuid() FROM generate_series(1, %d)`, rows))
	proxy := dbtest.NewProxy(t, s.DSN)
	st := &storm{t: t, s: s, proxy: proxy, rng: rng, left: kills, countdown: 50, counts: map[string]int{}}
	proxy.Hook(st.hook)
	o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 100}))
	o.Config, o.ID = config(t, proxy.DSN), backfill.NewID()
	res := st.until(o)
	t.Logf("faults %v, not used %d, batches %d", st.counts, st.left, res.Batches)
	wrong := dbtest.QueryVal[string](t, s.DB,
		`SELECT coalesce(string_agg(n || ': ' || c, ', '), '') FROM (SELECT n, count(*) c FROM t WHERE n <> 1 GROUP BY n) x`)
	if wrong != "" || res.Rows != int64(rows) {
		t.Errorf("rows by n other than 1: %s; %d of %d rows counted", wrong, res.Rows, rows)
	}
	if st.left > 0 {
		t.Errorf("%d faults were not injected: too few rows", st.left)
	}
}

// A server that loses power loses batch and cursor together, also with
// synchronous_commit = off.
func TestServerCrash(t *testing.T) {
	dbtest.LongAlone(t)
	crashes, rng := stormSize(t, 2, 6)
	cluster := dbtest.NewCluster(t, scratch.Options{Durable: true})
	d := dbtest.In(t, cluster, "crash")
	rows := 3000 + crashes*1500
	d.Exec(t, fmt.Sprintf(`CREATE TABLE t (id bigint PRIMARY KEY, n int DEFAULT 0);
		INSERT INTO t SELECT i * 3 FROM generate_series(1, %d) i; ALTER DATABASE crash SET synchronous_commit = off`, rows))
	createLedger(t, d)
	s := &stand{DB: d, dsn: d.DSN, conn: connect(t, d.DSN)}
	p := s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 100})
	_ = s.conn.Close()
	o := s.options(t, p)
	o.ID = backfill.NewID()
	countdown := 1 + rng.IntN(8)
	left := crashes
	var work sync.WaitGroup
	o.Tell = func(e backfill.Event) {
		if countdown--; e.Kind != backfill.Committed || countdown > 0 || left == 0 {
			return
		}
		left--
		countdown = 2 + rng.IntN(8)
		// Beside the runner: the crash falls anywhere into the batches that follow.
		work.Go(func() {
			if err := cluster.Crash(); err != nil {
				t.Error(err)
			}
			if err := cluster.Start(bounded(t)); err != nil {
				t.Error(err)
			}
		})
	}
	res := run(t, o)
	work.Wait()
	if wrong := d.Count(t, `t WHERE n <> 1`); wrong != 0 || res.Rows != int64(rows) || left != 0 {
		t.Errorf("%d rows are not 1; %d of %d counted; %d crashes left", wrong, res.Rows, rows, left)
	}
}

// A COMMIT whose answer is lost is in or not in; the state row tells.
func TestCommitAnswerLost(t *testing.T) {
	for _, a := range []dbtest.Action{dbtest.CutBefore, dbtest.CutAfter, dbtest.CutReply} {
		t.Run(fmt.Sprint("action ", a), func(t *testing.T) {
			s := newStand(t,
				`CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 0); INSERT INTO t SELECT generate_series(1, 1000)`)
			proxy := dbtest.NewProxy(t, s.DSN)
			o := s.options(t, s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 100}))
			o.Config = config(t, proxy.DSN)
			cut, told := false, int64(0)
			o.Tell = func(e backfill.Event) {
				if e.Kind == backfill.Committed {
					told++
				}
				if e.Kind == backfill.Committed && !cut {
					cut = true
					proxy.On(func(m dbtest.Message) bool {
						return m.Type == dbtest.Execute && strings.EqualFold(m.SQL, "COMMIT")
					}, a)
				}
			}
			res := run(t, o)
			// The one batch that nobody told of was in, or was done again.
			if res.Rows != 1000 || s.Count(t, "t WHERE n = 1") != 1000 || res.Batches-told < 0 || res.Batches-told > 1 {
				t.Errorf("%d rows in %d batches, %d told, %d are 1", res.Rows, res.Batches, told,
					s.Count(t, "t WHERE n = 1"))
			}
		})
	}
}
