package backfill

import (
	"slices"
	"time"

	"belay/db/throttle"
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
	At       time.Time `json:"at"`
	ID       string    `json:"id"`
	Relation string    `json:"relation"`
	// Leaf is in hand, number LeafNumber from 1 of Leaves.
	Leaf       string `json:"leaf"`
	LeafNumber int    `json:"leaf_number"`
	Leaves     int    `json:"leaves"`
	State      State  `json:"state"`
	Phase      Phase  `json:"phase"`

	// Progress is 0 to 1 by key position, never falling. Rows is exact: those
	// changed so far. Total is an estimate.
	Progress float64 `json:"progress"`
	Rows     int64   `json:"rows"`
	Total    int64   `json:"total"`
	// Rate is rows a second over the last ten seconds, Average since the start
	// without pauses.
	Rate    float64 `json:"rate"`
	Average float64 `json:"average"`
	// LeftLow and LeftHigh are how long it may still take; 0 = no telling yet.
	LeftLow  time.Duration `json:"left_low"`
	LeftHigh time.Duration `json:"left_high"`

	// Batch is how long the last one took, Target what it should.
	Batch     time.Duration `json:"batch"`
	Target    time.Duration `json:"target"`
	BatchRows int           `json:"batch_rows"`
	Batches   int64         `json:"batches"`
	Nice      float64       `json:"nice"`
	// CommitBound is true where COMMIT takes over a fifth of a batch.
	CommitBound bool      `json:"commit_bound,omitempty"`
	LastKey     []string  `json:"last_key,omitempty"`
	Committed   time.Time `json:"committed,omitzero"`

	// HeapGrowth is in bytes since this runner began; WAL is the whole server's.
	HeapGrowth int64 `json:"heap_growth"`
	WAL        int64 `json:"wal"`

	// Waiting is why it is not at full speed; nil = it is.
	Waiting *throttle.Verdict  `json:"waiting,omitempty"`
	Signals []throttle.Verdict `json:"signals,omitempty"`

	// PausedBy and Reason are set while State is paused.
	PausedBy    string    `json:"paused_by,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	PausedSince time.Time `json:"paused_since,omitzero"`
	Problem     *Problem  `json:"problem,omitempty"`
	// Checked is how many rows this pass of the verify has read, of about ToCheck.
	Checked  int64     `json:"checked,omitempty"`
	ToCheck  int64     `json:"to_check,omitempty"`
	Verified *Verified `json:"verified,omitempty"`
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
