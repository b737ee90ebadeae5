package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/state"
)

// waiting is a run of a host whose second file waits for a lock; the first is applied.
func waiting(t *testing.T, withLedger bool) (d *dbtest.DB, a *bench, l *life, release func()) {
	t.Helper()
	d = target(t, withLedger)
	_, release = d.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
	a = hosted(t, d, "bastion-1", noted)
	l = a.start()
	l.until("a try of the second file", func(r *state.Run) bool {
		u := r.InHand()
		return u != nil && u.Number == 1 && len(u.Tries) > 0
	})
	return d, a, l, release
}

func sessionsGone(t *testing.T, d *dbtest.DB) {
	t.Helper()
	dbtest.WaitFor(t, "the end of the sessions", func() bool {
		return d.Count(t,
			"pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'belay/%'") == 0
	})
}

// TestTakeOverOfADeadEngine finds a run whose engine is gone from another host:
// refused while a session lives, asked for by a typed name, then carried on.
func TestTakeOverOfADeadEngine(t *testing.T) {
	t.Parallel()
	d, a, l, release := waiting(t, true)
	b := hosted(t, d, "bastion-2", noted)
	other := hosted(t, d, "bastion-3", map[string]string{
		"000001_one.up.sql": noted["000001_one.up.sql"], "000002_else.up.sql": "INSERT INTO effects VALUES (9);",
	})
	wantEnd(t, b.engine(), steps.ExitPerson, l.run.ID, "op-bastion-1@bastion-1", "since 20", "1 of 2 applied", "PID")
	wantEnd(t, other.engine(), steps.ExitPerson, l.run.ID, "op-bastion-1@bastion-1", "since 20")
	dbtest.WaitFor(t, "its story to be copied", func() bool { return d.Count(t, "belay.event") > 0 })
	_ = syscall.Kill(l.run.Engine.PID, syscall.SIGKILL)
	l.end()
	sessionsGone(t, d)
	release()
	wantEnd(t, other.engine(), steps.ExitPerson, l.run.ID, "belay attach "+l.run.ID)
	wantEnd(t, b.engine(), steps.ExitPerson, "run.takeover")
	b.order.Answers["run.takeover"] = "yes"
	wantEnd(t, b.engine(), steps.ExitPerson, "run.takeover")
	if n := d.Count(t, "belay.run WHERE epoch = 1"); n != 1 {
		t.Error("it was taken over without its name")
	}
	b.order.Answers["run.takeover"] = name(t, d)
	r := b.engine()
	wantEnd(t, r, steps.ExitDone)
	wantEffects(t, d, "1,2")
	if r.ID != l.run.ID || r.Claim.Epoch != 2 || r.Claim.From == 0 {
		t.Errorf("run %s, claim %+v", r.ID, r.Claim)
	}
	if row := dbtest.QueryVal[string](t, d,
		"SELECT epoch || ' ' || state || ' ' || split_part(owner, ' ', 1) FROM "+
			"belay.run"); row != "2 finished op-bastion-2@bastion-2" {
		t.Errorf("run %s", row)
	}
	if n := d.Count(t, "belay.event WHERE epoch = 2 AND seq <= "+strconv.FormatInt(r.Claim.From, 10)); n != 0 {
		t.Errorf("%d events of the second host stand among those of the first", n)
	}
	// The host before learns it, and sends nothing.
	wantEnd(t, a.engine(), steps.ExitPerson, "taken over by op-bastion-2@bastion-2")
	if k, ok := a.left(); ok {
		t.Errorf("run %s is still open where it was taken from", k.ID)
	}
	wantEffects(t, d, "1,2")
}

// takenWhileFrozen freezes an engine, lets another host take its run over, and
// wakes the old one up. The life is the other host's.
func takenWhileFrozen(t *testing.T, d *dbtest.DB, l *life, files map[string]string) *life {
	t.Helper()
	if err := syscall.Kill(l.run.Engine.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(l.run.Engine.PID, syscall.SIGCONT) })
	d.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1",
		"belay/"+l.run.ID+"/%")
	sessionsGone(t, d)
	b := hosted(t, d, "bastion-2", files)
	b.order.Answers["run.takeover"] = name(t, d)
	m := b.start()
	m.until("the take-over", func(r *state.Run) bool { return r.Claim.Epoch == 2 })
	if err := syscall.Kill(l.run.Engine.PID, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestOldEngineWakesUp freezes an engine, takes its run over, and lets it go on.
func TestOldEngineWakesUp(t *testing.T) {
	t.Parallel()
	d, _, l, release := waiting(t, true)
	m := takenWhileFrozen(t, d, l, noted)
	old := l.end()
	release()
	wantEnd(t, m.end(), steps.ExitDone)
	wantEnd(t, old, steps.ExitPerson, "taken over by op-bastion-2@bastion-2")
	wantEffects(t, d, "1,2")
}

// increments is a file that runs in batches, slowly, and not twice the same.
var increments = map[string]string{
	"000001_one.up.sql":  "INSERT INTO effects VALUES (1);",
	"000002_fill.up.sql": "-- belay: backfill batch-time=20ms\nUPDATE orders SET n = slowly(n);",
	"000003_two.up.sql":  "INSERT INTO effects VALUES (2);",
}

// inBatches is a run of a host in the middle of its backfill.
func inBatches(t *testing.T) (*dbtest.DB, *bench, *life) {
	t.Helper()
	d := target(t, true)
	d.Exec(t, `ALTER TABLE orders ADD n int DEFAULT 0; INSERT INTO orders SELECT generate_series(1, 1000);
		CREATE FUNCTION slowly(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN n + 1; END'`)
	a := hosted(t, d, "bastion-1", increments)
	l := a.start()
	l.until("the first rows", func(r *state.Run) bool { return fillingOf(r).Rows > 0 })
	return d, a, l
}

func wantOnce(t *testing.T, d *dbtest.DB) {
	t.Helper()
	if once, all := d.Count(t, "orders WHERE n = 1"), d.Count(t, "orders"); once != all {
		t.Errorf("%d of %d rows were filled once", once, all)
	}
	wantEffects(t, d, "1,2")
	if row := dbtest.QueryVal[string](t, d,
		"SELECT state || ' ' || epoch || ' ' || done_rows FROM belay.backfill"); row != "done 2 1000" {
		t.Errorf("the cursor: %s", row)
	}
}

// TestTakeOverOfABackfill: another host goes on from the cursor of a unit that
// runs in batches.
func TestTakeOverOfABackfill(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	d, a, l := inBatches(t)
	_ = syscall.Kill(l.run.Engine.PID, syscall.SIGKILL)
	l.end()
	sessionsGone(t, d)
	b := hosted(t, d, "bastion-2", increments)
	wantEnd(t, b.engine(), steps.ExitPerson, "run.takeover")
	done := dbtest.QueryVal[int64](t, d, "SELECT done_rows FROM belay.backfill")
	if n := d.Count(t, "orders WHERE n = 1"); int64(n) != done || done == 0 || done == 1000 {
		t.Fatalf("%d rows are filled, the cursor says %d", n, done)
	}
	b.order.Answers["run.takeover"] = name(t, d)
	wantEnd(t, b.engine(), steps.ExitDone)
	wantOnce(t, d)
	wantEnd(t, a.engine(), steps.ExitPerson, "taken over by op-bastion-2@bastion-2")
	wantOnce(t, d)
}

// TestOldBackfillWakesUp freezes an engine among its batches: what another host
// took over in the meantime is fenced off, also before that host's first batch.
func TestOldBackfillWakesUp(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	d, _, l := inBatches(t)
	m := takenWhileFrozen(t, d, l, increments)
	old := l.end()
	wantEnd(t, m.end(), steps.ExitDone)
	wantEnd(t, old, steps.ExitPerson, "taken over by op-bastion-2@bastion-2")
	wantOnce(t, d)
}

// TestTakeOverNeedsALedger: without one the holder of the lock is named, and
// nothing can be taken over.
func TestTakeOverNeedsALedger(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	d, _, l, release := waiting(t, false)
	b := hosted(t, d, "bastion-2", noted)
	b.order.Answers["run.takeover"] = name(t, d)
	wantEnd(t, b.engine(), steps.ExitPerson, "belay/"+l.run.ID+"/run", "since")
	release()
	wantEnd(t, l.end(), steps.ExitDone)
	wantEffects(t, d, "1,2")
}

// TestLostEffectIsNeverRunAgainByItself removes what a file left, as a failover
// to a server that never had it does.
func TestLostEffectIsNeverRunAgainByItself(t *testing.T) {
	t.Parallel()
	d, a, l, release := waiting(t, true)
	_ = syscall.Kill(l.run.Engine.PID, syscall.SIGKILL)
	l.end()
	sessionsGone(t, d)
	release()
	d.Exec(t,
		"DELETE FROM belay.unit; DELETE FROM belay.applied_file; DELETE FROM schema_migrations; DELETE FROM effects")
	wantEnd(t, a.engine(), steps.ExitUnknown, "000001_one.up.sql: lost: it was applied")
	wantEffects(t, d, "")
	a.order.Answers["run.lost"] = "again"
	wantEnd(t, a.engine(), steps.ExitDone)
	wantEffects(t, d, "1,2")
}

// racesVariable is how many races are run; the seed of each is printed.
const racesVariable = "BELAY_RACES"

// TestRaces starts engines of two hosts at the same moment: one runs, the other
// says who does.
func TestRaces(t *testing.T) {
	n, seed := 2, rand.Uint64()
	if dbtest.Long() {
		n = 20
	}
	if want, err := strconv.Atoi(os.Getenv(racesVariable)); err == nil {
		n = want
	}
	t.Logf("%d races from seed %d", n, seed)
	for i := range n {
		t.Run(fmt.Sprint(seed+uint64(i)), func(t *testing.T) {
			t.Parallel()
			race(t, rand.New(rand.NewPCG(seed+uint64(i), 1)), i%2 == 0)
		})
	}
}

func race(t *testing.T, random *rand.Rand, withLedger bool) {
	d := target(t, withLedger)
	_, release := d.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
	defer release()
	benches := []*bench{hosted(t, d, "bastion-1", noted), hosted(t, d, "bastion-2", noted)}
	lives := []*life{benches[0].start(), nil}
	time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond) // the race itself
	lives[1] = benches[1].start()
	loser := -1
	dbtest.WaitFor(t, "one of two to give up", func() bool {
		for i, l := range lives {
			l.read()
			switch f := l.run.Finished; {
			case f == nil:
			case f.Exit == steps.ExitFailed && strings.Contains(f.Summary, "57014"):
				l.end() // the server was too slow to be looked at: it did not take part yet
				lives[i] = benches[i].start()
			default:
				loser = i
			}
		}
		return loser >= 0
	})
	winner := lives[1-loser]
	winner.until("the winner's second file", func(r *state.Run) bool {
		u := r.InHand()
		return u != nil && u.Number == 1
	})
	release()
	lost := lives[loser].end()
	wantEnd(t, lost, steps.ExitPerson, "since")
	if said := lost.Finished.Summary; !strings.Contains(said, winner.run.ID) ||
		(!strings.Contains(said, "@bastion-") && !strings.Contains(said, "PID ")) {
		t.Errorf("it does not say who: %s", said)
	}
	for _, u := range lost.Units {
		if u.Intent != nil {
			t.Errorf("the loser sent %s", u.Version)
		}
	}
	wantEnd(t, winner.end(), steps.ExitDone)
	wantEffects(t, d, "1,2")
}
