package engine

import (
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/playbook"
	"belay/steps/state"
)

// TestBackfillOutlivesALongOutage: a server that is away for longer than one try
// of the monitor to come back does not stop the batches for ever.
func TestBackfillOutlivesALongOutage(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b := newBench(t, nil)
	p := dbtest.NewProxy(t, b.db.DSN)
	b.db.Exec(t,
		`CREATE TABLE orders (id bigint PRIMARY KEY, n int DEFAULT 0); INSERT INTO orders SELECT generate_series(1, 1000);
		CREATE FUNCTION slowly(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN n + 1; END'`)
	b.order.DSN, b.order.Command, b.order.Headless = p.DSN, playbook.Backfill.Name, false
	b.order.Backfill = &steps.Backfill{Spec: backfill.Spec{Relation: "orders", Set: "n = slowly(n)"}}
	b.order.Answers["ledger.create"] = "yes"
	l := b.start()
	l.until("the first rows", func(r *state.Run) bool { return fillingOf(r).Rows > 0 })
	tried := p.Refused()
	p.Refuse(true)
	p.CutAll()
	dbtest.WaitFor(t, "tries to come back", func() bool { return p.Refused() > tried+14 })
	p.Refuse(false)
	dbtest.WaitFor(t, "the monitor to be back", func() bool {
		return b.db.Count(t,
			`pg_stat_activity WHERE application_name LIKE 'belay/%/+monitor' AND datname = current_database()`) == 1
	})
	if r := l.end(); r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("finished %+v, %+v\n%v", r.Finished, fillingOf(r), r.Log)
	}
	b.eachOnce(t)
}
