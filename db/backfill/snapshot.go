package backfill

import (
	"slices"
	"time"

	"belay/db/throttle"
	"belay/sqlview/activity"
)

// Phase is what a backfill does now.
type Phase string

// The phases, in order.
const (
	Starting  Phase = "starting"
	Batches   Phase = "batches"
	Verifying Phase = "verifying" // sweeps what it finds
	Analyzing Phase = "analyzing"
	Vacuuming Phase = "vacuuming"
	Finished  Phase = "finished"
)

// Snapshot is all that a screen shows of a backfill at one moment. Zero values
// mean "not known yet".
type Snapshot struct {
	activity.Filling
	At       time.Time
	ID       string
	Relation string
	State    State
	Phase    Phase
	// LeftLow and LeftHigh are how long it may still take; 0 = no telling yet.
	LeftLow, LeftHigh time.Duration
	// Batch is how long the last one took, Target what it should.
	Batch, Target time.Duration
	Nice          float64
	// CommitBound is true where COMMIT takes over a fifth of a batch.
	CommitBound bool
	// Waiting is why it is not at full speed; nil = it is.
	Waiting  *throttle.Verdict
	Signals  []throttle.Verdict
	Problem  *Problem
	Verified *Verified
}

func (s Snapshot) clone() Snapshot {
	s.LastKey = slices.Clone(s.LastKey)
	s.Signals = slices.Clone(s.Signals)
	return s
}

// Problem is an error that needs a person: the one row that the statement
// cannot change, or what the server refused.
type Problem struct {
	Leaf string `json:"leaf"`
	// Columns and Key name the row; Key is empty where it is not about one row.
	Columns  []string `json:"columns,omitempty"`
	Key      []string `json:"key,omitempty"`
	SQLState string   `json:"sqlstate"`
	Message  string   `json:"message"`
}

// EventKind names what an Event tells.
type EventKind string

// The kinds.
const (
	Started    EventKind = "started"
	Committed  EventKind = "committed" // a batch
	Retrying   EventKind = "retrying"
	Waited     EventKind = "waited"
	PausedNow  EventKind = "paused"
	Resumed    EventKind = "resumed"
	LeafPassed EventKind = "leaf passed"
	Vacuumed   EventKind = "vacuumed"
	Noted      EventKind = "note"
	Checked    EventKind = "verified"
	Ended      EventKind = "done"
)

// Event is one thing that happened, for a journal or a log line. Numbers are in
// the Snapshot of the same moment.
type Event struct {
	Kind    EventKind     `json:"kind"`
	Leaf    string        `json:"leaf,omitempty"`
	Message string        `json:"message,omitempty"`
	Rows    int64         `json:"rows,omitempty"`
	Took    time.Duration `json:"took,omitempty"`
	// SQLState is the reason of a retry; "" = the connection was lost.
	SQLState string `json:"sqlstate,omitempty"`
}
