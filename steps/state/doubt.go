package state

import (
	"cmp"
	"fmt"
	"strings"

	"belay/steps/fact"
	"belay/steps/journal"
)

// Doubt is why what was applied is not called proved.
type Doubt struct {
	// Text says what the data changes did, and why that may be wrong; "" = no doubt.
	Text string
	// Hidden is true where row security hides rows of a table that was changed or read.
	Hidden bool
	// Unread is true where the team's own command ran it, and its history cannot be read.
	Unread bool
	// Unasked names the statements whose effect no catalog shows; "" = all were asked for.
	Unasked string
	// Left names the event triggers as whose code left it the catalog was found; "" = none.
	Left string
}

// commandDoubt is what is not known of what the team's own command did.
func commandDoubt(c fact.Command) Doubt {
	switch {
	case c.Unread != "":
		return Doubt{Text: "what " + c.Line + " recorded is not known: " + c.Unread, Unread: true}
	case len(c.Unseen) > 0:
		return Doubt{Text: "what " + strings.Join(c.Unseen, ", ") + " did beside its row was not looked for"}
	}
	return Doubt{}
}

// planPaths is of the plan which file each unit is. A plan of thousands of statements
// takes long to read whole.
type planPaths struct {
	Units []struct {
		Path string `json:"path"`
	} `json:"units"`
}

// Fact is the plan's name.
func (planPaths) Fact() string { return fact.Plan{}.Fact() }

// hazards is of the review what was found.
type hazards struct {
	Result struct {
		Files []struct {
			Path    string `json:"path"`
			Hazards []struct {
				Rule    string `json:"rule"`
				Message string `json:"message"`
			} `json:"hazards"`
		} `json:"files"`
	} `json:"result"`
}

// Fact is the review's name.
func (hazards) Fact() string { return fact.Review{}.Fact() }

// Doubt looks at the data changes of the applied units, where one of no rows may be right
// and may have been meant to change some, and at what the catalog answered.
func (r *Run) Doubt() Doubt {
	plan, _, _ := Get[planPaths](r)
	review, _, _ := Get[hazards](r)
	hidden := map[string]string{}
	for _, f := range review.Result.Files {
		for _, h := range f.Hazards {
			if h.Rule == "row-security-hides" {
				hidden[f.Path] = cmp.Or(hidden[f.Path], h.Message)
			}
		}
	}
	var d Doubt
	met := ""
	if c, _, ok := Get[fact.Command](r); ok && c.Ended != "" {
		d = commandDoubt(c)
	}
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
		if len(u.Existing) > 0 && met == "" {
			met = fmt.Sprintf("%s: %s met what was there before under that name, and left it as it is: compare it "+
				"with the file", path, u.Existing[0].Tag)
		}
	}
	if s := r.Step("verify"); s != nil && s.Status == journal.Waived && d.Text == "" {
		d.Text = s.Summary
	}
	v, _, _ := Get[fact.Verified](r)
	for _, i := range v.Items {
		if i.ID == "catalog" && i.Level == fact.Look && d.Text == "" {
			d.Text = i.Text
		}
	}
	d.Text = cmp.Or(d.Text, met) // what the catalog shows of it says more
	d.Unasked, d.Left = fact.AndMore(v.Unasked), v.Left
	for _, u := range r.Units {
		if u.Applied != nil && u.Outcome == journal.OutcomeApplied {
			d.Left = cmp.Or(d.Left, u.Applied.Left)
		}
	}
	return d
}
