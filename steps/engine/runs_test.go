package engine

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"belay/steps"
	"belay/steps/journal"
)

// Who comes while an engine that has written its end still closes its connections
// waits for it, and finds the run as it was left.
func TestSettledWaitsForTheEnginesEnd(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "7f3a11c2")
	l, err := open(folder, journal.RunFinished{Exit: steps.ExitPerson, Outcome: journal.OutcomePerson})
	if err != nil {
		t.Fatal(err)
	}
	k, err := ReadRun(folder)
	if err != nil || !k.Live {
		t.Fatalf("live %v: %v", k.Live, err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if still, err := k.Settled(over); err != nil || !still.Live {
		t.Errorf("a wait that was ended: live %v, %v", still.Live, err)
	}
	got := make(chan Known)
	go func() {
		k, _ := k.Settled(context.WithoutCancel(t.Context()))
		got <- k
	}()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if k := <-got; k.Live || !k.Open() {
		t.Errorf("live %v, open %v", k.Live, k.Open())
	}
}

// open makes the folder of a run, whose journal stays locked.
func open(folder string, last journal.Body) (*journal.Log, error) {
	made, err := newFolderIn(filepath.Dir(folder))
	if err == nil {
		_, err = become(made, filepath.Base(folder))
	}
	if err == nil {
		err = writePlan(folder, Plan{Format: 1, Run: filepath.Base(folder)})
	}
	if err != nil {
		return nil, err
	}
	l, _, err := journal.Open(folder, time.Now)
	if err != nil {
		return nil, err
	}
	for _, b := range []journal.Body{
		journal.EngineStarted{Run: filepath.Base(folder)}, journal.RunOpened{ID: filepath.Base(folder)}, last,
	} {
		if _, err := l.Append("", "", b); err != nil {
			return nil, err
		}
	}
	return l, nil
}
