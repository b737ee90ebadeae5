package journal

// WorkBegun says that the step in hand begins something long, of its own database
// or machine, that a person asked for: it goes on without a screen, until the step
// has finished.
type WorkBegun struct {
	What string `json:"what"` // such as "takes a dump of shop_prod"
}

// Kind names the event.
func (WorkBegun) Kind() Kind { return "work.begun" }
