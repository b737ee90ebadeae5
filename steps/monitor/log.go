package monitor

import (
	"fmt"
	"slices"
	"time"

	"belay/steps/applog/sqlstate"
	"belay/steps/fact"
)

// What is amber and what is red among an application's errors, in lines of the
// log a minute. A code that a migration itself causes has the lowest bounds.
const (
	schemaAmber, schemaRed = 1, 3
	queueAmber, queueRed   = 3, 10
	otherAmber, otherRed   = 3, 30
	// overBefore is how often over the baseline a number must be as well.
	amberTimes, redTimes = 2, 3
)

// LogWindow is how far back the errors of a log are counted.
const LogWindow = time.Minute

// log adds the errors of the application's log: a row for all that is new, and
// one for each code that was seen.
func (w *Watch) log(now fact.Logged) {
	w.f.Log = now.Source
	if now.Source == "" {
		return
	}
	all := fact.Signal{Name: "new SQLSTATEs in the log", Note: now.Source, Level: level(false, now.Problem != "")}
	if now.Problem != "" {
		all.Now, all.Note = -1, now.Source+": "+now.Problem
	}
	var rows []fact.Signal
	for _, c := range w.codes(now) {
		s := w.code(c)
		if s.Level != fact.OK && all.Now >= 0 {
			all.Now++
		}
		rows = append(rows, s)
	}
	w.add(all)
	for _, s := range rows {
		w.add(s)
	}
}

// codes are what is counted now, and what was counted earlier in this watch.
func (w *Watch) codes(now fact.Logged) []fact.LogCount {
	out := slices.Clone(now.Counts)
	for _, seen := range w.seen {
		if !slices.ContainsFunc(out, func(c fact.LogCount) bool { return c.Code == seen.Code }) {
			out = append(out, fact.LogCount{Code: seen.Code, Said: seen.Said})
		}
	}
	w.seen = out[:min(len(out), maxCodes)]
	return w.seen
}

// maxCodes is how many codes have a row.
const maxCodes = 8

func (w *Watch) code(c fact.LogCount) fact.Signal {
	name := "log: " + c.Code
	if word := sqlstate.Name(c.Code); word != "" {
		name += " " + word
	}
	n := float64(c.N)
	before := w.before(c.Code)
	s := fact.Signal{Name: name, Before: before, Now: n, Unit: "/min", Note: c.Said}
	amber, red := bounds(c.Code, w.asked(c.Code))
	known := max(before, 0)
	if before < 0 {
		amber = red // it was there before, and nobody knows how often
	}
	s.Level = level(n >= red && n > redTimes*known, n >= amber && n > amberTimes*known)
	return s
}

// before is the baseline's lines a minute; -1 where the code stood in the file
// and its rate is not known.
func (w *Watch) before(code string) float64 {
	b := w.base.Log
	n := b.Count(code)
	if n == 0 && slices.Contains(b.Known, code) {
		return -1
	}
	span := max(time.Duration(b.SpanMS)*time.Millisecond, LogWindow)
	return float64(n) / span.Minutes()
}

func bounds(code string, asked bool) (amber, red float64) {
	cause := sqlstate.CauseOf(code)
	switch {
	case asked || cause == sqlstate.Schema:
		return schemaAmber, schemaRed
	case cause == sqlstate.Queue || cause == sqlstate.Server:
		return queueAmber, queueRed
	}
	return otherAmber, otherRed
}

// LogVerdict says what became of the application's log, for the outcome.
func LogVerdict(f fact.Monitor) string {
	if f.Log == "" {
		return "application logs NOT watched"
	}
	seen := 0
	for _, s := range f.Signals {
		if s.Name == "new SQLSTATEs in the log" && s.Now < 0 {
			return "application logs NOT watched at the end: " + s.Note
		}
		if s.Unit == "/min" && s.Worst > max(s.Before, 0) {
			seen++
		}
	}
	return fmt.Sprintf("application log %s: %d SQLSTATEs more often than before", f.Log, seen)
}
