package fact

import (
	"time"

	"belay/sqlview/activity"
)

// Baseline is the server's health before a run: from the first look at it to the
// last before the run opened.
type Baseline struct {
	Samples int             `json:"samples"`
	First   activity.Health `json:"first"`
	Last    activity.Health `json:"last"`
	// Waiting is the most sessions that waited at once, LongestWaitMS the longest
	// that one did.
	Waiting       int   `json:"waiting"`
	LongestWaitMS int64 `json:"longest_wait_ms,omitempty"`
	// Log is what the application's log said meanwhile.
	Log Logged `json:"log,omitzero"`
}

// Add takes a further moment. Counters that went back begin anew.
func (b *Baseline) Add(h activity.Health) {
	if b.Samples == 0 || h.Rollbacks < b.Last.Rollbacks || h.Deadlocks < b.Last.Deadlocks {
		b.First, b.Samples = h, 0
	}
	b.Last, b.Samples = h, b.Samples+1
	b.Waiting, b.LongestWaitMS = max(b.Waiting, h.Waiting), max(b.LongestWaitMS, h.LongestWaitMS)
}

// Span is how long it was looked.
func (b Baseline) Span() time.Duration { return b.Last.At.Sub(b.First.At) }

// Monitor is the watch after a run.
type Monitor struct {
	At time.Time `json:"at"` // the server's clock
	// NeedMS is how long all must be well, CleanMS how long it was since the last red.
	NeedMS  int64 `json:"need_ms"`
	CleanMS int64 `json:"clean_ms"`
	// BaselineMS is how long it was looked before the run; 0 = one moment only.
	BaselineMS int64    `json:"baseline_ms"`
	Level      Level    `json:"level"`
	Signals    []Signal `json:"signals"`
	// Pauses are the times that did not count, newest last, at most 20.
	Pauses []Pause `json:"pauses,omitempty"`
	Resets int     `json:"resets"`
	// Log is where application errors were read; "" = they were NOT watched.
	Log string `json:"log,omitempty"`
	// NoStatements says why the time of statements is NOT watched; "" = it is.
	NoStatements string `json:"no_statements,omitempty"`
	// Choices are what can be done while it is red, cheapest first.
	Choices []Choice `json:"choices,omitempty"`
	Items   []Item   `json:"items"`
}

// Choice is one thing that can be done about red.
type Choice struct {
	What string `json:"what"`
	// Cost is what it costs or loses.
	Cost string `json:"cost"`
}

// Signal is one number that is watched. A negative number is unknown.
type Signal struct {
	Name   string  `json:"name"`
	Before float64 `json:"before"`
	Now    float64 `json:"now"`
	Worst  float64 `json:"worst"`
	Unit   string  `json:"unit,omitempty"` // "/s", "/min", "ms"; "" = a count
	Level  Level   `json:"level"`
	Note   string  `json:"note,omitempty"`
	// Recent are the newest values, newest last, at most ten.
	Recent []float64 `json:"recent,omitempty"`
}

// Pause is a time that is no clean one.
type Pause struct {
	At  time.Time `json:"at"`
	MS  int64     `json:"ms"`
	Why string    `json:"why"`
	// Reset is true where the clock began anew.
	Reset bool `json:"reset"`
}

// Fact is the name under which each observation is kept.
func (Baseline) Fact() string { return "baseline" }
func (Monitor) Fact() string  { return "monitor" }
