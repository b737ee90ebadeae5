package fact

// Tripwire is what a run takes out of reach for a while, before it does.
type Tripwire struct {
	// What names it, Does says for how long and when it comes back.
	What string `json:"what"`
	Does string `json:"does"`
	// Itself is true where it comes back by itself as soon as anything misses it.
	Itself bool `json:"itself"`
}

// Fact is the name under which the observation is kept.
func (Tripwire) Fact() string { return "tripwire" }
