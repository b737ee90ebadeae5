// Package lane holds what the demo shows and measures: the same two statements
// run three ways on one server under live traffic. Values only; the demo makes
// them, the screens and the command line draw them.
package lane

import "time"

// Name is one way to run the two statements.
type Name string

// The lanes, and the cut that follows them.
const (
	// Careless is psql without any limit.
	Careless Name = "careless"
	// Runbook is psql with a lock_timeout and a loop around it.
	Runbook Name = "runbook"
	// Belay is belay's own executor.
	Belay Name = "belay"
	// Cut is one more migration whose connection is cut at COMMIT.
	Cut Name = "cut"
)

// Slow is what a person notices: a request that took longer is counted.
const Slow = time.Second

// Results are what the lanes came to. A lane that was not run is nil. As JSON
// they are the contract of `belay demo --output json`.
type Results struct {
	Careless *CarelessResult `json:"careless"`
	Runbook  *RunbookResult  `json:"runbook"`
	Belay    *BelayResult    `json:"belay"`
	Cut      *CutResult      `json:"cut"`
}

// CarelessResult is the first lane's.
type CarelessResult struct {
	// MaxMS is the longest request, from the moment it was due, in milliseconds.
	MaxMS int64 `json:"max_ms"`
	// Blocked counts requests that took over a second.
	Blocked int `json:"blocked"`
	// Applied is true where the ALTER TABLE came through before it was stopped.
	Applied bool `json:"-"`
}

// RunbookResult is the second lane's.
type RunbookResult struct {
	MaxMS   int64 `json:"max_ms"`
	Blocked int   `json:"-"`
	Applied bool  `json:"-"`
	// Exit is what the loop's shell would see: 0 = every statement answered well.
	Exit int `json:"exit"`
	// Said is the notice of the last CREATE INDEX; "" = none.
	Said string `json:"-"`
	// IndexValid is pg_index.indisvalid of the index.
	IndexValid bool `json:"index_valid"`
}

// BelayResult is the third lane's.
type BelayResult struct {
	MaxMS   int64 `json:"max_ms"`
	Blocked int   `json:"-"`
	// Attempts counts how often the ALTER TABLE asked for its lock.
	Attempts int `json:"attempts"`
	// Applied is true where both statements are applied and recorded.
	Applied    bool `json:"applied"`
	IndexValid bool `json:"index_valid"`
}

// CutResult is what belay said of a unit whose COMMIT was never answered, and
// what is so.
type CutResult struct {
	Said string `json:"said"`
	// Truth is read from the catalog, on another way than what was said.
	Truth string `json:"truth"`
	// How is how belay knows, such as "history row 42".
	How string `json:"-"`
	// Why is belay's sentence about it.
	Why string `json:"-"`
}
