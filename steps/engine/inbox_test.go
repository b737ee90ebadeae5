package engine

import (
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// TestWordsToAnEarlierEngineAreNotHeard: what lay in the inbox when the engine before
// ended does not steer the one that goes on with its run.
func TestWordsToAnEarlierEngineAreNotHeard(t *testing.T) {
	t.Parallel()
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	r := b.engine(dieVariable + "=after " + strconv.Itoa(opensAt(t)+2))
	if r.Opened == nil {
		t.Fatalf("the engine did not end in an open run\n%v", r.Log)
	}
	folder, before := r.Opened.Folder, r.Began
	for _, m := range []journal.Message{
		{Kind: journal.Stop, Now: true, Name: "yesterday", Life: before}, {Kind: journal.Stop, Name: "of nobody"},
		{Kind: journal.Abandon, Life: before}, {Kind: journal.Answer, ID: "run.go_on", Answer: "no", Life: before},
	} {
		if err := journal.Send(folder, m); err != nil {
			t.Fatal(err)
		}
	}
	r = b.engine()
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone || r.StopAsked != nil {
		t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
	}
	if !said(r, "ignored, because it was sent to the engine before this one: stop") {
		t.Errorf("nothing says that a word was not heard\n%v", r.Log)
	}
}

// TestWordsToThisEngineAreHeard, also on a run that has had an engine before.
func TestWordsToThisEngineAreHeard(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	b, l := filling(t)
	l.send(journal.Message{Kind: journal.Stop})
	l.end()
	again := b.start()
	again.until("more rows", func(r *state.Run) bool { return fillingOf(r).State == "running" })
	again.send(journal.Message{Kind: journal.Stop})
	if r := again.end(); r.Finished == nil || r.Finished.Exit != steps.ExitPerson || r.StopAsked == nil {
		t.Fatalf("finished %+v\n%v", r.Finished, r.Log)
	}
}

// TestAYesBehindAStopIsNotHeard: both lie in the inbox when it is read, the stop first.
func TestAYesBehindAStopIsNotHeard(t *testing.T) {
	t.Parallel()
	b, l := asked(t, nil)
	pid := l.run.Engine.PID
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	l.send(journal.Message{Kind: journal.Stop, Now: true})
	l.send(journal.Message{Kind: journal.Answer, ID: "run.confirm", Answer: "yes"})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	r := l.end()
	if r.Finished == nil || r.Finished.Exit != steps.ExitPerson || r.Opened != nil {
		t.Errorf("finished %+v, opened %+v\n%v", r.Finished, r.Opened, r.Log)
	}
	if n := b.db.Count(t, "effects"); n != 0 {
		t.Errorf("%d rows of a run that was stopped before it began", n)
	}
}

// opensAt is the number of the event that opens such a run.
func opensAt(t *testing.T) int {
	t.Helper()
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	events, err := journal.Read(filepath.Join(b.engine().Opened.Folder, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return slices.IndexFunc(events, func(e journal.Event) bool { return e.Kind == "run.opened" }) + 1
}
