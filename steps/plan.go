package steps

import (
	"slices"

	"belay/db/apply"
	"belay/db/backfill"
	"belay/sqlview/migration"
)

// Plan is the exact work of a run. It is made from bytes that were read once.
type Plan struct {
	Units  []Unit
	SHA256 string
	// Command is the team's own command line, which runs the units; "" = belay runs them.
	Command string
}

// Copy is a plan whose units may be written on.
func (p *Plan) Copy() *Plan {
	c := *p
	c.Units = slices.Clone(p.Units)
	for i := range c.Units {
		if b := c.Units[i].Backfill; b != nil {
			own := *b
			c.Units[i].Backfill = &own
		}
	}
	return &c
}

// Next is the place of the first unit that is not applied; 0 where all are.
func (p *Plan) Next(applied func(version string) bool) int {
	return max(slices.IndexFunc(p.Units, func(u Unit) bool { return !applied(u.Migration.Version) }), 0)
}

// Unit is one file of the plan with its judgement.
type Unit struct {
	apply.Unit
	Migration migration.Migration
	// Instant is false where a hold time must be accepted first.
	Instant bool
	// Concurrent is true where a statement runs CONCURRENTLY.
	Concurrent bool
	// Backfill is how the one UPDATE is run in batches; nil = as it is.
	Backfill *Backfill
	// Unseen is true where nobody knows which SQL it sends: it has no statements.
	Unseen bool
	// Hidden are the secrets of the file, which no text that leaves may quote.
	Hidden []string
}

// Backfill is a unit that is run in batches.
type Backfill struct {
	// ID is the uuid in the ledger.
	ID   string        `json:"id"`
	Spec backfill.Spec `json:"spec"`
}
