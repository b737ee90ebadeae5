// Package activity is what happens on a server at one moment: who holds which
// lock, who waits for whom, how large and how busy the tables are. It holds the
// data and the pure questions asked of it; db/watch reads it from a server.
package activity

import (
	"slices"
	"time"

	"belay/sqlview/lock"
)

// Sample is one moment, by the server's clock. Its JSON is the contract of
// `belay watch --once --output json`.
type Sample struct {
	At       time.Time `json:"at"`
	Sessions Sessions  `json:"sessions"`
	Locks    []Lock    `json:"locks"`
	Tables   []Table   `json:"tables"`
	// Transactions lists who holds a snapshot or has written, oldest first, at
	// most 20: what a concurrent build waits for.
	Transactions []Transaction `json:"transactions,omitempty"`
	// Replicas lists the standbys as pg_stat_replication shows them.
	Replicas []Replica `json:"replicas,omitempty"`
	// Slots lists the replication slots, what keeps most first.
	Slots []ReplicationSlot `json:"slots,omitempty"`
	// Progress lists running builds, by the pg_stat_progress views.
	Progress []Progress `json:"progress,omitempty"`
	// CostMS is what reading the sample took, in milliseconds.
	CostMS int64 `json:"cost_ms"`
}

// Without is the sample without what the sessions of an application hold or wait for.
func (s Sample) Without(application string) Sample {
	s.Locks = slices.DeleteFunc(slices.Clone(s.Locks), func(l Lock) bool { return l.Application == application })
	s.Transactions = slices.DeleteFunc(slices.Clone(s.Transactions), func(t Transaction) bool {
		return t.Application == application
	})
	return s
}

// Sessions counts client backends.
type Sessions struct {
	Total int `json:"total"`
	// Max is max_connections.
	Max    int `json:"max"`
	Active int `json:"active"`
	// IdleInTransaction counts open transactions that do nothing.
	IdleInTransaction int `json:"idle_in_transaction"`
	// Waiting counts sessions that wait for a lock.
	Waiting int `json:"waiting"`
	// OldestTransactionMS is the age of the oldest open transaction, in
	// milliseconds; 0 = there is none.
	OldestTransactionMS int64 `json:"oldest_transaction_ms"`
}

// Lock is one relation lock, held or waited for, with its session. A session
// that others wait for without a relation lock of its own, as for a row or an
// advisory lock, has an empty Mode and Relation.
type Lock struct {
	// PID is 0 for a prepared transaction; Application is then its gid.
	PID         int    `json:"pid"`
	Application string `json:"application"`
	User        string `json:"user"`
	// BackendType is pg_stat_activity.backend_type, such as "client backend" or
	// "autovacuum worker".
	BackendType string `json:"backend_type,omitempty"`
	State       string `json:"state"`
	// SinceMS is, for a waiter, how long it has waited; for a holder, how old its
	// transaction is. Milliseconds; -1 = the role may not see it.
	SinceMS  int64     `json:"since_ms"`
	Mode     lock.Mode `json:"mode"`
	Relation string    `json:"relation"` // "schema.name"
	Granted  bool      `json:"granted"`
	// Query is the session's current or last statement; "" where the role may
	// not see it.
	Query string `json:"query"`
	// Blocks lists the pids that wait for this session.
	Blocks []int `json:"blocks"`
	// BlockedBy lists the pids this session waits for; only for waiters.
	BlockedBy []int `json:"blocked_by,omitempty"`
	// Wraparound is true for an autovacuum that will not yield.
	Wraparound bool `json:"wraparound,omitempty"`
}

// Table is the size and traffic of a table. Nothing of it takes a table lock.
type Table struct {
	Relation string `json:"relation"`
	// Bytes is heap, indexes and TOAST by relpages; an estimate.
	Bytes int64 `json:"bytes"`
	// Rows is reltuples; -1 = never analyzed, so unknown.
	Rows float64 `json:"rows"`
	// ReadsPerSecond counts scans started, WritesPerSecond rows written; -1 = only
	// one sample was taken so far.
	ReadsPerSecond  float64 `json:"reads_per_s"`
	WritesPerSecond float64 `json:"writes_per_s"`
	// Dead counts the rows that VACUUM has not removed yet, by the statistics. It is
	// for the live view alone.
	Dead int64 `json:"-"`
}

// Replica is one standby or subscriber that streams from this server.
type Replica struct {
	Name  string `json:"name"`
	State string `json:"state"`
	// Logical is true for a subscriber: it applies rows, not locks.
	Logical bool `json:"logical,omitempty"`
	// LagMS is replay_lag in milliseconds; -1 = the server does not say.
	LagMS int64 `json:"lag_ms"`
	// LagBytes is the WAL not yet replayed; -1 = unknown.
	LagBytes int64 `json:"lag_bytes"`
}

// ReplicationSlot makes the server keep the WAL that its reader has not had yet, and with
// some slots the rows that died since.
type ReplicationSlot struct {
	Name    string `json:"name"`
	Logical bool   `json:"logical,omitempty"`
	// Active is false where nobody reads it: what it keeps grows until somebody does, or
	// drops it, or until max_slot_wal_keep_size takes it away.
	Active bool `json:"active"`
	// KeptBytes is the WAL that it keeps; -1 = it keeps none, or lost what it kept.
	KeptBytes int64 `json:"kept_bytes"`
	// Lost is true where the server has removed WAL that it needed.
	Lost bool `json:"lost,omitempty"`
	// Rows is true where it keeps dead rows from VACUUM too, of tables or of the catalog.
	Rows bool `json:"rows,omitempty"`
}

// Progress is one running index build, vacuum, analyze or cluster.
type Progress struct {
	PID      int    `json:"pid"`
	Command  string `json:"command"`
	Relation string `json:"relation"`
	// Phase is spelled as PostgreSQL does; the function Phase says it in words.
	Phase string `json:"phase"`
	Done  int64  `json:"done"`
	// Total is 0 where the phase has no total.
	Total int64  `json:"total"`
	Unit  string `json:"unit"` // blocks, tuples, sessions
}

// Transaction is an open transaction of this database.
type Transaction struct {
	PID         int    `json:"pid"`
	Application string `json:"application"`
	User        string `json:"user"`
	BackendType string `json:"backend_type,omitempty"`
	State       string `json:"state"`
	AgeMS       int64  `json:"age_ms"`
	Query       string `json:"query"`
}

// Older lists the transactions that a concurrent build would wait for if it
// began now, as locks that nobody asked a relation for.
func (s Sample) Older(self ...int) []Lock {
	var out []Lock
	for _, t := range s.Transactions {
		if slices.Contains(self, t.PID) {
			continue
		}
		out = append(out, Lock{
			PID: t.PID, Application: t.Application, User: t.User, BackendType: t.BackendType, State: t.State,
			SinceMS: t.AgeMS, Query: t.Query, Granted: true,
		})
	}
	return out
}

// Want is a lock that a statement is going to ask for.
type Want struct {
	Relation string
	Mode     lock.Mode
}

// Blockers lists the granted locks that would make a session with the wants
// wait, one entry a session, oldest transaction first. self lists pids that are
// the asker's own.
func (s Sample) Blockers(wants []Want, self ...int) []Lock {
	own := map[int]bool{}
	for _, p := range self {
		own[p] = true
	}
	seen := map[int]bool{}
	var out []Lock
	for _, l := range s.Locks {
		if !l.Granted || own[l.PID] || seen[l.PID] || !blocksAny(l, wants) {
			continue
		}
		seen[l.PID] = true
		out = append(out, l)
	}
	sortByAge(out)
	return out
}

func blocksAny(l Lock, wants []Want) bool {
	for _, w := range wants {
		if w.Relation == l.Relation && w.Mode.Conflicts(l.Mode) {
			return true
		}
	}
	return false
}

// QueuePerSecond estimates how many statements a second would queue behind a
// session that waits for the wants: the reads and writes of the tables that the
// modes block. It is -1 where no traffic is known.
func (s Sample) QueuePerSecond(wants []Want) float64 {
	known, sum := false, 0.0
	for _, w := range wants {
		for _, t := range s.Tables {
			if t.Relation != w.Relation || t.ReadsPerSecond < 0 {
				continue
			}
			known = true
			if w.Mode.BlocksReads() {
				sum += t.ReadsPerSecond
			}
			if w.Mode.BlocksWrites() {
				sum += t.WritesPerSecond
			}
		}
	}
	if !known {
		return -1
	}
	return sum
}
