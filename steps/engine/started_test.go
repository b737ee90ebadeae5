package engine

import (
	"testing"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// TestEngineOnAServerOfBelays runs on a server that belay started: nobody is
// asked what it is, and the engine stops by itself once nobody watches.
func TestEngineOnAServerOfBelays(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"000001_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;"})
	delete(b.order.Answers, "target.environment")
	b.order.Started = dbtest.QueryVal[string](t, b.db, "SELECT system_identifier::text FROM pg_control_system()")
	b.db.Exec(t, "CREATE TABLE orders (id bigint PRIMARY KEY)")
	_, release := b.db.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
	defer release()
	l := b.start()
	r := l.until("an attempt", func(r *state.Run) bool {
		u := r.InHand()
		return u != nil && u.Attempt != nil
	})
	if target, _, ok := state.Get[fact.Target](r); !ok || target.Environment != "local" ||
		target.DSNFrom != "belay demo" {
		t.Errorf("target %+v", target)
	}
	l.leave()
	r = l.end()
	if r.Finished == nil || r.Finished.Outcome != journal.OutcomeNotApplied || r.StopAsked == nil {
		t.Fatalf("finished %+v, stop asked %+v\n%v", r.Finished, r.StopAsked, r.Log)
	}
}

// TestAnotherServerIsNotBelays: the word counts for one server alone.
func TestAnotherServerIsNotBelays(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"000001_note.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);"})
	delete(b.order.Answers, "target.environment")
	b.order.Started = "1"
	if r := b.engine(); r.Finished == nil || r.Finished.Exit != steps.ExitPerson ||
		r.Question("target.environment") == nil {
		t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
	}
}
