package state

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// hold is a transaction in the way, in seconds of the tape.
type hold struct{ from, to float64 }

// traffic makes an hour of holds: sessions that come a second, and how long each stays.
func traffic(rnd *rand.Rand, everySeconds float64, long func(*rand.Rand) float64) []hold {
	var out []hold
	for at := 0.0; at < 3600; at += rnd.ExpFloat64() * everySeconds {
		out = append(out, hold{at, at + long(rnd)})
	}
	return out
}

func about(seconds float64) func(*rand.Rand) float64 {
	return func(rnd *rand.Rand) float64 { return rnd.ExpFloat64() * seconds }
}

func between(low, high float64) func(*rand.Rand) float64 {
	return func(rnd *rand.Rand) float64 { return low + rnd.Float64()*(high-low) }
}

// days are kinds of traffic on a table.
var days = map[string]func(*rand.Rand) []hold{
	"nobody":              func(rnd *rand.Rand) []hold { return traffic(rnd, 1200, about(0.01)) },
	"short ones, busy":    func(rnd *rand.Rand) []hold { return traffic(rnd, 0.05, about(0.03)) },
	"short ones, crowded": func(rnd *rand.Rand) []hold { return traffic(rnd, 0.02, about(0.06)) },
	"half a second":       func(rnd *rand.Rand) []hold { return traffic(rnd, 1, about(0.5)) },
	"some seconds":        func(rnd *rand.Rand) []hold { return traffic(rnd, 8, between(1, 6)) },
	"a report a minute": func(rnd *rand.Rand) []hold {
		return append(traffic(rnd, 60, between(20, 40)), traffic(rnd, 0.1, about(0.02))...)
	},
	"idle in transaction": func(rnd *rand.Rand) []hold {
		return append(traffic(rnd, 300, between(60, 400)), traffic(rnd, 0.3, about(0.05))...)
	},
}

// tried is a forecast and what became of the try.
type tried struct {
	chance float64
	had    bool
}

// tries plays an hour: a look each second, a forecast at each, and a try that begins
// within the second after it.
func tries(rnd *rand.Rand, all []hold, timeout float64) (out []tried) {
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	r := New()
	slices.SortFunc(all, func(a, b hold) int { return cmp.Compare(a.from, b.from) })
	first := 0 // those before it have ended
	for at := 1.0; at < 3500; at++ {
		l := look{at: noon.Add(time.Duration(at * 1e9)), free: true}
		l.read = l.at
		for first < len(all) && all[first].to < at {
			first++
		}
		for pid, h := range all[first:] {
			if h.from > at {
				break
			}
			if pid += first; at < h.to {
				l.free = false
				l.by = append(l.by, sight{pid, time.Duration((at - h.from) * 1e9).Truncate(time.Millisecond)})
			}
		}
		r.looks = append(r.looks, l)
		for l.at.Sub(r.looks[0].at) > openingsOver {
			r.looks = r.looks[1:]
		}
		if int(at)%7 != 0 {
			continue
		}
		chance, ok := r.Chance(time.Duration(timeout * 1e9))
		if !ok {
			continue
		}
		begins, had := at+rnd.Float64(), true
		for _, h := range all[first:] {
			if h.from > begins {
				break
			}
			had = had && h.to <= begins+timeout
		}
		out = append(out, tried{chance, had})
	}
	return out
}

// TestChance holds the forecasts against tries whose fate is known: where it says that 7
// of 10 have the lock, about 7 of 10 had it; and it is better than the share of tries that
// had it, which a person would know only afterwards.
func TestChance(t *testing.T) {
	t.Parallel()
	var all []tried
	for name, day := range days {
		for _, timeout := range []float64{0.1, 0.2, 0.5} {
			rnd := rand.New(rand.NewPCG(uint64(len(name)), uint64(1000*timeout)))
			got := tries(rnd, day(rnd), timeout)
			brier, base, share := score(got)
			t.Logf("%-20s %3.0f ms: had %3.0f %%, Brier %.3f, of the share alone %.3f", name, 1000*timeout, 100*share,
				brier, base)
			if brier > base+0.015 {
				t.Errorf("%s, %v s: no better than the share", name, timeout)
			}
			all = append(all, got...)
		}
	}
	brier, base, _ := score(all)
	t.Logf("all: Brier %.3f, of the share alone %.3f", brier, base)
	calibrated(t, all)
	if brier > base/3 {
		t.Errorf("Brier %.3f, of the share alone %.3f", brier, base)
	}
}

// calibrated holds that of tries of which the same was said about as many had their lock.
func calibrated(t *testing.T, all []tried) {
	t.Helper()
	var table strings.Builder
	for low := 0.0; low < 1; low += 0.1 {
		n, had, said := 0.0, 0.0, 0.0
		for _, x := range all {
			if x.chance >= low && (x.chance < low+0.1 || low >= 0.9) {
				n++
				said += x.chance
				if x.had {
					had++
				}
			}
		}
		if n == 0 {
			continue
		}
		fmt.Fprintf(&table, "said %3.0f %%  had %3.0f %%  of %4.0f tries\n", 100*said/n, 100*had/n, n)
		if n >= 100 && math.Abs(said-had)/n > 0.15 {
			t.Errorf("said %.2f, had %.2f of %.0f", said/n, had/n, n)
		}
	}
	t.Log("\n" + table.String())
}

// score is the mean square of what forecasts were wrong by, that of saying the share of
// tries that had the lock each time, and that share.
func score(all []tried) (brier, base, share float64) {
	for _, x := range all {
		if x.had {
			share++
		}
	}
	share /= float64(len(all))
	for _, x := range all {
		had := 0.0
		if x.had {
			had = 1
		}
		brier += (x.chance - had) * (x.chance - had)
		base += (share - had) * (share - had)
	}
	return brier / float64(len(all)), base / float64(len(all)), share
}

// TestQuietest finds the minute in which most looks were free.
func TestQuietest(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	r := New()
	for i := range 300 {
		at := noon.Add(time.Duration(i) * time.Second)
		r.looks = append(r.looks, look{at: at, free: i/60 == 2 || i%3 == 0})
	}
	m, ok := r.Quietest()
	if at := m.From.Sub(noon); !ok || at < 2*time.Minute || at > 121*time.Second || m.Free != 60 || m.Looks != 60 {
		t.Errorf("%+v %v", m, ok)
	}
	r.looks = r.looks[:100]
	if _, ok := r.Quietest(); ok {
		t.Error("two minutes were not looked at")
	}
}
