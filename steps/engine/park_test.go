package engine

import (
	"os"
	"path/filepath"
	"testing"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// blocked are a bench whose migration has met a blocker, and the engine that
// now asks whether to go on.
func blocked(t *testing.T, variables ...string) (*bench, *life, func()) {
	t.Helper()
	b := newBench(t, map[string]string{"000001_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;"})
	b.order.Headless, b.order.DSN = false, ""
	b.order.Environ = map[string]string{"DATABASE_URL": b.db.DSN}
	conf := "[target.shop]\nattempts = 1\nlock_timeout = \"20ms\"\n"
	if err := os.WriteFile(filepath.Join(b.order.Dir, "belay.toml"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	b.db.Exec(t, "CREATE TABLE orders (id bigint PRIMARY KEY)")
	_, release := b.db.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
	l := b.start(variables...)
	l.until("the question", func(r *state.Run) bool { return r.Question("run.go_on") != nil })
	return b, l, release
}

// TestQuestionWithoutAWatcherParks leaves a question open: the engine closes its
// connections, says so and ends. The next one goes on from there.
func TestQuestionWithoutAWatcherParks(t *testing.T) {
	t.Parallel()
	b, l, release := blocked(t, parkVariable+"=100ms")
	l.leave()
	r := l.end()
	if r.Parked == "" || r.Finished == nil || r.Finished.Exit != steps.ExitPerson {
		t.Fatalf("parked %q, finished %+v\n%v", r.Parked, r.Finished, r.Log)
	}
	if n := b.db.Count(t,
		`pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'belay/%'`); n != 0 {
		t.Errorf("%d connections are open while nobody answers", n)
	}
	release()
	next := b.start()
	next.until("the question again", func(r *state.Run) bool { return r.Question("run.go_on") != nil })
	next.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "yes"})
	if r := next.end(); r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("after attach: %+v\n%v", r.Finished, r.Log)
	}
	if v := dbtest.QueryVal[string](t, b.db, "SELECT version || '/' || dirty FROM schema_migrations"); v != "1/false" {
		t.Errorf("history row %s", v)
	}
}

// TestQuestionWithAWatcherStays keeps a question open as long as somebody looks.
func TestQuestionWithAWatcherStays(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	_, l, release := blocked(t, parkVariable+"=1ms")
	release()
	l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "yes"})
	if r := l.end(); r.Finished == nil || r.Finished.Exit != steps.ExitDone || r.Parked != "" {
		t.Fatalf("parked %q, finished %+v\n%v", r.Parked, r.Finished, r.Log)
	}
}
