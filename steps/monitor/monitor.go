// Package monitor judges whether a server is well after a run, against a
// baseline from before. It is pure: moments go in, a verdict comes out; time is
// the server's, as the moments tell it.
package monitor

import (
	"fmt"
	"slices"
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
	// began is the first moment, own are the dead tuples by table that the run itself left.
	began time.Time
	own   map[string]int64
	// recent are the newest values of each signal, seen the codes of the log that
	// have a row.
	recent map[string][]float64
	seen   []fact.LogCount
	asked  func(code string) bool
	f      fact.Monitor
}

// Moment is all that is known at one time.
type Moment struct {
	Health activity.Health
	// Probes are the newest answers of the application, Before those from before
	// the run; nil = it has none.
	Probes, Before []fact.Probed
	// Log is what the application's log said in the last LogWindow; zero = it is
	// not watched.
	Log fact.Logged
}

// New begins a watch that ends after need of clean time with no red in it. asked
// names the codes of the log that count as a migration's own besides those that
// are; nil = none.
func New(base fact.Baseline, need, gap time.Duration, asked func(code string) bool) *Watch {
	if asked == nil {
		asked = func(string) bool { return false }
	}
	return &Watch{
		base: base, need: need, gap: gap, worst: map[string]float64{}, own: map[string]int64{},
		recent: map[string][]float64{}, asked: asked,
		f: fact.Monitor{NeedMS: need.Milliseconds(), BaselineMS: base.Span().Milliseconds()},
	}
}

// Clean reports whether all was well for as long as needed.
func (w *Watch) Clean() bool { return w.clean >= w.need }

// maxRecent is how many values of a signal are kept.
const maxRecent = 10

// Take judges a moment.
func (w *Watch) Take(m Moment) fact.Monitor {
	h := m.Health
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
	w.statements(h)
	w.log(m.Log)
	w.probes(m.Probes, m.Before)
	why := ""
	for i := range w.f.Signals {
		s := &w.f.Signals[i]
		w.worst[s.Name] = max(w.worst[s.Name], s.Now)
		w.recent[s.Name] = append(w.recent[s.Name], s.Now)
		w.recent[s.Name] = w.recent[s.Name][max(0, len(w.recent[s.Name])-maxRecent):]
		s.Worst, s.Recent = w.worst[s.Name], slices.Clone(w.recent[s.Name])
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
	case unit == "ms" && n < 10:
		return measure.Rate(n) + " ms"
	case unit == "ms":
		return measure.MS(int64(n))
	}
	return measure.Rate(n) + unit
}

func items(f fact.Monitor) []fact.Item {
	log := fact.Item{ID: "log", Level: fact.OK, Text: "application errors read from " + f.Log}
	if f.Log == "" {
		log = fact.Item{
			ID: "log", Level: fact.Look, Text: "application logs NOT watched",
			Hint: "[monitor] log_file or log_command in belay.toml, or monitor.log, says where they are",
		}
	}
	out := []fact.Item{}
	for _, s := range f.Signals {
		out = append(out, fact.Item{ID: "signal", Level: s.Level, Text: fmt.Sprintf("%s: %s (before %s, worst %s) %s",
			s.Name, Number(s.Now, s.Unit), Number(s.Before, s.Unit), Number(s.Worst, s.Unit), s.Note)})
	}
	if f.NoStatements != "" {
		out = append(out, fact.Item{
			ID: "statements", Level: fact.OK, Text: "the time of statements is NOT watched: " + f.NoStatements,
		})
	}
	return append(out, log)
}
