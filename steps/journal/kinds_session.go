package journal

import (
	"strings"

	"belay/sqlview/activity"
)

// SessionSeen is one session of the server as a screen asked for it, to end it.
type SessionSeen struct {
	Session activity.Session `json:"session"`
	// Gone is true where no session has the pid any more.
	Gone bool `json:"gone,omitempty"`
	// Error is why it could not be looked at; "" = it was.
	Error string `json:"error,omitempty"`
}

// SessionEnding is written, and on the disk, before another session is ended by a
// person's word. Without a later SessionEnded nobody knows what came of it.
type SessionEnding struct {
	PID int          `json:"pid"`
	Way activity.Way `json:"way"`
	// Key is the backend and the transaction that the consent was for.
	Key         string `json:"key"`
	Application string `json:"application"`
	User        string `json:"user"`
	State       string `json:"state"`
}

// Who names the session: "worker, user app, idle in transaction".
func (b SessionEnding) Who() string {
	var about []string
	if b.Application != "" {
		about = append(about, b.Application)
	}
	if b.User != "" && b.User != b.Application {
		about = append(about, "user "+b.User)
	}
	if b.State != "" {
		about = append(about, b.State)
	}
	return strings.Join(about, ", ")
}

// Fate is what became of a session that was to be ended.
type Fate string

// The fates.
const (
	// Gone: the session is not there any more.
	Gone Fate = "gone"
	// LetGo: its statement has ended, and it holds nothing now; the connection stays.
	LetGo Fate = "let go"
	// StillThere: the signal was sent and it is as it was.
	StillThere Fate = "still there"
	// NotAllowed: the server refused the signal.
	NotAllowed Fate = "not allowed"
	// NotSent: nothing was sent, because it was not what the consent was for.
	NotSent Fate = "not sent"
	// FateUnknown: it was sent, or may have been, and nobody could look.
	FateUnknown Fate = "unknown"
)

// SessionEnded says what became of it.
type SessionEnded struct {
	PID  int          `json:"pid"`
	Way  activity.Way `json:"way"`
	Key  string       `json:"key"`
	Fate Fate         `json:"fate"`
	// Why says it in a sentence, Hint what would help; "" = nothing to add.
	Why      string `json:"why,omitempty"`
	Hint     string `json:"hint,omitempty"`
	SQLState string `json:"sqlstate,omitempty"`
	// MS is from the signal to the moment when it was seen.
	MS int64 `json:"ms"`
}

// Kind names the event.
func (SessionSeen) Kind() Kind   { return "session.seen" }
func (SessionEnding) Kind() Kind { return "session.ending" }
func (SessionEnded) Kind() Kind  { return "session.ended" }
