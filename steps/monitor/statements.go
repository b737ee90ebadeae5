package monitor

import (
	"belay/sqlview/activity"
	"belay/steps/fact"
)

// What is amber and what is red of a statement's mean time: times the baseline,
// and so many milliseconds more.
const (
	slowAmber, slowAmberMS = 2.0, 20.0
	slowRed, slowRedMS     = 5.0, 100.0
)

// statements adds the mean time of the statements that touch the tables most,
// where pg_stat_statements counts them.
func (w *Watch) statements(h activity.Health) {
	w.f.NoStatements = h.NoStatements
	for _, s := range h.Statements {
		before := mean(w.base.First, w.base.Last, s.ID)
		if before < 0 {
			if was, ok := w.base.Last.Statement(s.ID); ok {
				before = was.Mean()
			}
		}
		now := mean(w.past[0], h, s.ID)
		known := max(before, 0)
		w.add(fact.Signal{
			Name: "mean of " + s.Text, Before: before, Now: now, Unit: "ms",
			Level: level(before >= 0 && now > slowRed*known && now > known+slowRedMS,
				before >= 0 && now > slowAmber*known && now > known+slowAmberMS),
		})
	}
}

// mean is the mean time of a statement's calls between two moments, in
// milliseconds; -1 where it was not called.
func mean(a, b activity.Health, id string) float64 {
	from, ok := a.Statement(id)
	to, there := b.Statement(id)
	calls := to.Calls - from.Calls
	if !ok || !there || calls <= 0 || to.TotalMS < from.TotalMS {
		return -1
	}
	return (to.TotalMS - from.TotalMS) / float64(calls)
}
