package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func write(t *testing.T, folder string, n int) []Event {
	t.Helper()
	l, have, err := Open(folder, clock)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		e, err := l.Append("run", "", Noted{Text: fmt.Sprintf("line %d", i)})
		if err != nil {
			t.Fatal(err)
		}
		have = append(have, e)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return have
}

// A journal that was cut anywhere opens again, loses only the torn line, and
// takes the next event.
func TestCutAtEveryByte(t *testing.T) {
	whole := t.TempDir()
	write(t, whole, 12)
	data, err := os.ReadFile(filepath.Join(whole, FileName))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(data) + 1 {
		folder := t.TempDir()
		path := filepath.Join(folder, FileName)
		if err := os.WriteFile(path, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(string(data[:cut]), "\n")
		l, events, err := Open(folder, clock)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if len(events) != lines {
			t.Fatalf("cut at %d: %d events, want %d", cut, len(events), lines)
		}
		e, err := l.Append("", "", Noted{Text: "after"})
		if err != nil || e.Seq != int64(lines+1) {
			t.Fatalf("cut at %d: next event %d, %v", cut, e.Seq, err)
		}
		l.Close()
		if again, err := Read(path); err != nil || len(again) != lines+1 {
			t.Fatalf("cut at %d: read again %d, %v", cut, len(again), err)
		}
	}
}

func TestDamageInTheMiddleIsAnError(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, 5)
	path := filepath.Join(folder, FileName)
	data, _ := os.ReadFile(path)
	at := len(data) / 2
	data[at] = '\n'
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(folder, clock); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

// A reader that follows while the tail is torn and repaired sees every event
// once, in order.
func TestFollowAcrossRepair(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	folder := t.TempDir()
	write(t, folder, 1)
	path := filepath.Join(folder, FileName)
	f, err := Follow(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const rounds, each = 30, 3
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for range rounds {
			tear(t, path, rng.IntN(40))
			write(t, folder, each)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for want := int64(1); want <= 1+rounds*each; want++ {
		e, err := f.Next(ctx)
		if err != nil {
			t.Fatalf("event %d: %v", want, err)
		}
		if e.Seq != want {
			t.Fatalf("event %d came as %d", want, e.Seq)
		}
	}
	wg.Wait()
}

// tear leaves a part of a line at the end, as an engine does that ended in the
// middle of a write.
func tear(t *testing.T, path string, n int) {
	part := `{"seq":999,"at":"2026-01-02T03:04:05Z","kind":"note","text":"torn`
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	if _, err := f.WriteString(part[:n]); err != nil {
		t.Error(err)
	}
}

func TestOneWriter(t *testing.T) {
	folder := t.TempDir()
	l, _, err := Open(folder, clock)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(folder, clock); !errors.Is(err, ErrHeld) {
		t.Errorf("a second writer got %v", err)
	}
	l.Close()
	l, _, err = Open(folder, clock)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// The envelope's names may not be hidden by a body: the line is one flat object.
func TestBodiesDoNotHideTheEnvelope(t *testing.T) {
	for _, b := range Kinds() {
		typ := reflect.TypeOf(b)
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			switch name {
			case "seq", "at", "kind", "step", "by", "":
				t.Errorf("%s: field %s is called %q", b.Kind(), typ.Field(i).Name, name)
			}
		}
	}
}

func TestLinesAreFlatAndRoundTrip(t *testing.T) {
	line, err := encode(envelope{Seq: 7, At: clock(), Kind: "unit.applied", Step: "run"}, UnitApplied{
		Version: "42", Proof: "history row 42",
	})
	if err != nil {
		t.Fatal(err)
	}
	var flat map[string]any
	if err := json.Unmarshal(line, &flat); err != nil || flat["version"] != "42" || flat["kind"] != "unit.applied" {
		t.Fatalf("%s: %v", line, err)
	}
	e, err := ParseLine(line)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := Decode[UnitApplied](e); err != nil || b.Version != "42" {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := Decode[RunFinished](e); err == nil {
		t.Error("decoded as another kind")
	}
}

func TestInboxKeepsOrderAndRefusesRubbish(t *testing.T) {
	folder := t.TempDir()
	in, err := NewInbox(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []string{"one", "two", "three"} {
		if err := Send(folder, Message{Kind: Answer, ID: "q", Answer: a}); err != nil {
			t.Fatal(err)
		}
	}
	rubbish := filepath.Join(folder, InboxName, "0.json")
	if err := os.WriteFile(rubbish, []byte("not json"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(folder, InboxName, "1.json")); err != nil {
		t.Fatal(err)
	}
	got, err := in.Take()
	if err != nil || len(got) != 3 {
		t.Fatalf("%v, %v", got, err)
	}
	for i, want := range []string{"one", "two", "three"} {
		if got[i].Answer != want || got[i].UID != os.Getuid() {
			t.Errorf("%d: %+v", i, got[i])
		}
	}
	if again, _ := in.Take(); len(again) != 0 {
		t.Errorf("taken twice: %v", again)
	}
}

func TestPresence(t *testing.T) {
	folder := t.TempDir()
	if n := len(Screens(folder)); n != 0 {
		t.Errorf("%d screens in an empty folder", n)
	}
	a, err := Arrive(folder)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Arrive(folder)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(Screens(folder)); n != 2 {
		t.Errorf("%d screens, want 2", n)
	}
	if err := a.Leave(); err != nil {
		t.Error(err)
	}
	if n := len(Screens(folder)); n != 1 {
		t.Errorf("%d screens, want 1", n)
	}
	b.Leave()
}
