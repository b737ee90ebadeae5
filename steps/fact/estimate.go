package fact

import (
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/lock"
)

// Estimate is what a run would meet: how large and how busy each relation is
// that it locks, and what goes on around them.
type Estimate struct {
	At        time.Time `json:"at"` // of the sample, the server's clock
	Relations []Impact  `json:"relations"`
	// OldestTransactionMS is 0 where no transaction is open.
	OldestTransactionMS int64              `json:"oldest_transaction_ms"`
	Replicas            []activity.Replica `json:"replicas,omitempty"`
	Items               []Item             `json:"items"`
}

// Impact is one relation that the run locks.
type Impact struct {
	Relation string    `json:"relation"`
	Mode     lock.Mode `json:"mode"`
	Bytes    int64     `json:"bytes"` // -1 = unknown
	Rows     float64   `json:"rows"`  // -1 = unknown
	// Rates are -1 until two samples were taken. QueuePerSecond counts what the
	// lock would make wait.
	ReadsPerSecond  float64 `json:"reads_per_s"`
	WritesPerSecond float64 `json:"writes_per_s"`
	QueuePerSecond  float64 `json:"queue_per_s"`
	// Hot is true where one try at the lock could queue more statements than a
	// small pool has connections.
	Hot      bool     `json:"hot"`
	Rewrite  bool     `json:"rewrite"`
	Scan     bool     `json:"scan"`
	In       []string `json:"foreign_keys_in,omitempty"`
	Out      []string `json:"foreign_keys_out,omitempty"`
	Triggers []string `json:"triggers,omitempty"`
}

// Fact is the name under which the observation is kept.
func (Estimate) Fact() string { return "estimate" }
