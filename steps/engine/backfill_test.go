package engine

import (
	"strings"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/playbook"
	"belay/steps/state"
)

// filling is a bench whose engine fills a table of n rows, slowly.
func filling(t *testing.T, variables ...string) (*bench, *life) {
	t.Helper()
	b := newBench(t, nil)
	b.db.Exec(t,
		`CREATE TABLE orders (id bigint PRIMARY KEY, n int DEFAULT 0); INSERT INTO orders SELECT generate_series(1, 1000);
		CREATE FUNCTION slowly(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN n + 1; END'`)
	b.order.Command, b.order.Headless = playbook.Backfill.Name, false
	b.order.Backfill = &steps.Backfill{Spec: backfill.Spec{Relation: "orders", Set: "n = slowly(n)"}}
	b.order.Answers["ledger.create"], b.order.Answers["run.go_on"] = "yes", "yes"
	l := b.start(variables...)
	l.until("the first rows", func(r *state.Run) bool { return fillingOf(r).Rows > 0 })
	return b, l
}

func fillingOf(r *state.Run) fact.Filling {
	f, _, _ := state.Get[fact.Filling](r)
	return f
}

func (b *bench) eachOnce(t *testing.T) {
	t.Helper()
	if n := b.db.Count(t, "orders WHERE n = 1"); n != 1000 {
		t.Errorf("%d of 1000 rows were filled once", n)
	}
}

// TestBackfillIsSteered pauses, changes the pace and resumes through the inbox.
func TestBackfillIsSteered(t *testing.T) {
	t.Parallel()
	b, l := filling(t)
	l.send(journal.Message{Kind: journal.Longer})
	l.until("longer batches", func(r *state.Run) bool { return fillingOf(r).TargetMS == 75 })
	l.send(journal.Message{Kind: journal.Pause})
	l.until("the pause", func(r *state.Run) bool {
		return fillingOf(r).State == "paused" && r.Step("run").Status == journal.Paused
	})
	if n := b.db.Count(t,
		`pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'belay/%/backfill'`); n != 0 {
		t.Errorf("%d sessions of the backfill are open while it is paused", n)
	}
	l.send(journal.Message{Kind: journal.Resume})
	r := l.end()
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone || fillingOf(r).State != "done" {
		t.Fatalf("finished %+v, %+v\n%v", r.Finished, fillingOf(r), r.Log)
	}
	b.eachOnce(t)
}

// TestBackfillIsStopped ends it with something left; the same run goes on.
func TestBackfillIsStopped(t *testing.T) {
	t.Parallel()
	for _, now := range []bool{false, true} {
		b, l := filling(t)
		l.send(journal.Message{Kind: journal.Stop, Now: now})
		if r := l.end(); r.Finished == nil || r.Finished.Exit != steps.ExitPerson {
			t.Fatalf("stopped: %+v\n%v", r.Finished, r.Log)
		}
		if n := b.db.Count(t, `belay.backfill WHERE state = 'paused'`); n != 1 {
			t.Error("the ledger does not say paused")
		}
		b.toTheEnd()
		b.eachOnce(t)
	}
}

// TestBackfillWithoutAWatcherPauses: a lost terminal is no consent; later the
// engine parks, and the next one goes on from the cursor.
func TestBackfillWithoutAWatcherPauses(t *testing.T) {
	t.Parallel()
	b, l := filling(t, unwatchedVariable+"=1ms", parkVariable+"=1s")
	l.leave()
	r := l.end()
	if r.Parked == "" || r.Finished == nil || r.Finished.Exit != steps.ExitPerson ||
		fillingOf(r).PausedBy != nobodyWatches {
		t.Fatalf("parked %q, finished %+v, %+v\n%v", r.Parked, r.Finished, fillingOf(r), r.Log)
	}
	b.toTheEnd()
	b.eachOnce(t)
}

// TestBackfillUnwatchedByConsent goes on alone, as it was allowed to.
func TestBackfillUnwatchedByConsent(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b, l := filling(t, unwatchedVariable+"=1ms")
	l.send(journal.Message{Kind: journal.Unwatched})
	l.until("the word", func(r *state.Run) bool { return r.Unwatched })
	l.leave()
	if r := l.end(); r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
	}
	b.eachOnce(t)
}

// TestBackfillEndsAtAQuestion: a run that is taken up and ends before it goes on says what
// is filled, and stays open.
func TestBackfillEndsAtAQuestion(t *testing.T) {
	t.Parallel()
	for name, word := range map[string]journal.Message{
		"stop": {Kind: journal.Stop}, "stop now": {Kind: journal.Stop, Now: true},
		"end of input": {Kind: journal.Abandon},
		"no":           {Kind: journal.Answer, ID: "run.go_on", Answer: "no"},
	} {
		b, l := filling(t)
		l.send(journal.Message{Kind: journal.Stop})
		l.end()
		delete(b.order.Answers, "run.go_on")
		l = b.start()
		l.until("the question", func(r *state.Run) bool { return r.Question("run.go_on") != nil })
		l.send(word)
		r := l.end()
		f := r.Finished
		if f == nil || f.Exit != steps.ExitPerson || strings.Contains(f.Summary, "nothing has changed") ||
			!strings.Contains(f.Summary, "filled") || !strings.Contains(f.Hint, "belay") {
			t.Errorf("%s: %+v\n%v", name, f, r.Log)
		}
		b.order.Answers["run.go_on"] = "yes"
		b.toTheEnd()
		b.eachOnce(t)
	}
}
