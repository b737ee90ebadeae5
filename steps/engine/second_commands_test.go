package engine

import (
	"os"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/approval"
	"belay/steps/playbook"
)

// TestEveryCommandIsBlocked: a way back and a backfill wait for a second person as a run
// does, and what they ask for is what would run.
func TestEveryCommandIsBlocked(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	files := map[string]string{
		"000001_one.up.sql":   "INSERT INTO effects VALUES (1);",
		"000001_one.down.sql": "DELETE FROM effects WHERE n = 1;",
	}
	for _, command := range []string{"run", playbook.Rollback.Name, playbook.Backfill.Name} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, files)
			b.db.Exec(t, "CREATE TABLE effects (n int); CREATE TABLE orders (id bigint PRIMARY KEY, n int); "+
				"INSERT INTO orders SELECT generate_series(1, 10)")
			b.order.Answers["target.environment"] = "production"
			for _, id := range []string{"run.confirm", "rollback.confirm"} {
				b.order.Answers[id] = b.db.Name
			}
			for _, id := range []string{"backup.waive", "rehearse.waive", "review.accept.delete-without-where"} {
				b.order.Answers[id] = "a test"
			}
			b.order.Answers["ledger.create"], b.order.Answers["run.hold"] = "yes", "5s"
			if command == playbook.Rollback.Name {
				b.conf("")
				if r := b.engine(); r.Finished == nil || r.Finished.Exit != steps.ExitDone {
					t.Fatalf("before: %+v\n%v", r.Finished, r.Log)
				}
			}
			b.order.Command = command
			if command == playbook.Backfill.Name {
				spec := backfill.Spec{Relation: "orders", Set: "n = 1", Where: "n IS NULL"}
				b.order.Backfill = &steps.Backfill{Spec: spec}
			}
			b.conf("[approve]\nsecond_person = \"production\"\n")
			r := b.engine()
			if r.Finished == nil || r.Finished.Exit != steps.ExitPerson || r.Unapproved() != nil || r.Approval == nil ||
				r.Opened != nil {
				t.Fatalf("finished %+v, asked %+v\n%v", r.Finished, r.Approval, r.Log)
			}
			all, err := approval.Requests(b.approvals(), os.Getuid())
			if err != nil || len(all) != 1 || all[0].Command != command || all[0].Check() != nil {
				t.Fatalf("requests %+v, %v", all, err)
			}
			b.approves(stranger, r.Approval.Bound, who(stranger))
			if r = b.engine(); r.Finished == nil || r.Finished.Exit != steps.ExitDone {
				t.Fatalf("once approved: %+v\n%v", r.Finished, r.Log)
			}
		})
	}
}
