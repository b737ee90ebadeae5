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
	// Statements are those that take most time on the tables, by
	// pg_stat_statements. NoStatements says why there are none to be read; "" =
	// they were.
	Statements   []Statement `json:"statements,omitempty"`
	NoStatements string      `json:"no_statements,omitempty"`
}

// Statement is what pg_stat_statements counted of one statement. Its text has
// parameters in the place of values.
type Statement struct {
	ID      string  `json:"id"` // queryid
	Text    string  `json:"text"`
	Calls   int64   `json:"calls"`
	TotalMS float64 `json:"total_ms"`
}

// Mean is the mean time of a call since the counters' reset, in milliseconds;
// -1 where it was never called.
func (s Statement) Mean() float64 {
	if s.Calls <= 0 {
		return -1
	}
	return s.TotalMS / float64(s.Calls)
}

// Statement finds a statement by its id; ok is false where it was not read.
func (h Health) Statement(id string) (s Statement, ok bool) {
	for _, s := range h.Statements {
		if s.ID == id {
			return s, true
		}
	}
	return Statement{}, false
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
