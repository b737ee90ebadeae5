package backfill

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/db/throttle"
	"belay/sqlview/measure"
)

// Options is what a run of a backfill needs.
type Options struct {
	// Config is where to connect: executor, monitor where none is lent and, where
	// VACUUM is allowed, escape. They are the backfill's own; close a run's other
	// ones before.
	Config db.Config
	// Server is the one that was looked at: no batch runs on a copy of its database. Zero =
	// whichever answers.
	Server db.Instance
	// Run is the ledger's run that does it. Its row is written where it is not
	// there. Epoch is the caller's; 0 = 1.
	Run ledger.Run
	// Claim is on the run that has this backfill among its files: it fences every
	// transaction beside Run. nil = Run alone.
	Claim *ledger.Claim
	// Plan is what was reviewed.
	Plan *Plan
	// ID is the backfill's uuid. One that the ledger has is resumed; else a new one
	// begins. "" = a new one with a new id.
	ID string
	// Control steers it; nil = nobody does.
	Control *Control
	// Throttle is the limits of the signals; see throttle.Signals.
	Throttle throttle.Settings
	// Monitor lends a monitor's connection for the length of a call, so that the
	// watch needs none of its own; an error says why there is none now. nil = it
	// opens one.
	Monitor func(context.Context, func(*db.Conn) error) error
	// Locks are advisory keys that the executor holds beside the table's own; it
	// tries them and never waits.
	Locks []int64
	// Tell is given every event from the goroutine of [Run]; nil = nobody listens.
	Tell func(Event)
	// RowLimit is how long one row may take, and stay locked, before a person is
	// asked; 0 = 5 s. A longer batch time raises it to ten times as long.
	RowLimit time.Duration
	// StopOnPause ends Run with a *PausedError instead of waiting for Resume.
	StopOnPause bool
}

// Result is how a backfill ended.
type Result struct {
	ID   string `json:"id"`
	Rows int64  `json:"rows"`
	// Batches counts those of all runners of this backfill.
	Batches int64 `json:"batches"`
	// Took is from the first start to the end, without pauses that were written
	// down.
	Took     time.Duration `json:"took"`
	Verified Verified      `json:"verified"`
}

// PausedError says that the backfill stopped before its end and can be resumed.
type PausedError struct {
	ID, By, Reason string
	// Problem is nil where a person paused it.
	Problem *Problem
}

// Error names who or what paused it.
func (e *PausedError) Error() string {
	if e.Problem != nil {
		return fmt.Sprintf("backfill %s is paused: %s", e.ID, e.Reason)
	}
	return fmt.Sprintf("backfill %s is paused by %s", e.ID, e.By)
}

// Hint is what to do now.
func (e *PausedError) Hint() string {
	return "nothing of it is open in the database; go on with: belay backfill --resume " + e.ID
}

// HazardError says which hazards of level stop forbid the run.
type HazardError struct{ Hazards []Hazard }

// Error names them.
func (e *HazardError) Error() string {
	all := make([]string, len(e.Hazards))
	for i, h := range e.Hazards {
		all[i] = h.Message
	}
	return "backfill: " + strings.Join(all, "; ")
}

// Hint is what to do about the first.
func (e *HazardError) Hint() string { return e.Hazards[0].Instead }

// MismatchError says that a resume would not go on with the same work.
type MismatchError struct{ ID, What, Was, Is string }

// Error says what differs.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("backfill %s cannot be resumed: %s was %s and is %s", e.ID, e.What, e.Was, e.Is)
}

// Hint is what to do now.
func (e *MismatchError) Hint() string {
	return "resume it with the same statement and key, or begin a new one with a guard that leaves out what is done"
}

// OpenError says that the same work was begun and is not finished.
type OpenError struct{ Row Row }

// Error names it.
func (e *OpenError) Error() string {
	return fmt.Sprintf("the same backfill of %s is not finished: %s, %s, %s done", e.Row.Relation, e.Row.ID,
		e.Row.State, measure.Rows(e.Row.DoneRows))
}

// Hint is what to do now.
func (e *OpenError) Hint() string { return "go on with: belay backfill --resume " + e.Row.ID }

// NewID makes a random uuid.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
