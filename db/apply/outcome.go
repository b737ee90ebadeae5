package apply

import (
	"fmt"
	"strings"
	"time"
)

// Outcome is what is known of a unit after it was tried. There are three, and
// the third is never guessed away.
type Outcome string

// The outcomes.
const (
	Applied    Outcome = "applied"
	NotApplied Outcome = "not applied"
	// Unknown: bytes were sent and no answer came. Probe asks the database.
	Unknown Outcome = "unknown"
)

// Reason is why a unit ended as it did.
type Reason string

// The reasons.
const (
	Done    Reason = "done"
	Already Reason = "already applied"
	// Held: every attempt met a blocker; going on is a new Run.
	Held Reason = "held"
	// Vacuuming: an autovacuum that would yield is the only blocker, and nobody
	// agreed to make it.
	Vacuuming Reason = "autovacuum"
	// HoldExceeded: it held its locks past the budget or the accepted hold and
	// was undone.
	HoldExceeded Reason = "hold budget exceeded"
	QueueLimit   Reason = "queue limit"
	Canceled     Reason = "canceled"
	// CanceledByOther: a session other than ours cancelled the statement.
	CanceledByOther Reason = "canceled by another session"
	// Terminated: the server ended our session and said so.
	Terminated     Reason = "session terminated"
	StatementError Reason = "statement error"
	// TransactionEnded: a statement of the file ended our transaction.
	TransactionEnded Reason = "transaction ended inside the file"
	ConnectionLost   Reason = "connection lost"
	// IndexInvalid: an INVALID index of the name stands in the way or stays behind.
	IndexInvalid Reason = "index invalid"
	// IndexDiffers: an index of the name is there and is not the one wanted.
	IndexDiffers Reason = "index differs"
	// DetachPending: a DETACH … CONCURRENTLY of the partition is half done; only
	// FINALIZE ends it.
	DetachPending Reason = "detach pending"
	// Deadline: our own limit of a CONCURRENTLY ran out.
	Deadline Reason = "deadline"
	// Halfway: a CALL or DO that commits by itself failed; what it committed stands.
	Halfway Reason = "stopped halfway"
	// KeysHeld: the tool's advisory keys were taken by another session.
	KeysHeld Reason = "tool keys held"
	// Refused: nothing was sent, because the unit cannot run as it is.
	Refused Reason = "refused"
	// Untold: the caller could not write an event down, so nothing further was sent.
	Untold Reason = "journal not written"
	// TakenOver: another belay owns the run now, or the ledger has lost it.
	TakenOver Reason = "taken over"
	// Unrecorded: the history table did not show the row that was written to it, so
	// the transaction was undone.
	Unrecorded Reason = "history row not there"
	// Blind: the monitor session does not answer; nothing was started.
	Blind Reason = "monitor lost"
)

// Result is what came of a unit.
type Result struct {
	Outcome Outcome
	Reason  Reason
	// Attempts counts how often the ladder was climbed.
	Attempts int
	// Err is nil only where Outcome is Applied. It is a *Failure where a
	// statement of the file is at fault.
	Err error
	// Blockers are the sessions that stood in the way, with counts.
	Blockers []Blocker
	// Left names what stays behind although the unit is not applied: an INVALID
	// index, statements that are committed. Empty = nothing changed.
	Left []string
	// Invalid lists INVALID indexes that stand in the way or stay behind.
	Invalid []InvalidIndex
	// Detaching lists partitions that are half detached.
	Detaching []Partition
	// StatementsApplied is how many statements of a OneByOne unit are known to be applied,
	// counted from the first.
	StatementsApplied int
	// Trace is what Probe needs to ask for this unit again.
	Trace Trace
	// Held is how long the last attempt lasted, from its first statement.
	Held time.Duration
	// Away is how long an answer of the server took that needs no work: the way there and
	// back, in the last attempt. 0 = none was asked for.
	Away time.Duration
}

// FarAway is from which length on the way to the server and back is most of what a lock
// is held for: a unit waits for several answers while it holds one.
const FarAway = 100 * time.Millisecond

// Unchanged reports whether the database is as it was before.
func (r Result) Unchanged() bool { return r.Outcome == NotApplied && len(r.Left) == 0 }

// Trace says which backend ran the unit and how far it came. It goes into the
// journal with the intent, so that a new process can probe.
type Trace struct {
	PID          uint32    `json:"pid"`
	BackendStart time.Time `json:"backend_start"`
	// XID is the transaction id where there is no history row to look for; 0 = none.
	XID uint64 `json:"xid,omitempty"`
	// Timeline is the WAL timeline at that time; "" = the role may not see it.
	Timeline string `json:"timeline,omitempty"`
	// CommitSent is true once COMMIT was handed to the connection.
	CommitSent bool `json:"commit_sent,omitempty"`
	// Statement is the statement in hand, from 0.
	Statement int `json:"statement"`
	// Aside is true while the history row of a OneByOne unit is written, or taken
	// back: the statements before Statement stand, no other is under way.
	Aside bool `json:"aside,omitempty"`
	// Files are the files of the tables and indexes that the statement in hand
	// writes anew, as they were before it: "oid/relfilenode".
	Files []string `json:"files,omitempty"`
}

// Failure is an error of one statement of the file.
type Failure struct {
	Path   string
	Line   int // of the error where the server gave a position, else of the statement
	Column int // in characters, from 1; 0 = unknown
	// Code is the SQLSTATE; "" where the error is not the server's.
	Code       string
	Message    string
	Detail     string // may hold row data: shown, never written to a report
	Hint       string // the server's, else ours
	Constraint string
	Err        error
}

// Error is "PATH:LINE: MESSAGE (SQLSTATE)".
func (f *Failure) Error() string {
	s := fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Message)
	if f.Code != "" {
		s += " (SQLSTATE " + f.Code + ")"
	}
	return s
}

func (f *Failure) Unwrap() error { return f.Err }

// Blocker is a session that stood in the way of a unit.
type Blocker struct {
	PID         int       `json:"pid"`
	Application string    `json:"application,omitempty"`
	User        string    `json:"user,omitempty"`
	Client      string    `json:"client,omitempty"`
	BackendType string    `json:"backend_type,omitempty"`
	State       string    `json:"state,omitempty"`
	Started     time.Time `json:"transaction_started,omitzero"`
	// Age is how old its transaction was when it was seen.
	Age time.Duration `json:"age,omitempty"`
	// Query is its current or last statement; "" where the role may not see it.
	Query string `json:"query,omitempty"`
	// Autovacuum is true for an autovacuum worker, Wraparound for one that will
	// not yield.
	Autovacuum bool `json:"autovacuum,omitempty"`
	Wraparound bool `json:"wraparound,omitempty"`
	// Prepared is the gid of a prepared transaction, which has no session.
	Prepared string `json:"prepared,omitempty"`
	// Attempts counts in how many attempts it was seen.
	Attempts int `json:"attempts,omitempty"`

	// vxid is the transaction it was in when it was seen.
	vxid string
}

// Who is a blocker in a few words.
func (b Blocker) Who() string {
	if b.Prepared != "" {
		return "prepared transaction " + b.Prepared
	}
	if b.Autovacuum {
		return fmt.Sprintf("autovacuum (PID %d)", b.PID)
	}
	words := []string{fmt.Sprintf("PID %d", b.PID)}
	for _, w := range []string{b.Application, b.User, b.State} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}
