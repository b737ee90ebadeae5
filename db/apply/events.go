package apply

import (
	"fmt"
	"time"
)

// EventKind names what an Event tells.
type EventKind string

// The events of a unit, in the order they come.
const (
	// Intent comes before the first byte of an attempt, or of a statement that
	// runs on its own, is sent. An error from the caller stops the unit there.
	Intent          EventKind = "intent"
	AttemptStarted  EventKind = "attempt.started"
	StatementBegun  EventKind = "statement.started"
	StatementEnded  EventKind = "statement.ended"
	SettingAdjusted EventKind = "setting.adjusted" // a SET of the file was not obeyed
	Waiting         EventKind = "waiting"          // for a lock, with its blockers
	Queued          EventKind = "queued"           // sessions wait behind our locks
	// CommitSending comes before COMMIT is sent; from then on a stop is too late.
	CommitSending EventKind = "commit.sending"
	AttemptEnded  EventKind = "attempt.ended"
	CancelSent    EventKind = "cancel.sent"
	TooLate       EventKind = "too late" // a stop came after COMMIT was sent
	UnitApplied   EventKind = "applied"
	UnitUndone    EventKind = "rolled back"
	UnitUnknown   EventKind = "unknown"
	// MonitorBlind: the breaker is off until MonitorBack.
	MonitorBlind     EventKind = "monitor.blind"
	MonitorBack      EventKind = "monitor.back"
	BuildProgress    EventKind = "progress"
	SnapshotWait     EventKind = "waiting for snapshots"
	ToolWaits        EventKind = "tool waits" // a session waits for the tool's advisory key
	KeysReleased     EventKind = "keys.released"
	KeysTaken        EventKind = "keys.taken"
	IndexFound       EventKind = "index.found" // valid and as wanted: nothing to do
	IndexLeftInvalid EventKind = "index.invalid"
	Noticed          EventKind = "notice"
)

// Event is one thing that happened to a unit. Fields that do not belong to the
// kind are zero.
type Event struct {
	Kind EventKind `json:"kind"`
	Unit string    `json:"unit"`
	// Statement counts from 0 within the file, -1 = none in hand.
	Statement int `json:"statement"`
	Line      int `json:"line,omitempty"`
	// Attempt counts from 1.
	Attempt     int           `json:"n,omitempty"`
	LockTimeout time.Duration `json:"lock_timeout,omitempty"`
	Waited      time.Duration `json:"waited,omitempty"`
	// Pause is how long comes before the next attempt; 0 = there is none.
	Pause    time.Duration `json:"pause,omitempty"`
	Blockers []Blocker     `json:"blockers,omitempty"`
	// Queue is how many sessions wait behind our locks.
	Queue    int          `json:"queue,omitempty"`
	Progress *Progress    `json:"progress,omitempty"`
	Settings []Adjustment `json:"settings,omitempty"`
	Outcome  Outcome      `json:"outcome,omitempty"`
	Reason   Reason       `json:"reason,omitempty"`
	Code     string       `json:"code,omitempty"` // SQLSTATE
	Message  string       `json:"message,omitempty"`
	// Existed is true where IF NOT EXISTS met what was there, and made nothing.
	Existed bool   `json:"met,omitempty"`
	Trace   *Trace `json:"trace,omitempty"`
}

// Progress is how far a build is.
type Progress struct {
	// Phase is in words, such as "waiting for old snapshots".
	Phase string `json:"phase"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"` // 0 = the phase has no total
	Unit  string `json:"unit"`  // blocks, tuples, sessions
}

// String is the phase with its share, which is never that of the whole.
func (p Progress) String() string {
	if p.Total <= 0 {
		return p.Phase
	}
	return fmt.Sprintf("%s, %d %% of this phase", p.Phase, 100*p.Done/p.Total)
}

// Teller takes each event before the executor goes on. An error means that it
// could not be written down: nothing further is sent.
type Teller func(Event) error
