package engine

import (
	"slices"
	"testing"

	"belay/steps"
	"belay/steps/journal"
)

// TestEveryQuestionIsLabelled: what an answer does is said whoever asks, also of a
// question that a step writes down while it goes on.
func TestEveryQuestionIsLabelled(t *testing.T) {
	d := &diary{folder: "/runs/7f3a11c2"}
	for _, doc := range steps.Questions() {
		var options []string
		for _, w := range doc.Words {
			options = append(options, w.Answer)
		}
		q, is := d.shown(journal.QuestionAsked{ID: doc.ID, Options: options}).(journal.QuestionAsked)
		if !is || len(q.Labels) != len(options) || slices.Contains(q.Labels, "") {
			t.Errorf("%s: options %q, labels %q", doc.ID, options, q.Labels)
		}
	}
}
