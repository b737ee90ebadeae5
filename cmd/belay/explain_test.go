package main

import (
	"bytes"
	"strings"
	"testing"

	"belay/steps"
)

// explained is what `belay explain NAME` prints.
func explained(t *testing.T, name string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	said := (&app{out: newOutlet(&out)}).explain(name)
	return out.String(), said
}

// TestEverythingIsExplained asks for every rule, step, format and question.
func TestEverythingIsExplained(t *testing.T) {
	names := (&app{}).documentNames()
	if len(names) < 100 {
		t.Fatalf("only %d names", len(names))
	}
	for _, name := range names {
		if text, err := explained(t, name); err != nil || len(text) < 40 {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

func TestQuestionsAreListed(t *testing.T) {
	text, err := explained(t, "questions")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range steps.QuestionIDs() {
		if !strings.Contains(text, id) {
			t.Errorf("%s is not listed", id)
		}
	}
	// A filled-in id is explained as its question.
	if text, err := explained(t, "review.accept.drop-column"); err != nil || !strings.Contains(text, "reason") {
		t.Errorf("review.accept.drop-column: %q, %v", text, err)
	}
	if _, err := explained(t, "nosuch"); err == nil || steps.HintOf(err) == "" {
		t.Errorf("an unknown name: %v", err)
	}
}
