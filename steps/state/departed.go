package state

import (
	"belay/steps/journal"
)

// The exit codes of package steps that a life without an end of its own can have.
const (
	exitFailed  = 1
	exitPerson  = 4
	exitUnknown = 5
)

// Departed is the end of a life whose engine has gone without writing one: what it
// could say elsewhere, or else what is known of it. how says what became of its
// process; "" = nobody knows. A look that ends so has changed nothing, and there is
// no run that could be gone on with.
func (r *Run) Departed(word journal.RunFinished, said bool, how string) journal.RunFinished {
	if said {
		return word
	}
	if how == "" {
		how = "it said nothing: where memory runs out the system ends a process so"
	}
	if r.Opened == nil {
		return journal.RunFinished{
			Exit: exitFailed, Outcome: journal.OutcomeNotApplied,
			Summary: "the engine ended without a word: " + how + "; nothing has changed",
			Hint:    "run the same command again",
		}
	}
	f := journal.RunFinished{
		Exit: exitUnknown, Outcome: journal.OutcomeUnknown,
		Summary: "the engine of run " + r.ID + " ended without a word: " + how,
		Hint:    "`belay attach " + r.ID + "` asks the database what of it is there",
	}
	if r.Unresolved() == "" {
		f.Exit, f.Outcome = exitPerson, journal.OutcomePerson
		f.Summary += "; no file was running"
		f.Hint = "`belay attach " + r.ID + "` goes on from here"
	}
	if stays := r.Stays(); stays != "" {
		f.Summary += "; at least " + stays
	}
	return f
}
