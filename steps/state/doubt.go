package state

import (
	"cmp"
	"fmt"

	"belay/steps/fact"
	"belay/steps/journal"
)

// Doubt is why what was applied is not called proved.
type Doubt struct {
	// Text says what the data changes did, and why that may be wrong; "" = no doubt.
	Text string
	// Hidden is true where row security hides rows of a table that was changed or read.
	Hidden bool
}

// Doubt looks at the data changes of the applied units: one of no rows may be right,
// and may have been meant to change some.
func (r *Run) Doubt() Doubt {
	plan, _, _ := Get[fact.Plan](r)
	review, _, _ := Get[fact.Review](r)
	hidden := map[string]string{}
	for _, f := range review.Result.Files {
		for _, h := range f.Hazards {
			if h.Rule == "row-security-hides" {
				hidden[f.Path] = cmp.Or(hidden[f.Path], h.Message)
			}
		}
	}
	var d Doubt
	for _, u := range r.Units {
		if u.Outcome != journal.OutcomeApplied || u.Number >= len(plan.Units) {
			continue
		}
		path := plan.Units[u.Number].Path
		if why := hidden[path]; why != "" {
			return Doubt{
				Text: fmt.Sprintf("%s: %s. %s", path, cmp.Or(u.Changed(), "it was applied"), why), Hidden: true,
			}
		}
		for _, c := range u.Changes {
			if c.Rows == 0 && d.Text == "" {
				d.Text = fmt.Sprintf("%s: %s: right where none was to change; else a condition, a rule or a trigger "+
					"kept them", path, c)
			}
		}
	}
	return d
}
