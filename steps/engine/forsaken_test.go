package engine

import (
	"os"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/state"
)

// TestFolderIsDeletedUnderARun: the engine notices, ends what it has in hand, begins
// nothing else, and says so to whoever still reads its journal.
func TestFolderIsDeletedUnderARun(t *testing.T) {
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
