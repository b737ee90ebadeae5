package follow

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"belay/steps/journal"
)

// TestALookThatHasEndedIsRead takes the folder away before anybody follows it, as
// an engine does that ends at once.
func TestALookThatHasEndedIsRead(t *testing.T) {
	folder := filepath.Join(t.TempDir(), ".look-1")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	log, _, err := journal.Open(folder, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	file, err := journal.Follow(filepath.Join(folder, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []journal.Body{journal.EngineStarted{PID: os.Getpid()}, journal.RunFinished{Exit: 1}} {
		if _, err := log.Append("", "", body); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var got []journal.Event
	err = New(folder, "op1", file, nil).Run(ctx, func(b Batch) {
		if got = append(got, b.Events...); len(got) == 2 {
			cancel()
		}
	})
	if err != nil || len(got) != 2 {
		t.Errorf("%d events, %v", len(got), err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the look is back: %v", err)
	}
}

// TestAnEndThatIsReadLate holds that an engine which wrote its end between two
// looks, and was gone at the second, has not ended without a word.
func TestAnEndThatIsReadLate(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for _, over := range []bool{true, false} {
		p := pulse{pid: gone.Process.Pid, host: host}
		p.look(time.Now())
		p.over = over // what the journal said meanwhile
		if got := p.gone(nil, false); got == over {
			t.Errorf("it wrote its end: %v, it is gone without a word: %v", over, got)
		}
		if p.gone(nil, false) {
			t.Error("it is said twice")
		}
	}
}
