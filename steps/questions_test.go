package steps

import (
	"slices"
	"strings"
	"testing"
)

// settled are the ids that an answers file may name: scripts rely on them.
var settled = strings.Fields(`target.environment target.address tool.choice tool.wait history.create backup.choice rehearse.choice
review.accept.drop-column deploy.state smoke.url monitor.log run.confirm run.hold run.autovacuum run.go_on run.unwatched
run.resolve run.takeover run.lost index.drop_invalid rollback.confirm ledger.create trust.commands deploy.waive preflight.waive backup.waive
rehearse.waive smoke.waive monitor.waive`)

func TestKnownQuestion(t *testing.T) {
	for _, id := range settled {
		if !KnownQuestion(id) {
			t.Errorf("%s is not known", id)
		}
	}
	for _, id := range []string{
		"", "run", "run.confrim", ".waive", "nosuch.waive", "STEP.waive", "deploy.waive.x", "review.accept.",
		"review.accept",
	} {
		if KnownQuestion(id) {
			t.Errorf("%q is known", id)
		}
	}
}

func TestQuestions(t *testing.T) {
	all := Questions()
	if !slices.IsSortedFunc(all, func(a, b QuestionDoc) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("not sorted")
	}
	for i, q := range all {
		if q.Answers == "" || q.Doc == "" {
			t.Errorf("%s: no answers or no doc", q.ID)
		}
		if i > 0 && all[i-1].ID == q.ID {
			t.Errorf("%s twice", q.ID)
		}
	}
}
