package engine

import (
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// TestFolderIsDeletedUnderARun: the engine notices, ends what it has in hand, begins
// nothing else, and says so to whoever still reads its journal.
func TestFolderIsDeletedUnderARun(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b, l, release := blockedOn(t, nil)
	l.until("a try", func(r *state.Run) bool { return len(r.Units) > 0 && r.Units[0].Attempt != nil })
	if err := os.RemoveAll(l.folder); err != nil {
		t.Fatal(err)
	}
	l.until("the engine to notice", func(r *state.Run) bool { return said(r, "nothing else begins") })
	release()
	r := l.until("the end", func(r *state.Run) bool { return r.Finished != nil && dbtest.Gone(r.Engine.PID) })
	wantFarewell(t, *r.Finished, steps.ExitPerson, "the run folder was deleted", "the next file did not start")
	if got := dbtest.QueryVal[string](t, b.db, "SELECT string_agg(n::text, ',') FROM effects"); got != "1" {
		t.Errorf("effects %q, want those of the unit in hand alone", got)
	}
	b.order.Headless = true
	b.toTheEnd()
}

// TestFolderIsDeletedUnderABackfill pauses it: its cursor is in the database.
func TestFolderIsDeletedUnderABackfill(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b, l := filling(t)
	if err := os.RemoveAll(l.folder); err != nil {
		t.Fatal(err)
	}
	r := l.until("the end", func(r *state.Run) bool { return r.Finished != nil && dbtest.Gone(r.Engine.PID) })
	wantFarewell(t, *r.Finished, steps.ExitPerson, "the run folder was deleted")
	if n := b.db.Count(t, `belay.backfill WHERE state = 'paused'`); n != 1 {
		t.Error("the ledger does not say paused")
	}
}

// TestFolderIsDeletedUnderALook ends it.
func TestFolderIsDeletedUnderALook(t *testing.T) {
	t.Parallel()
	_, l := asked(t, nil)
	if err := os.RemoveAll(l.folder); err != nil {
		t.Fatal(err)
	}
	r := l.until("the end", func(r *state.Run) bool { return r.Finished != nil && dbtest.Gone(r.Engine.PID) })
	wantFarewell(t, *r.Finished, steps.ExitFailed, "deleted", "nothing has changed")
}

// TestAbandon closes a run that can never be gone on with: its database was dropped
// and made anew.
func TestAbandon(t *testing.T) {
	t.Parallel()
	b, l, release := blockedOn(t, nil)
	l.until("a try", func(r *state.Run) bool { return len(r.Units) > 0 && r.Units[0].Attempt != nil })
	k, _ := b.left()
	if _, err := Abandon(k, "tester", "it works", time.Now); err == nil {
		t.Error("a run was abandoned under its engine")
	}
	_ = syscall.Kill(l.run.Engine.PID, syscall.SIGKILL)
	l.end()
	release()
	admin := dbtest.Connect(t, b.db.Cluster().SocketDSN("postgres"))
	for _, sql := range []string{"DROP DATABASE " + b.db.Name + " WITH (FORCE)", "CREATE DATABASE " + b.db.Name} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	b.order.Headless = true
	wantFarewell(t, *b.engine().Finished, steps.ExitUnknown, "this is not the database of the run: its oid is ",
		"`belay abandon "+k.ID+"`")
	k, open := b.left()
	if !open {
		t.Fatal("the run was closed by a server that it is not on")
	}
	f, err := Abandon(k, "tester", "the database was made anew", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	wantFarewell(t, f, steps.ExitFailed, "abandoned by tester: the database was made anew",
		"what came of 1 was never asked")
	if _, open := b.left(); open {
		t.Error("it is still open")
	}
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	b.toTheEnd()
}

// TestNobodyAnswersAnyMore: a screen that heard the end of its input while the steps
// look again leaves to them what the end says. A check that no answer lifts comes
// before a question that is open.
//
// The second look is held at its own question, not by a lock: a lock holds it for
// lock_timeout only, and a busy machine may be later than that.
func TestNobodyAnswersAnyMore(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{
		"000002_a.up.sql": "CREATE TABLE a (id int)", "000002_b.up.sql": "CREATE TABLE b (id int)",
	})
	p := dbtest.NewProxy(t, b.db.DSN)
	b.order.DSN, b.order.Headless, b.order.Answers = p.DSN, false, nil
	b.db.Exec(t, "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)")
	l := b.start(slackVariable + "=" + dbtest.Timeout.String())
	l.until("the first look", func(r *state.Run) bool {
		have := r.Step("preflight")
		return have != nil && have.Status == journal.Failed
	})
	held, release := hold(t, p, "schema_migrations")
	l.send(journal.Message{Kind: journal.Answer, ID: "target.environment", Answer: "staging"})
	<-held
	l.send(journal.Message{Kind: journal.Abandon})
	l.send(journal.Message{Kind: journal.Answer, ID: "nothing", Answer: "yes"})
	l.until("both to be heard", func(r *state.Run) bool { return said(r, "it is not asked now") })
	release()
	r := l.until("the end", func(r *state.Run) bool { return r.Finished != nil && dbtest.Gone(r.Engine.PID) })
	wantFarewell(t, *r.Finished, steps.ExitFailed, "2 files of version 2")
}

// hold keeps every statement with a text from the server until it is released. held is
// closed when the first has come.
func hold(t *testing.T, p *dbtest.Proxy, sql string) (held <-chan struct{}, release func()) {
	t.Helper()
	came, free := make(chan struct{}), make(chan struct{})
	once, matches := sync.OnceFunc(func() { close(came) }), dbtest.Runs(sql)
	p.Hook(func(m dbtest.Message) dbtest.Action {
		if matches(m) {
			once()
			<-free
		}
		return dbtest.Pass
	})
	release = sync.OnceFunc(func() { close(free) })
	t.Cleanup(release)
	return came, release
}
