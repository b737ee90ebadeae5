package journal

// Outcome is what is known of a run, a unit or a statement. "" means that it is
// not over, or never began.
type Outcome string

// A run ends with one of the first five; a unit with applied, not applied or
// unknown. What the database is asked about may also still be running, or be lost:
// it was applied, and a failover or a restore has taken it away since.
const (
	OutcomeApplied    Outcome = "applied"
	OutcomeNotApplied Outcome = "not applied"
	OutcomeUnknown    Outcome = "unknown"
	OutcomePerson     Outcome = "needs a person"
	OutcomeNothing    Outcome = "nothing pending"
	OutcomeRunning    Outcome = "running"
	OutcomeLost       Outcome = "lost"
)
