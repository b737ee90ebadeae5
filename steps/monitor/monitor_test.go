package monitor

import (
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/steps/fact"
)

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// at is a well server, seconds after the start.
func at(seconds int) activity.Health {
	return activity.Health{At: start.Add(time.Duration(seconds) * time.Second), Sessions: 20, Max: 100,
		Tables: []activity.TableHealth{{Relation: "public.orders", Live: 1_000_000}}}
}

func base() fact.Baseline {
	var b fact.Baseline
	for s := -60; s < 0; s += 5 {
		b.Add(at(s))
	}
	return b
}

// A minute of clean time is a minute of the server's clock, since the last red.
func TestCleanTimeIsCounted(t *testing.T) {
	w := New(base(), time.Minute, 6*time.Second, nil)
	for s := 0; s <= 60; s += 2 {
		if w.Clean() {
			t.Fatalf("clean after %d s", s)
		}
		w.Take(Moment{Health: at(s)})
	}
	if !w.Clean() {
		t.Error("a minute without a fault is not clean")
	}
}

func TestWhatIsNotCleanTime(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*activity.Health)
		clean  time.Duration // at second 30, when the fault was at second 20 only
		resets int
		why    string
	}{
		{"three wait", func(h *activity.Health) { h.Waiting = 3 }, 28 * time.Second, 0, "waiting on a lock 3"},
		{"ten wait", func(h *activity.Health) { h.Waiting = 10 }, 10 * time.Second, 1, "waiting on a lock 10"},
		{"three wait for long", func(h *activity.Health) {
			h.Waiting, h.LongestWaitMS = 3, 40_000
		}, 10 * time.Second, 1, "waiting on a lock 3"},
		{"sessions run out", func(h *activity.Health) { h.Sessions = 96 }, 10 * time.Second, 1, "sessions 96"},
		{"an INVALID index", func(h *activity.Health) {
			h.Invalid = []string{"public.i"}
		}, 10 * time.Second, 1, "INVALID indexes 1"},
		{"a replica behind", func(h *activity.Health) {
			h.Replicas = []activity.Replica{{Name: "b", LagMS: 20_000}}
		}, 28 * time.Second, 0, "replica b behind 20 s"},
		{"well", func(*activity.Health) {}, 30 * time.Second, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := New(base(), time.Minute, 6*time.Second, nil)
			var f fact.Monitor
			for s := 0; s <= 30; s += 2 {
				h := at(s)
				if s == 20 {
					c.change(&h)
				}
				f = w.Take(Moment{Health: h})
			}
			if got := time.Duration(f.CleanMS) * time.Millisecond; got != c.clean || f.Resets != c.resets {
				t.Errorf("clean %s, %d resets, want %s and %d", got, f.Resets, c.clean, c.resets)
			}
			if c.why == "" {
				if len(f.Pauses) != 0 {
					t.Errorf("pauses %v", f.Pauses)
				}
			} else if len(f.Pauses) != 1 || f.Pauses[0].Why != c.why {
				t.Errorf("pauses %v, want one: %s", f.Pauses, c.why)
			}
		})
	}
}

// What was not seen is not clean, also where it ended well.
func TestAGapIsNoCleanTime(t *testing.T) {
	w := New(base(), time.Minute, 6*time.Second, nil)
	w.Take(Moment{Health: at(0)})
	w.Take(Moment{Health: at(2)})
	f := w.Take(Moment{Health: at(62)})
	if f.CleanMS != 2000 || len(f.Pauses) != 1 || f.Pauses[0].Why != "no sample for 60 s" {
		t.Errorf("%d ms clean, %v", f.CleanMS, f.Pauses)
	}
}

// Rates are judged against the baseline's; a rise above it is red while it lasts.
func TestRatesAgainstTheBaseline(t *testing.T) {
	w := New(base(), time.Minute, 6*time.Second, nil)
	var f fact.Monitor
	for s := 0; s <= 10; s += 2 {
		h := at(s)
		h.Rollbacks, h.Tables[0].SeqScans = int64(10*s), int64(55*s)
		f = w.Take(Moment{Health: h})
	}
	got := map[string]fact.Signal{}
	for _, s := range f.Signals {
		got[s.Name] = s
	}
	if s := got["rollbacks/s"]; s.Level != fact.Stop || s.Now != 10 || s.Before != 0 {
		t.Errorf("rollbacks: %+v", s)
	}
	if s := got["public.orders: seq scans/s"]; s.Level != fact.Stop || s.Now != 55 {
		t.Errorf("seq scans: %+v", s)
	}
	if s, ok := Red(f); !ok || s.Name != "rollbacks/s" {
		t.Errorf("red: %+v", s)
	}
}

// A probe that was red before the run says nothing after it.
func TestProbesAgainstBefore(t *testing.T) {
	red, well := fact.Probed{Name: "u"}, fact.Probed{Name: "u", OK: true}
	for _, c := range []struct {
		now, before fact.Probed
		level       fact.Level
	}{{red, well, fact.Stop}, {red, red, fact.OK}, {well, well, fact.OK}} {
		f := New(base(), time.Minute, 6*time.Second, nil).Take(Moment{
			Health: at(0), Probes: []fact.Probed{c.now}, Before: []fact.Probed{c.before},
		})
		if f.Level != c.level {
			t.Errorf("%+v after %+v is %s, want %s", c.now, c.before, f.Level, c.level)
		}
	}
}

// What the run itself left dead is no fault of the application's; what dies later is.
func TestDeadTuplesOfTheRun(t *testing.T) {
	w := New(base(), time.Minute, 6*time.Second, nil)
	dead := func(second int, n int64) time.Duration {
		h := at(second)
		h.Tables[0].Dead = n
		w.Take(Moment{Health: h})
		return w.clean
	}
	dead(0, 0)
	dead(2, 600_000) // the statistics of the run's own UPDATE come late
	if got := dead(20, 600_000); got == 0 {
		t.Error("the run's own dead tuples pause the clock")
	}
	was := w.clean
	if got := dead(22, 900_000); got != was {
		t.Errorf("dead tuples of the application count as clean time: %s, %s before", got, was)
	}
}
