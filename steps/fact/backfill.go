package fact

import (
	"time"

	"belay/sqlview/activity"
)

// FillState is what a backfill is in, and FillPhase what it does now; the words
// are db/backfill's. It is elsewhere where another process goes on with it.
type (
	FillState string
	FillPhase string
)

// What a screen tells apart; the other words are shown as they are.
const (
	FillRunning   FillState = "running"
	FillPaused    FillState = "paused"
	FillDone      FillState = "done"
	FillElsewhere FillState = "elsewhere"

	FillBatches   FillPhase = "batches"
	FillVerifying FillPhase = "verifying"
)

// Backfill is what was read of a table before it is filled: the statement, the
// way through it, and what a person should know.
type Backfill struct {
	// Unit is its place in the plan. ID is the uuid in the ledger.
	Unit int    `json:"unit"`
	ID   string `json:"id"`
	// Relation and Set name what is filled; SQL is one batch.
	Relation string `json:"relation"`
	Set      string `json:"set"`
	SQL      string `json:"sql"`
	// Key is what it walks by, such as "id" or "ctid".
	Key string `json:"key"`
	// Rows is an estimate; Bytes is the heap, IndexBytes all its indexes.
	Rows        int64 `json:"rows"`
	Bytes       int64 `json:"bytes"`
	IndexBytes  int64 `json:"index_bytes"`
	BatchTimeMS int64 `json:"batch_time_ms"`
	// Coverage says what fills new rows: sync trigger, trigger, dual write, column
	// default, none; Misses which rows it can miss.
	Coverage string `json:"coverage"`
	Misses   string `json:"misses,omitempty"`
	// Trigger is the SQL of the sync trigger that belay would create, and drop at
	// the end; empty = there can be none, or none is needed.
	Trigger []string `json:"trigger,omitempty"`
	// Ledger is the DDL that the run would create first; "" = it is there.
	Ledger string `json:"ledger,omitempty"`
	Items  []Item `json:"items"`
}

// Filling is how far a backfill is. Zero values mean "not known yet";
// durations are in ms.
type Filling struct {
	At       time.Time `json:"at"` // the engine's clock
	Unit     int       `json:"unit"`
	ID       string    `json:"id"`
	Relation string    `json:"relation"`
	Set      string    `json:"set"`
	Where    string    `json:"where,omitempty"`
	State    FillState `json:"state"`
	Phase    FillPhase `json:"phase"`
	activity.Filling
	// LeftLowMS and LeftHighMS are how long it may still take; 0 = no telling yet.
	LeftLowMS  int64 `json:"left_low_ms"`
	LeftHighMS int64 `json:"left_high_ms"`
	// BatchMS is the last batch, TargetMS what one should take.
	BatchMS  float64 `json:"batch_ms"`
	TargetMS int64   `json:"target_ms"`
	// Nice is how long it rests after each batch, as a multiple of the batch's time.
	Nice float64 `json:"nice,omitempty"`
	// Waiting is why it is not at full speed, since when; "" = it is.
	Waiting      string    `json:"waiting,omitempty"`
	WaitingSince time.Time `json:"waiting_since,omitzero"`
	Signals      []Reading `json:"signals,omitempty"`
	// Owner is who goes on with it where State is elsewhere.
	Owner string `json:"owner,omitempty"`
	// Verified is the word of the last look at every row; Left the rows that are
	// not as the statement makes them.
	Verified string `json:"verified,omitempty"`
	Left     int64  `json:"left,omitempty"`
	// Unanalyzed is true where ANALYZE was not done at the end: Verified says why.
	Unanalyzed bool  `json:"unanalyzed,omitempty"`
	TookMS     int64 `json:"took_ms,omitempty"`
}

// Reading is a throttle signal now: its value beside its limit.
type Reading struct {
	Name  string `json:"name"`
	What  string `json:"what"`
	Value string `json:"value"`
	Limit string `json:"limit"`
	Note  string `json:"note,omitempty"`
	// Absent is true where there is nothing here that could be over a limit.
	Absent bool `json:"absent,omitempty"`
	// Action is halve, wait, pause; "" = below the limit.
	Action string    `json:"action,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// Unread is why there is no value; "" = there is.
	Unread string `json:"unread,omitempty"`
}

// Filled is how many rows of a backfill that is not done were filled, by the ledger.
type Filled struct {
	Unit     int    `json:"unit"`
	ID       string `json:"id"`
	Relation string `json:"relation"`
	Rows     int64  `json:"rows"`
}

// Synced is the sync trigger that belay has created for a backfill.
type Synced struct {
	Unit     int    `json:"unit"`
	ID       string `json:"id"`
	Relation string `json:"relation"`
	Trigger  string `json:"trigger"` // "" = it was dropped
}

// Fact is the name under which each observation is kept.
func (Backfill) Fact() string { return "backfill" }
func (Filling) Fact() string  { return "filling" }
func (Filled) Fact() string   { return "filled" }
func (Synced) Fact() string   { return "synced" }
