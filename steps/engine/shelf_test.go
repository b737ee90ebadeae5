package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/steps"
	"belay/steps/journal"
)

// A run is read again when its journal has grown, and as long as it has not, what is on
// the shelf is what a fresh look would find. Who works on it is asked each time.
func TestShelfFollowsWhatGrows(t *testing.T) {
	runs := t.TempDir()
	folder := filepath.Join(runs, "7f3a11c2")
	l, err := open(folder, journal.UnitIntent{Version: "42"})
	if err != nil {
		t.Fatal(err)
	}
	var s shelf
	look := func() Known {
		t.Helper()
		all, err := s.runsIn(runs)
		fresh, freshErr := new(shelf).runsIn(runs)
		if err != nil || freshErr != nil || len(all) != 1 || len(fresh) != 1 {
			t.Fatal(all, err, fresh, freshErr)
		}
		if a, b := all[0], fresh[0]; a.Run.Seq != b.Run.Seq || a.Live != b.Live || a.Open() != b.Open() {
			t.Fatalf("kept: seq %d, live %v; in the folder: seq %d, live %v", a.Run.Seq, a.Live, b.Run.Seq, b.Live)
		}
		return all[0]
	}
	first := look()
	if !first.Live || !first.Unresolved() {
		t.Fatalf("live %v, unresolved %v", first.Live, first.Unresolved())
	}
	if again := look(); again.Run != first.Run {
		t.Error("a journal that has not grown was read once more")
	}
	if _, err := l.Append("run", "", journal.UnitApplied{Version: "42"}); err != nil {
		t.Fatal(err)
	}
	if k := look(); k.Run == first.Run || k.Unresolved() {
		t.Error("what was written since is not known")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if look().Live {
		t.Error("an engine that is gone is said to live")
	}
	if err := os.WriteFile(filepath.Join(folder, journal.FileName), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := s.runsIn(runs); err == nil || len(all) > 0 {
		t.Errorf("a damaged journal: %v, %v", all, err)
	}
}

// BenchmarkShelf is what a look needs of 300 earlier runs, each of an hour's samples
// and a review of half a megabyte: the first time, and each time after.
func BenchmarkShelf(b *testing.B) {
	runs := b.TempDir()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	review, err := journal.Fact("review", strings.Repeat("ALTER TABLE orders ADD COLUMN note text; ", 12_000))
	if err != nil {
		b.Fatal(err)
	}
	for i := range 300 {
		folder := filepath.Join(runs, fmt.Sprintf("%08x", i))
		l, err := open(folder, review)
		if err != nil {
			b.Fatal(err)
		}
		for range 360 {
			at = at.Add(10 * time.Second)
			if _, err := l.Append("", "", journal.Sampled{Sample: activity.Sample{}}); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := l.Append("", "", journal.RunFinished{Exit: steps.ExitDone}); err != nil {
			b.Fatal(err)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
	read := func(b *testing.B, s *shelf) {
		if all, err := s.runsIn(runs); err != nil || len(all) != 300 {
			b.Fatal(len(all), err)
		}
	}
	b.Run("whole", func(b *testing.B) { // what it would be to read all of it
		for b.Loop() {
			for i := range 300 {
				if _, err := ReadRun(filepath.Join(runs, fmt.Sprintf("%08x", i))); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			read(b, new(shelf))
		}
	})
	b.Run("again", func(b *testing.B) {
		s := new(shelf)
		read(b, s)
		for b.Loop() {
			read(b, s)
		}
	})
}
