package fact

import "time"

// Smoke is what the application answered, before a run and after it.
type Smoke struct {
	Before []Probed `json:"before"`
	After  []Probed `json:"after"`
	// BeforeAt and AfterAt are the engine's clock; zero = not asked yet.
	BeforeAt time.Time `json:"before_at,omitzero"`
	AfterAt  time.Time `json:"after_at,omitzero"`
	Items    []Item    `json:"items"`
}

// Probed is the answer to one probe.
type Probed struct {
	Kind string `json:"kind"` // http, sql, command
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Said string `json:"said"`
	// Problem says why it is not well; "" = it is.
	Problem string `json:"problem,omitempty"`
	MS      int64  `json:"ms"`
}

// Fact is the name under which the observation is kept.
func (Smoke) Fact() string { return "smoke" }

// Find gives the answer of a probe by name; ok is false where it was not asked.
func Find(all []Probed, name string) (p Probed, ok bool) {
	for _, p := range all {
		if p.Name == name {
			return p, true
		}
	}
	return Probed{}, false
}
