package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
)

// noMoreRoom keeps the journal of this process as long as it is, by a limit of file sizes.
func noMoreRoom() {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		info, err := os.Stat(link)
		if to, _ := os.Readlink(link); err != nil || filepath.Base(to) != journal.FileName {
			continue
		}
		limit := syscall.Rlimit{Cur: uint64(info.Size()), Max: uint64(info.Size())}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
		return
	}
	panic("there is no journal")
}

// TestJournalEndsAtEveryEvent lets the journal take no more from an event on: the cause is
// said wherever that is, a run that was done is said to be done, and taken up again all is
// applied once.
func TestJournalEndsAtEveryEvent(t *testing.T) {
	total := eventsOfARun(t)
	events := append(swept(t, total, 50), opensAt(t), total)
	slices.Sort(events)
	for _, n := range slices.Compact(events) {
		if n < 3 {
			continue // there is no journal yet, or it is so short that the engine's log has no room either
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, counted)
			b.db.Exec(t, "CREATE TABLE effects (n int)")
			l := b.start(fmt.Sprintf("%s=full %d", dieVariable, n))
			f := farewell(l)
			l.leave()
			words := []string{"file too large", "ulimit -f"}
			if f.Exit == steps.ExitDone {
				words[1] = "belay attach "
			}
			wantFarewell(t, f, f.Exit, words...)
			if _, opened := b.left(); !opened && !strings.Contains(f.Summary, "nothing has changed") {
				t.Errorf("no run is left, and it says %q", f.Summary)
			}
			b.toTheEnd()
			got := dbtest.QueryVal[string](t, b.db, "SELECT string_agg(n::text, ',' ORDER BY n) FROM effects")
			if got != "1,2" {
				t.Errorf("effects %q, want each once", got)
			}
		})
	}
}
