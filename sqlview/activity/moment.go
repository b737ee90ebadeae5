package activity

import (
	"slices"
	"strings"
	"time"
)

// Moment is what goes on at a server while a text is reviewed: what the rules
// about sessions, replicas, disk and counters ask. It is read once, after the
// review knows which relations the text locks. No Moment = nobody was asked,
// and those rules say nothing.
type Moment struct {
	Sample
	// Slots are the replication slots.
	Slots []Slot `json:"slots,omitempty"`
	// Queries are statements of others that name a column the text takes away.
	Queries []Query `json:"queries,omitempty"`
	// Sequences are the counters of the relations that the text locks.
	Sequences []Sequence `json:"sequences,omitempty"`
	// FreeBytes is the free disk under the data directory; nil = unknown, as it is
	// for most: a server does not tell it.
	FreeBytes *int64 `json:"free_bytes,omitempty"`
}

// Slot is a replication slot.
type Slot struct {
	Name     string `json:"name"`
	Type     string `json:"type"` // physical or logical
	Database string `json:"database"`
	Active   bool   `json:"active"`
	// RetainedBytes is the WAL kept for it; -1 = unknown.
	RetainedBytes int64 `json:"retained_bytes"`
	// XminAge is how many transactions its snapshot is old; 0 = it holds none.
	XminAge int64 `json:"xmin_age"`
}

// Query is a statement that a session runs or ran last, or one that
// pg_stat_statements counts.
type Query struct {
	Text string `json:"text"`
	// PID is the session; 0 = the statement is known from pg_stat_statements.
	PID         int    `json:"pid,omitempty"`
	Application string `json:"application,omitempty"`
	User        string `json:"user,omitempty"`
	// State is pg_stat_activity.state: "idle" says that Text was the last statement.
	State string `json:"state,omitempty"`
	// Calls counts since Since, of which nothing is known where it is zero.
	Calls int64     `json:"calls,omitempty"`
	Since time.Time `json:"since,omitzero"`
}

// Sequence is how far a counter is, and which column it feeds.
type Sequence struct {
	Name string `json:"name"` // "schema.name"
	// Relation and Column are what it feeds; "" = nothing that the catalog knows.
	Relation string `json:"relation"`
	Column   string `json:"column"`
	// Last is the last number it gave, Max the sequence's own end.
	Last int64 `json:"last"`
	Max  int64 `json:"max"`
}

// Feeds finds the counter of a column; ok is false where none is known.
func (m *Moment) Feeds(relation, column string) (s Sequence, ok bool) {
	if m == nil {
		return s, false
	}
	i := slices.IndexFunc(m.Sequences, func(s Sequence) bool { return s.Relation == relation && s.Column == column })
	if i < 0 {
		return s, false
	}
	return m.Sequences[i], true
}

// HoldsBack reports whether a concurrent build waits for the transaction: the
// server leaves a plain VACUUM out.
func (t Transaction) HoldsBack() bool {
	return !strings.HasPrefix(t.Query, "autovacuum: VACUUM ") ||
		strings.HasPrefix(t.Query, "autovacuum: VACUUM ANALYZE ")
}
