package steps

import (
	"belay/db/ledger"
	"belay/steps/journal"
)

// Ledger is what the preflight found of belay's own in the database, and what
// becomes of it in this run.
type Ledger struct {
	// None is true where this look found that the database has no ledger.
	None bool
	// Use is true where the run is kept in the ledger; Create where a person said
	// yes to its DDL and it is made first.
	Use, Create bool
	// Records is true where the team's command runs it, and what it did is written into
	// the ledger once it has ended.
	Records bool
	// Adopts is the run of another host that this one goes on with; nil = a new
	// run. Plan is what it left there.
	Adopts *ledger.Open
	Plan   ledger.Plan
	// Asks are questions that must be answered before a run.
	Asks []journal.QuestionAsked
	// Refusal is why no run may begin: another one is open. nil = none is.
	Refusal *Exit
}

// Opening is what a run writes into the ledger before its first effect.
type Opening struct {
	Run  ledger.Run
	Plan ledger.Plan
}

// Here is a run as this user's own folder has it. The zero value = it has none.
type Here struct {
	Known bool
	// Open is true where something is left of it.
	Open bool
	// Epoch is the one of its claim by the ledger; 0 = it has none.
	Epoch int
}

// Ended reports whether the run is known and nothing is left of it.
func (h Here) Ended() bool { return h.Known && !h.Open }
