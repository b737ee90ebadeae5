package inspect

import (
	"time"

	"belay/sqlview/activity"
)

// Scope is what a run is going to touch, and as whom.
type Scope struct {
	// Relations are "schema.name"; they need not exist yet.
	Relations []string
	// Role is what each unit sets with SET LOCAL ROLE; "" = the login role.
	Role string
	// Needs are what the units do with each relation; nil = what an owner may.
	Needs map[string]Need
	// MakesNothing is true where no unit makes an object that is new in its schema.
	MakesNothing bool
}

// Facts are what a run wants to know right before it starts. Lists are empty
// where there is nothing of the kind; ages are milliseconds by the server's
// clock, -1 = the role may not see it. Disk space is not among them: a server
// does not tell it.
type Facts struct {
	At time.Time `json:"at"`
	// InRecovery is true on a standby; ReadOnly where a new session starts with
	// default_transaction_read_only.
	InRecovery  bool        `json:"in_recovery"`
	ReadOnly    bool        `json:"read_only"`
	Connections Connections `json:"connections"`
	// HiddenSessions counts sessions of the database whose state and query the
	// role may not see: pg_read_all_stats lifts that. Their transactions are
	// missing in Transactions.
	HiddenSessions int `json:"hidden_sessions"`

	Transactions []Transaction         `json:"transactions"` // oldest first, at most 100
	Prepared     []PreparedTransaction `json:"prepared"`
	Dumps        []Dump                `json:"dumps"`
	Vacuums      []Vacuum              `json:"vacuums"`

	InvalidIndexes []InvalidIndex `json:"invalid_indexes"` // of the whole database, touched ones first
	Detaching      []Detaching    `json:"detaching"`       // likewise
	NotValid       []NotValid     `json:"not_valid"`       // likewise

	Replicas []activity.Replica `json:"replicas"`
	Slots    []activity.Slot    `json:"slots"`
	// EventTriggers are the enabled ones: DDL runs their code too.
	EventTriggers []EventTrigger `json:"event_triggers"`
	// PublishAll names the publications FOR ALL TABLES.
	PublishAll []string `json:"publish_all"`

	// Settings change what statements mean.
	Settings []Setting `json:"settings"`

	Role      Role             `json:"role"`
	Relations []RelationRights `json:"relations"`
	Schemas   []SchemaRights   `json:"schemas"`

	scope Scope
	major int
}

// Transaction is an open transaction of another session.
type Transaction struct {
	PID         int    `json:"pid"`
	Application string `json:"application"`
	User        string `json:"user"`
	Address     string `json:"address"`
	BackendType string `json:"backend_type"`
	// State is pg_stat_activity.state, such as "idle in transaction".
	State string `json:"state"`
	AgeMS int64  `json:"age_ms"`
	// StateMS is how long it has been in this state.
	StateMS int64  `json:"state_ms"`
	Wait    string `json:"wait,omitempty"` // "Lock/transactionid"
	// Snapshot is true where it holds a snapshot, which CONCURRENTLY waits for.
	Snapshot bool   `json:"snapshot"`
	Query    string `json:"query"`
	// Touches are the relations of the Scope that it has locked or waits for.
	Touches []string `json:"touches"`
}

// IdleInTransaction reports an open transaction that does nothing.
func (t Transaction) IdleInTransaction() bool {
	return t.State == "idle in transaction" || t.State == "idle in transaction (aborted)"
}

// PreparedTransaction holds its locks without a session.
type PreparedTransaction struct {
	GID      string `json:"gid"`
	Owner    string `json:"owner"`
	Database string `json:"database"`
	AgeMS    int64  `json:"age_ms"`
}

// Dump is a running pg_dump or base backup, by its application name or the
// progress view.
type Dump struct {
	PID         int    `json:"pid"`
	Application string `json:"application"`
	User        string `json:"user"`
	AgeMS       int64  `json:"age_ms"`
	// BaseBackup copies files and holds no table lock.
	BaseBackup bool `json:"base_backup"`
}

// Vacuum is a running VACUUM or ANALYZE.
type Vacuum struct {
	PID      int    `json:"pid"`
	Relation string `json:"relation"`
	Command  string `json:"command"`
	Phase    string `json:"phase"`
	Auto     bool   `json:"auto"`
	// Wraparound is true for an autovacuum that does not yield to a lock request.
	Wraparound bool  `json:"wraparound"`
	AgeMS      int64 `json:"age_ms"`
	// Done and Total are blocks; Total 0 = not known yet.
	Done    int64 `json:"done"`
	Total   int64 `json:"total"`
	Touched bool  `json:"touched"`
}

// InvalidIndex is left over from a CONCURRENTLY that failed, or being built.
type InvalidIndex struct {
	Name   string `json:"name"`
	Table  string `json:"table"`
	Unique bool   `json:"unique"`
	Ready  bool   `json:"ready"`
	// Touched is true for a table of the Scope.
	Touched bool `json:"touched"`
	// Building is true while somebody builds an index on the table.
	Building bool `json:"building"`
}

// RejectsWrites reports the dangerous leftover: it enforces uniqueness though
// no query may use it, and ON CONFLICT cannot name it.
func (x InvalidIndex) RejectsWrites() bool { return x.Unique && x.Ready && !x.Building }

// Detaching is a partition whose DETACH … CONCURRENTLY is half done: queries on
// the parent no longer see it, and only FINALIZE ends it.
type Detaching struct {
	Parent    string `json:"parent"`
	Partition string `json:"partition"`
	// Touched is true where the partition or the parent is of the Scope.
	Touched bool `json:"touched"`
}

// NotValid is a constraint that holds for new rows only.
type NotValid struct {
	Relation   string `json:"relation"`
	Constraint string `json:"constraint"`
	Touched    bool   `json:"touched"`
}

// EventTrigger runs code at DDL.
type EventTrigger struct {
	Name     string `json:"name"`
	Event    string `json:"event"`
	Function string `json:"function"`
	Owner    string `json:"owner"`
	// Tags are the command tags at which it runs; empty = at all.
	Tags []string `json:"tags,omitempty"`
}
