package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/steps/journal"
	"belay/steps/state"
)

// TestAnApprovalIsOfExactBytes: what was accepted of a file is asked again once
// the file is another, and an answer to what stood there before is refused.
func TestAnApprovalIsOfExactBytes(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	const name = "000001_drop.up.sql"
	b := newBench(t, map[string]string{
		name: "DROP TABLE orders;", "000002_fill.up.sql": "TRUNCATE items;",
	})
	b.db.Exec(t, "CREATE TABLE orders (id bigint PRIMARY KEY); CREATE TABLE items (id bigint PRIMARY KEY); "+
		"INSERT INTO items SELECT generate_series(1, 9)")
	b.order.Headless = false
	delete(b.order.Answers, "run.confirm")
	l := b.start()
	ids := []string{"review.accept.drop-table", "deploy.state"}
	const other = "review.accept.truncate"
	all := func(r *state.Run) bool { return r.Question(ids[0]) != nil && r.Question(ids[1]) != nil }
	r := l.until("both questions", all)
	first := r.Question(ids[0]).Bound
	answer := func(id, text, bound string) {
		l.send(journal.Message{Kind: journal.Answer, ID: id, Answer: text, Bound: bound})
	}
	answer(ids[0], "unused for a month", first)
	answer(ids[1], "everywhere", r.Question(ids[1]).Bound)
	if r.Question(other) == nil {
		t.Fatalf("%s was not asked: %v", other, r.Questions)
	}
	answer(other, "they are made anew", r.Question(other).Bound)
	l.until("the answers", func(r *state.Run) bool {
		return r.Answers[ids[0]].Answer != "" && r.Answers[ids[1]].Answer != "" && r.Answers[other].Answer != ""
	})
	file := filepath.Join(b.order.Dir, "migrations", name)
	if err := os.WriteFile(file, []byte("DROP TABLE orders; -- and it is gone"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.send(journal.Message{Kind: journal.Again})
	r = l.until("both questions again", all)
	// What the other file was asked for stands: nothing of it has changed.
	if r.Question(other) != nil || r.Answers[other].Answer == "" {
		t.Errorf("%s was asked again", other)
	}
	if r.Question(ids[0]).Bound == first || first == "" {
		t.Errorf("bound to %q before and after", first)
	}
	answer(ids[0], "an answer to the file before", first)
	l.until("its refusal", func(r *state.Run) bool {
		return r.Question(ids[0]) != nil && said(r, "look at it again")
	})
	l.send(journal.Message{Kind: journal.Stop, Now: true})
	l.end()
}

// said reports whether a line of the log ends with text.
func said(r *state.Run, text string) bool {
	return slices.ContainsFunc(r.Log, func(l state.Line) bool { return strings.HasSuffix(l.Text, text) })
}
