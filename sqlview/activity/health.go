package activity

import "time"

// Health is what a server counts of its own well-being at one moment. Counters
// run since their reset; two moments make a rate.
type Health struct {
	At time.Time `json:"at"` // the server's clock
	// Waiting counts the sessions of the database that wait for a lock now,
	// LongestWaitMS is the longest of their statements, in milliseconds.
	Waiting       int   `json:"waiting"`
	LongestWaitMS int64 `json:"longest_wait_ms"`
	Rollbacks     int64 `json:"rollbacks"`
	Deadlocks     int64 `json:"deadlocks"`
	// Sessions counts client backends of the server, Max is max_connections.
	Sessions int           `json:"sessions"`
	Max      int           `json:"max"`
	Tables   []TableHealth `json:"tables"`
	Replicas []Replica     `json:"replicas,omitempty"`
	// Invalid names the INVALID indexes of the tables that nobody builds.
	Invalid []string `json:"invalid,omitempty"`
}

// TableHealth is one table, with its partitions added.
type TableHealth struct {
	Relation string `json:"relation"`
	SeqScans int64  `json:"seq_scans"`
	Live     int64  `json:"live"`
	Dead     int64  `json:"dead"`
}

// Table finds a table by name; ok is false where it was not read.
func (h Health) Table(relation string) (t TableHealth, ok bool) {
	for _, t := range h.Tables {
		if t.Relation == relation {
			return t, true
		}
	}
	return TableHealth{}, false
}
