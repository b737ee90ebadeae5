// Package effect says what a statement does to a live database: which lock it
// takes on which relation, whether it rewrites or scans, whether it may run in
// a transaction, what the way back costs, which code it breaks. Its oracle is a
// table of what real servers of 10 to 18 showed.
package effect

import (
	"belay/sqlview/lock"
	"belay/sqlview/refusal"
)

// Effect is what one statement does. The zero value does nothing and takes no
// lock; a statement that was not analysed has Known false.
type Effect struct {
	// Known is false where the statement could not be parsed or judged.
	Known bool
	// Locks lists every relation that is locked, the statement's own table first.
	// Relations that the statement or the run makes are left out: nobody waits
	// for them.
	Locks []On
	// Rewrites lists the tables and materialized views whose rows get a new
	// relfilenode.
	Rewrites []string
	// Rebuilds lists the existing indexes that are built again.
	Rebuilds []string
	// Scans lists the relations that are read from end to end.
	Scans []string
	// Transactional is true where the statement may run inside a transaction.
	Transactional bool
	// NeedsBlock is true for LOCK TABLE and a cursor without HOLD: the server refuses
	// them outside a transaction block (25P01).
	NeedsBlock bool
	// Commits says whether the statement ends transactions by itself.
	Commits Commits
	// Duration is how long the locks are held.
	Duration   Duration
	Reversible Reversible
	Breaks     Breaks
	// Inverse is one sentence on the way back, such as
	// "DROP COLUMN note (loses what was written to it)"; "" = nothing to say.
	Inverse string
	// Notes are facts for the card that are no hazards.
	Notes []string
	// Fails is set where the server refuses the statement as the catalog is now.
	Fails refusal.Failure
}

// On is a lock on a relation.
type On struct {
	Relation string    `json:"relation"` // "schema.name"
	Mode     lock.Mode `json:"mode"`
}

// Duration is how long the strongest lock is held once granted.
type Duration string

// The durations. Unknown is for DO, CALL and functions: nobody can know.
const (
	Instant Duration = "instant"
	Slow    Duration = "slow"
	Unknown Duration = "unknown"
)

// Reversible is the cost of the way back, as belay.review/1 spells it.
type Reversible string

// The ratings, cheapest first.
const (
	ReversibleInstant Reversible = "instant" // one quick statement
	ReversibleSlow    Reversible = "slow"    // must rebuild or rewrite
	ReversibleLossy   Reversible = "lossy"   // the change itself altered values
	ReversibleNone    Reversible = "none"    // data is gone
)

// Breaks says which code fails once the statement has run.
type Breaks string

// What a statement breaks.
const (
	// BreaksOld: code that knows the schema before fails afterwards.
	BreaksOld Breaks = "old"
	// BreaksNew: something is changed in place, and code that counts on the new
	// form fails until the statement has run.
	BreaksNew Breaks = "new"
	// BreaksNeither: old code goes on. What is only added, such as a nullable
	// column, breaks nobody: new code comes after it.
	BreaksNeither Breaks = "neither"
)

// Strongest is the strongest lock of the effect; None where there is none.
func (e Effect) Strongest() On {
	var s On
	for _, l := range e.Locks {
		if l.Mode > s.Mode {
			s = l
		}
	}
	return s
}
