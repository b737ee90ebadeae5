package apply

import (
	"testing"
	"time"
)

func TestLadder(t *testing.T) {
	t.Parallel()
	app := []Blocker{{PID: 1, BackendType: "client backend"}}
	vacuum := []Blocker{{PID: 2, Autovacuum: true}}
	wrap := []Blocker{{PID: 2, Autovacuum: true, Wraparound: true}}
	both := append(append([]Blocker{}, app...), vacuum...)
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, c := range []struct {
		name         string
		policy       Autovacuum
		seen, stayed []Blocker
		want         step
	}{
		{"same blocker", "", app, app, step{rung: ms(200), pause: ms(1800)}},
		{"nobody seen", "", nil, nil, step{rung: ms(200), pause: ms(1800)}},
		{"they come and go", "", app, nil, step{rung: ms(500), pause: ms(1800)}},
		{"one of two stays", "", both, app, step{rung: ms(200), pause: ms(1800)}},
		{"autovacuum, nobody asked", "", vacuum, vacuum, step{hold: Vacuuming, rung: ms(200), pause: ms(1800)}},
		{"autovacuum, allowed", AutovacuumAllow, vacuum, vacuum, step{rung: ms(1500), pause: ms(1800)}},
		{"autovacuum, wait", AutovacuumWait, vacuum, vacuum, step{rung: ms(200), pause: ms(1800)}},
		{"autovacuum that ended", AutovacuumAllow, vacuum, nil, step{rung: ms(500), pause: ms(1800)}},
		{"wraparound", AutovacuumAllow, wrap, wrap, step{rung: ms(200), pause: ms(1800)}},
		{"autovacuum and a session", AutovacuumAllow, both, both, step{rung: ms(200), pause: ms(1800)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := ladder{lim: Limits{Autovacuum: c.policy}.filled()}
			got := l.after(tried{rung: ms(200), waited: ms(200), seen: c.seen, stayed: c.stayed}, 0)
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestLadderEnds(t *testing.T) {
	t.Parallel()
	l := ladder{lim: Limits{}.filled()}
	n := 0
	for {
		n++
		if s := l.after(tried{waited: 200 * time.Millisecond}, 1); s.hold != "" {
			break
		} else if s.pause != 2400*time.Millisecond {
			t.Fatalf("pause %s with full jitter", s.pause)
		}
	}
	if n != 30 {
		t.Errorf("%d attempts", n)
	}
	long := ladder{lim: Limits{RetryFor: 5 * time.Second}.filled()}
	for n = 1; long.after(tried{waited: 200 * time.Millisecond}, 0).hold == ""; n++ {
	}
	if n != 3 {
		t.Errorf("%d attempts of 2 s in 5 s", n)
	}
}

func TestLadderTriesAnAutovacuumOnlySoOften(t *testing.T) {
	t.Parallel()
	l := ladder{lim: Limits{Autovacuum: AutovacuumAllow}.filled()}
	seen := []Blocker{{PID: 2, Autovacuum: true}}
	long := 0
	for range 10 {
		if l.after(tried{waited: time.Second, seen: seen, stayed: seen}, 0).rung == 1500*time.Millisecond {
			long++
		}
	}
	if long != vacuumTries {
		t.Errorf("%d long attempts", long)
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	row := func(kind, pid, rel, waits, held string) []string { return []string{kind, pid, rel, waits, held} }
	rows := [][]string{
		row("self", "1", "10", "AccessExclusiveLock", ""),
		// 2 waits for our SHARE lock, 3 stands behind 2.
		row("relation", "2", "10", "RowExclusiveLock", "ShareLock"),
		row("relation", "3", "10", "AccessShareLock", "ShareLock"),
		// 4 waits on another table where our lock is in nobody's way.
		row("relation", "4", "11", "RowExclusiveLock", "AccessShareLock"),
		row("transaction", "5", "0", "ShareLock", "ExclusiveLock"),
		row("transaction", "5", "0", "ShareLock", "ExclusiveLock"),
	}
	if n := queue(rows); n != 3 {
		t.Errorf("%d sessions behind us, want 3", n)
	}
}

func TestParseGUC(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Duration{"0": 0, "200ms": 200 * time.Millisecond, "1s": time.Second,
		"90min": 90 * time.Minute, "1h": time.Hour, "2d": 48 * time.Hour, "250us": 250 * time.Microsecond} {
		if got, err := parseGUC(s); err != nil || got != want {
			t.Errorf("%s: %s, %v", s, got, err)
		}
	}
	if _, err := parseGUC("soon"); err == nil {
		t.Error("a word was read as a time")
	}
}
