// Package monitor judges whether a server is well after a run, against a
// baseline from before. It is pure: moments go in, a verdict comes out; time is
// the server's, as the moments tell it.
package monitor

import (
	"fmt"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/fact"
)

// window is how far back a rate looks.
const window = 30 * time.Second

// maxPauses is how many pauses are kept.
const maxPauses = 20

// Watch is the clock of clean time. It belongs to one goroutine.
type Watch struct {
	base fact.Baseline
	need time.Duration
	// gap is the longest time between two moments that still counts.
	gap   time.Duration
	past  []activity.Health
	clean time.Duration
	worst map[string]float64
	f     fact.Monitor
}

// New begins a watch that ends after need of clean time in one piece.
func New(base fact.Baseline, need, gap time.Duration) *Watch {
	return &Watch{base: base, need: need, gap: gap, worst: map[string]float64{}, f: fact.Monitor{NeedMS: need.Milliseconds(), BaselineMS: base.Span().Milliseconds()}}
}

// Clean reports whether all was well for as long as needed.
func (w *Watch) Clean() bool { return w.clean >= w.need }

// Take judges a moment. probes are the newest answers of the application; nil =
// it has none.
func (w *Watch) Take(h activity.Health, probes, before []fact.Probed) fact.Monitor {
	var last activity.Health
	if n := len(w.past); n > 0 {
		last = w.past[n-1]
	}
	w.past = append(w.past, h)
	for len(w.past) > 2 && h.At.Sub(w.past[1].At) >= window {
		w.past = w.past[1:]
	}
	w.f.At, w.f.Signals, w.f.Level = h.At, nil, fact.OK
	w.signals(h)
	w.probes(probes, before)
	why := ""
	for i := range w.f.Signals {
		s := &w.f.Signals[i]
		w.worst[s.Name] = max(w.worst[s.Name], s.Now)
		s.Worst = w.worst[s.Name]
		if rank[s.Level] > rank[w.f.Level] {
			w.f.Level, why = s.Level, s.Name+" "+Number(s.Now, s.Unit)
		}
	}
	w.count(h, last, why)
	w.f.Items = items(w.f)
	return w.f
}

var rank = map[fact.Level]int{fact.OK: 0, fact.Look: 1, fact.Stop: 2}

// count moves the clock. What lies between two moments that are too far apart
// was not seen, and is not clean.
func (w *Watch) count(h, last activity.Health, why string) {
	if last.At.IsZero() {
		return
	}
	passed := h.At.Sub(last.At)
	switch {
	case w.f.Level == fact.Stop:
		w.pause(last.At, passed, why, true)
		w.clean = 0
	case w.f.Level == fact.Look:
		w.pause(last.At, passed, why, false)
	case passed > w.gap || passed < 0:
		w.pause(last.At, max(passed, 0), "no sample for "+measure.Duration(passed), false)
	default:
		w.clean += passed
	}
	w.f.CleanMS = min(w.clean, w.need).Milliseconds()
}

// pause notes time that does not count; one that goes on is one.
func (w *Watch) pause(at time.Time, d time.Duration, why string, reset bool) {
	if n := len(w.f.Pauses); n > 0 {
		p := &w.f.Pauses[n-1]
		if p.Reset == reset && !p.At.Add(time.Duration(p.MS)*time.Millisecond).Before(at.Add(-time.Millisecond)) {
			p.MS += d.Milliseconds()
			return
		}
	}
	if reset {
		w.f.Resets++
	}
	w.f.Pauses = append(w.f.Pauses, fact.Pause{At: at, MS: d.Milliseconds(), Why: why, Reset: reset})
	w.f.Pauses = w.f.Pauses[max(0, len(w.f.Pauses)-maxPauses):]
}

// Red is the first signal that is red; ok is false where none is.
func Red(f fact.Monitor) (s fact.Signal, ok bool) {
	for _, s := range f.Signals {
		if s.Level == fact.Stop {
			return s, true
		}
	}
	return fact.Signal{}, false
}

// Number writes a signal's number with its unit.
func Number(n float64, unit string) string {
	switch {
	case n < 0:
		return "?"
	case unit == "ms":
		return measure.MS(int64(n))
	}
	return measure.Rate(n) + unit
}

func items(f fact.Monitor) []fact.Item {
	log := fact.Item{ID: "log", Level: fact.OK, Text: "application errors read from " + f.Log}
	if f.Log == "" {
		log = fact.Item{ID: "log", Level: fact.Look, Text: "application logs NOT watched"}
	}
	out := []fact.Item{}
	for _, s := range f.Signals {
		out = append(out, fact.Item{ID: "signal", Level: s.Level, Text: fmt.Sprintf("%s: %s (before %s, worst %s) %s",
			s.Name, Number(s.Now, s.Unit), Number(s.Before, s.Unit), Number(s.Worst, s.Unit), s.Note)})
	}
	return append(out, log)
}
