package fact

import "belay/sqlview/effect"

// Rollback is the way back of everything that would run, newest version first:
// the order in which it would be taken back.
type Rollback struct {
	// Rating is the worst of all ways.
	Rating effect.Reversible `json:"rating"`
	Ways   []Way             `json:"ways"`
	// Rule says when to take it back, and what to try first.
	Rule  string `json:"rule"`
	Items []Item `json:"items"`
}

// Way is the way back of one version.
type Way struct {
	Version string `json:"version"`
	Up      string `json:"up"`
	// Down is the down file; "" = there is none. Runs are its statements: none
	// where the file is empty.
	// Nothing is why a down file of belay's own has none; "" = it does not say.
	Nothing string `json:"nothing,omitempty"`
	// Unseen is true where the way back is in a program of which nobody knows what it sends.
	Unseen bool        `json:"unseen,omitempty"`
	Down   string      `json:"down,omitempty"`
	Runs   []Statement `json:"runs,omitempty"`
	// Rating is the worst of Undo; Undo has one entry for each statement of the
	// up file.
	Rating effect.Reversible `json:"rating"`
	Undo   []Undo            `json:"undo"`
}

// Undo is what taking one statement of an up file back costs.
type Undo struct {
	Line   int               `json:"line"`
	Kind   string            `json:"kind"`
	Rating effect.Reversible `json:"rating"`
	// Inverse is one sentence on the way back; "" = nothing to say.
	Inverse string `json:"inverse,omitempty"`
}

// Fact is the name under which the observation is kept.
func (Rollback) Fact() string { return "rollback" }

// order ranks the ratings, cheapest first.
var order = []effect.Reversible{
	effect.ReversibleInstant, effect.ReversibleSlow, effect.ReversibleLossy, effect.ReversibleNone,
}

// Worse is the dearer of two ratings; "" is cheaper than all.
func Worse(a, b effect.Reversible) effect.Reversible {
	for i := len(order) - 1; i >= 0; i-- {
		if a == order[i] || b == order[i] {
			return order[i]
		}
	}
	return a
}
