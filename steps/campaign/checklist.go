package campaign

import (
	"fmt"

	"belay/db/ledger"
)

// Step is one of the steps of expand and contract, over the phases that belong to it.
type Step struct {
	// Title is what is done: "deploy code that uses both".
	Title string
	// Done and Now say how it stands; neither = it comes later.
	Done, Now bool
	// Safe answers "safe to do?".
	Safe string
	// Phases are the numbers of its phases, from 1.
	Phases []int
}

var stepTitles = map[Stage]string{
	Add: "add the new", Deploy: "deploy code that uses both", Stop: "stop using the old", Drop: "drop the old",
}

// Checklist is the board as the steps of expand and contract, in the order in which this
// change takes them.
func (b Board) Checklist() []Step {
	var all []Step
	at := map[string]int{}
	for _, r := range b.Rows {
		i, known := at[r.Stage]
		if !known {
			i = len(all)
			at[r.Stage] = i
			all = append(all, Step{Title: stepTitle(r.Stage), Done: true})
		}
		s := &all[i]
		s.Phases = append(s.Phases, r.N)
		s.Done = s.Done && r.State == ledger.PhaseDone
		switch {
		case r.Now:
			s.Now, s.Safe = true, r.Safe
		case !s.Now && (r.State == ledger.PhaseDone || s.Safe == "" || s.Done):
			s.Safe = r.Safe
		}
		if len(s.Phases) > 1 && r.Now {
			s.Safe = fmt.Sprintf("phase %d, %s: %s", r.N, r.Title, r.Safe)
		}
	}
	return all
}

func stepTitle(stage string) string {
	for s, title := range Titles {
		if title == stage {
			return stepTitles[s]
		}
	}
	return stage
}
